/* SPDX-License-Identifier: BSD-3-Clause */
/* Where in a YAML file something stands, for error messages about values that are well-formed but wrong. */
#ifndef WEFT_PROCESS_YAML_POSITION_H
#define WEFT_PROCESS_YAML_POSITION_H

#include <stdbool.h>

enum {
    YAML_PROBLEM_BYTES = 160,
    YAML_ERROR_BYTES = 512 /* FILE:LINE:COLUMN: a problem */
};

struct yaml_position {
    unsigned line, column; /* from 1 */
};

/* True when the file can be read and is YAML; otherwise *problem and, for syntax, *position say why not. */
bool yaml_position_check_syntax(const char *file, struct yaml_position *position,
                                char problem[YAML_PROBLEM_BYTES]);

/* Position of the value at `path`, such as "ports[1].rate"; of the document's start when there is none. */
struct yaml_position yaml_position_find(const char *file, const char *path);

/* Position of the first key called `name` that stands behind `after`; `after` when there is none. */
struct yaml_position yaml_position_find_key(const char *file, const char *name, struct yaml_position after);

#endif
