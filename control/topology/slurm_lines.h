/* SPDX-License-Identifier: BSD-3-Clause */
/* The lines of a Slurm configuration file, taken apart: "SwitchName=leaf1 Nodes=host[0-3]  # comment". */
#ifndef WEFT_TOPOLOGY_SLURM_LINES_H
#define WEFT_TOPOLOGY_SLURM_LINES_H

#include "control/topology/error.h"

enum {
    SLURM_PAIRS_MAX = 8
};

/* Parts of the text, without a zero behind them. */
struct slurm_pair {
    const char *key, *value;
    size_t key_length, value_length;
    struct topology_position at;
};

struct slurm_line {
    struct slurm_pair pairs[SLURM_PAIRS_MAX];
    unsigned count;
};

/* Where reading stands in a text with a zero behind it. A backslash at a line's end joins the next line to
 * it. */
struct slurm_lines {
    const char *next, *line_start;
    struct topology_position at; /* of `line_start` */
};

void slurm_lines_open(struct slurm_lines *lines, const char *file, const char *text);

/* The next line that is not empty. 1, 0 at the end, or -EINVAL with `error`. */
int slurm_lines_next(struct slurm_lines *lines, struct slurm_line *line, struct topology_error *error);

/* The pair with this key, in whatever case; NULL when the line has none. */
const struct slurm_pair *slurm_line_find(const struct slurm_line *line, const char *key);

#endif
