/* SPDX-License-Identifier: BSD-3-Clause */
#include "control/topology/text_file.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int fail_reading(const char *file, int reason, struct topology_error *error)
{
    struct topology_position at = {.file = file};
    topology_fail(error, at, "cannot_read", "cannot read it: %s", strerror(reason));
    return -reason;
}

static int read_stream(FILE *stream, const char *file, size_t bytes_max, char **text, size_t *length,
                       struct topology_error *error)
{
    size_t room = 0, used = 0;
    char *buffer = NULL;
    do {
        room = room ? 2 * room : 64 << 10;
        char *grown = realloc(buffer, room + 1);
        if (!grown) {
            free(buffer);
            return topology_fail_memory(error);
        }
        buffer = grown;
        used += fread(buffer + used, 1, room - used, stream);
    } while (used == room && used <= bytes_max);
    if (ferror(stream) || used > bytes_max) {
        int reason = used > bytes_max ? EFBIG : errno;
        free(buffer);
        return fail_reading(file, reason, error);
    }
    buffer[used] = '\0';
    *text = buffer;
    *length = used;
    return 0;
}

int text_file_read(const char *file, size_t bytes_max, char **text, size_t *length,
                   struct topology_error *error)
{
    FILE *stream = fopen(file, "r");
    if (!stream)
        return fail_reading(file, errno, error);
    int result = read_stream(stream, file, bytes_max, text, length, error);
    fclose(stream);
    return result;
}
