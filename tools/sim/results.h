/* SPDX-License-Identifier: BSD-3-Clause */
/* The measurements behind the page RESULTS.md: every case of results_cases.h as trials. */
#ifndef SIM_RESULTS_H
#define SIM_RESULTS_H

#include "tools/sim/comparison.h"
#include "tools/sim/results_cases.h"
#include "tools/sim/scenario.h"

struct results_measured {
    const struct results_case *what;
    struct scenario *scenario;
    const struct experiment *base; /* the scenario's, whose mode and control are the defaults */
    size_t first, count;           /* its trials */
};

struct results {
    struct comparison comparison;
    struct results_measured *cases;
    size_t case_count, case_capacity;
    bool full;
};

struct results_options {
    const char *folder; /* of the scenarios */
    const char *only;   /* cases whose key contains it; NULL: all */
    bool full;
    unsigned processes;
};

/* 0, or 1 with a line on standard error. Progress goes to standard error. */
int results_measure(struct results *results, const struct results_options *options);
void results_clear(struct results *results);

/* NULL when it was not measured. */
const struct results_measured *results_case_by_key(const struct results *results, const char *key);

struct results_place {
    int path_mode; /* -1: the case's default */
    const struct congestion_control *congestion;
    bool link_down;
};
/* NULL when it was not measured, or crashed. */
const struct trial *results_trial(const struct results *results, const struct results_measured *m,
                                  const struct results_place *place);
const struct trial *results_default_trial(const struct results *results, const struct results_measured *m,
                                          bool link_down);
/* That of the mode's measured controls that is fastest; NULL if the mode completed with none. */
const struct trial *results_best_trial(const struct results *results, const struct results_measured *m,
                                       int path_mode, bool link_down);

/* Completion ÷ bound, of the worst job; HUGE_VAL when one is not complete or there is no trial. */
double results_score(const struct trial *trial);
/* The same in nanoseconds, of the longest job. */
double results_completion_ns(const struct trial *trial);
/* The bound of one iteration of the first job: T* and a base round trip, over what the faults leave. */
double results_iteration_bound_ns(const struct trial *trial);
/* From the first fault until the last death of a path that a host has found out; HUGE_VAL: none has. */
double results_detection_ns(const struct trial *trial);
/* The number of the mode of that name; one that no trial has if there is none. */
int results_mode_by_name(const char *name);

#endif
