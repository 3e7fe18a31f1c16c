/* SPDX-License-Identifier: BSD-3-Clause */
/* Stands in for libFuzzer where the compiler has none: runs the target once on each file named, as libFuzzer
 * does when it is given files. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/fuzz/fuzz.h"

enum {
    INPUT_BYTES_MAX = 1 << 20
};

/* 0, or a negative errno with a line of text. */
static int replay(const char *path)
{
    FILE *file = fopen(path, "rb");
    if (!file) {
        int error = errno;
        fprintf(stderr, "replay: %s: %s\n", path, strerror(error));
        return -error;
    }
    uint8_t *bytes = malloc(INPUT_BYTES_MAX);
    if (!bytes) {
        fclose(file);
        fprintf(stderr, "replay: no memory for %s\n", path);
        return -ENOMEM;
    }
    size_t length = fread(bytes, 1, INPUT_BYTES_MAX, file);
    fclose(file);
    LLVMFuzzerTestOneInput(bytes, length);
    free(bytes);
    return 0;
}

int main(int count, char **paths)
{
    int failed = 0;
    for (int i = 1; i < count; i++)
        failed |= replay(paths[i]) != 0;
    return failed;
}
