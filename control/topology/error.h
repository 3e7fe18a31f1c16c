/* SPDX-License-Identifier: BSD-3-Clause */
/* What is wrong with a topology: a code that programs can rely on, and one line for people. */
#ifndef WEFT_TOPOLOGY_ERROR_H
#define WEFT_TOPOLOGY_ERROR_H

#include <stddef.h>
#include <stdint.h>

enum {
    TOPOLOGY_ERROR_BYTES = 512,
    TOPOLOGY_QUOTE_BYTES = 48
};

struct topology_error {
    const char *code; /* static and stable, such as "duplicate_node"; README.md lists all */
    char text[TOPOLOGY_ERROR_BYTES];
};

/* Where in a file something stands; line 0: nowhere in particular. */
struct topology_position {
    const char *file;
    uint32_t line, column;
};

/* Sets "FILE:LINE:COLUMN: ..." and returns -EINVAL. */
int topology_fail(struct topology_error *error, struct topology_position at, const char *code,
                  const char *format, ...) __attribute__((format(printf, 4, 5)));

/* Sets "out of memory" and returns -ENOMEM. */
int topology_fail_memory(struct topology_error *error);

/* Foreign text as it may appear in a line of a log: cut short, anything but printable ASCII as '?'. */
char *topology_quote(const char *text, size_t length, char quote[TOPOLOGY_QUOTE_BYTES]);

#endif
