/* SPDX-License-Identifier: BSD-3-Clause */
#include "tests/simulation/accuracy/kept.h"

#include <stdio.h>
#include <unistd.h>

enum {
    PATH_BYTES = 4096
};

bool kept_read(const char *directory, const char *name, void *result, size_t bytes)
{
    char path[PATH_BYTES];
    snprintf(path, sizeof(path), "%s/%s", directory != NULL ? directory : "", name);
    FILE *file = directory != NULL ? fopen(path, "r") : NULL;
    if (file == NULL)
        return false;
    bool whole = fread(result, 1, bytes, file) == bytes && fgetc(file) == EOF;
    fclose(file);
    return whole;
}

void kept_write(const char *directory, const char *name, const void *result, size_t bytes)
{
    char path[PATH_BYTES], unfinished[PATH_BYTES];
    if (directory == NULL)
        return;
    snprintf(path, sizeof(path), "%s/%s", directory, name);
    snprintf(unfinished, sizeof(unfinished), "%s/.%s.%ld", directory, name, (long)getpid());
    FILE *file = fopen(unfinished, "w");
    bool written = file != NULL && fwrite(result, 1, bytes, file) == bytes;
    written = file != NULL && fclose(file) == 0 && written;
    if (!written || rename(unfinished, path) != 0)
        fprintf(stderr, "accuracy: cannot write %s\n", path);
}
