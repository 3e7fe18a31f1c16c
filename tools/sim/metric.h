/* SPDX-License-Identifier: BSD-3-Clause */
/* What is reported of an experiment: one list of figures, from which the table for people, the JSON and the
 * CSV for programs are all written, so that they cannot differ. */
#ifndef SIM_METRIC_H
#define SIM_METRIC_H

#include "tools/sim/experiment.h"

struct metric {
    const char *key;   /* in JSON and CSV: the unit is its last word */
    const char *title; /* for people, with `unit` */
    const char *unit;
    double divisor; /* of the value, to have it in `unit` */
    int decimals;
    size_t offset; /* in the result's struct */
    bool is_count; /* a uint64_t; else a double */
};

/* Of one job, in struct experiment_job_result; NULL beyond the last. */
const struct metric *metric_of_job(unsigned index);
/* Of the whole, in struct experiment_result. */
const struct metric *metric_of_run(unsigned index);

/* In the unit of its key. */
double metric_value(const struct metric *m, const void *result);

#endif
