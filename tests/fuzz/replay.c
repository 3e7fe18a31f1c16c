/* SPDX-License-Identifier: BSD-3-Clause */
/* Stands in for libFuzzer where the compiler has none: runs the target once on every file of the folders
 * named, as libFuzzer does with -runs=0. Options of libFuzzer are accepted and ignored.
 */
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/fuzz/fuzz.h"

enum {
    INPUT_BYTES_MAX = 1 << 20
};

/* 0, or a negative errno with a line of text. */
static int replay_file(FILE *file, const char *name)
{
    uint8_t *bytes = malloc(INPUT_BYTES_MAX);
    if (!bytes) {
        fprintf(stderr, "replay: no memory for %s\n", name);
        return -ENOMEM;
    }
    size_t length = fread(bytes, 1, INPUT_BYTES_MAX, file);
    LLVMFuzzerTestOneInput(bytes, length);
    free(bytes);
    return 0;
}

static int replay_path(const char *path)
{
    FILE *file = fopen(path, "rb");
    if (!file) {
        int error = errno;
        fprintf(stderr, "replay: %s: %s\n", path, strerror(error));
        return -error;
    }
    int result = replay_file(file, path);
    fclose(file);
    return result;
}

static int is_visible(const struct dirent *entry)
{
    return entry->d_name[0] != '.';
}

/* The number of inputs, or a negative errno with a line of text. */
static int replay_folder(const char *folder)
{
    struct dirent **entries;
    int count = scandir(folder, &entries, is_visible, alphasort), failure = 0;
    if (count < 0) {
        int error = errno;
        fprintf(stderr, "replay: %s: %s\n", folder, strerror(error));
        return -error;
    }
    for (int i = 0; i < count; i++) {
        char path[4096];
        snprintf(path, sizeof(path), "%s/%s", folder, entries[i]->d_name);
        int result = replay_path(path);
        failure = failure ? failure : result;
        free(entries[i]);
    }
    free(entries);
    return failure ? failure : count;
}

int main(int count, char **arguments)
{
    int inputs = 0;
    for (int i = 1; i < count; i++) {
        if (arguments[i][0] == '-')
            continue;
        int replayed = replay_folder(arguments[i]);
        if (replayed < 0)
            return EXIT_FAILURE;
        inputs += replayed;
    }
    printf("replayed %d inputs\n", inputs);
    return inputs > 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
