/* SPDX-License-Identifier: BSD-3-Clause */
/* What the results page measures, and what it is measured by: tables. */
#ifndef SIM_RESULTS_CASES_H
#define SIM_RESULTS_CASES_H

#include <stdbool.h>
#include <stdint.h>

struct results_case {
    const char *key; /* short, in plots and tables */
    const char *title;
    const char *scenario; /* file among the cases, without .yaml */
    const char *bytes;    /* instead of the scenario's; NULL: the scenario's */
    const char *modes;    /* as for weft-sim compare */
    bool full;            /* takes long: only with --full */
    bool all_controls;    /* else the default one alone */
    bool all_controls_if_full;
    /* Steps that cannot begin before the one before has arrived, on every rank; each costs the way of a
     * packet beside its bytes, which the bound does not count. 0: one step. */
    unsigned waiting_steps;
};

enum results_measure {
    RESULTS_BOUND,        /* the default mode and control ÷ bound, healthy */
    RESULTS_SPRAY,        /* ÷ spraying with its best measured control */
    RESULTS_SPRAY_DOWN,   /* the same with the link down */
    RESULTS_REPS_DOWN,    /* ÷ REPS with its best measured control, link down */
    RESULTS_QUEUE,        /* peak queue ÷ spraying's under the same control */
    RESULTS_STEADY,       /* iterations after a link's death ÷ the bound of one over what is left */
    RESULTS_DETECTION_RTT /* from a link's death until the last host has found out, in base round trips */
};

enum {
    RESULTS_TARGET_CASES_MAX = 8
};

struct results_target {
    const char *text;
    enum results_measure measure;
    double limit; /* at most */
    const char *keys[RESULTS_TARGET_CASES_MAX];
};

/* The cases in the order of the page, ended by one without a key; and the targets, by one without a text. */
extern const struct results_case results_cases[];
extern const struct results_target results_targets[];

#endif
