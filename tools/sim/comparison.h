/* SPDX-License-Identifier: BSD-3-Clause */
/* One scenario under several path modes and congestion controls, healthy and with a link down: the trials of
 * a table. */
#ifndef SIM_COMPARISON_H
#define SIM_COMPARISON_H

#include "tools/sim/trial.h"
#include "tools/sim/variant.h"

enum {
    COMPARISON_MODES_MAX = 16,
    COMPARISON_CONTROLS_MAX = 16
};

/* Which ones: a bit for each, by the transport's numbers. */
struct comparison_choice {
    uint32_t modes, controls;
    bool healthy, link_down;
    uint64_t bytes; /* 0: the scenario's */
};

struct comparison {
    struct trial *trials;
    size_t count, capacity;
};

/* Adds the trials of all combinations: mode by mode, control by control, healthy before link down. */
void comparison_add(struct comparison *c, const struct experiment *base,
                    const struct comparison_choice *choice);
void comparison_clear(struct comparison *c);

/* From "wrap,spray" or "all"; false, and a line on standard error with the names there are, if one is
 * unknown. */
bool comparison_parse_modes(const char *text, uint32_t *modes);
bool comparison_parse_controls(const char *text, uint32_t *controls);
/* The bits of one of them, and of all. */
uint32_t comparison_control_bit(const struct congestion_control *control);
uint32_t comparison_all_modes(void);
uint32_t comparison_all_controls(void);

#endif
