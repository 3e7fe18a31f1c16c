/* SPDX-License-Identifier: BSD-3-Clause */
/* Many experiments, each in a process of its own, a few side by side: so the figures of one do not depend on
 * what ran before it or beside it, and one that crashes is a line of the table instead of the end of it. */
#ifndef SIM_TRIAL_H
#define SIM_TRIAL_H

#include "tools/sim/experiment.h"

struct trial {
    struct experiment experiment;
    char samples[256]; /* the file for its samples; empty: none are wanted */
    struct experiment_result result;
    bool crashed; /* or its samples could not be written: there is no result */
};

/* Tells that the trial has ended; calls come in the order in which trials end. */
typedef void (*trial_end_function)(const struct trial *trial, void *context);

/* Runs all, at most `processes` at a time. 0, or -errno with a line on standard error when processes or pipes
 * are wanting. */
struct trial_plan {
    struct trial *trials;
    unsigned count, processes;
    trial_end_function on_end; /* or NULL */
    void *context;
};
int trial_run_all(const struct trial_plan *plan);
void trial_clear(struct trial *trial);

#endif
