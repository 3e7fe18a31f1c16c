/* SPDX-License-Identifier: BSD-3-Clause */
/* Verdicts against the truth. Only confirmed verdicts of one component are counted as said; what stays a tie
 * although probes were answered is counted against. */
#ifndef WEFT_ACCURACY_SCORE_H
#define WEFT_ACCURACY_SCORE_H

#include "tests/simulation/accuracy/fault_case.h"

enum {
    SCORE_RUNS_MAX = 4096
};

struct score {
    uint32_t runs;
    uint32_t injected;              /* faults that had to be named */
    uint32_t named;                 /* ... and were */
    uint32_t right;                 /* verdicts */
    uint32_t wrong;                 /* verdicts: another component, or another kind */
    uint32_t host_wrong;            /* a host for a link, or a link for a host */
    uint32_t ties;                  /* runs that ended in doubt among several */
    uint32_t steps[SCORE_RUNS_MAX]; /* from the onset to the verdict */
    uint32_t step_count;
};

/* What was said while nothing was wrong. */
struct healthy_result {
    uint64_t steps, records;
    uint32_t false_verdicts, suspicions;
};

/* One run's state. */
struct judgement {
    const struct truth *truths;
    unsigned truth_count;
    bool named[TRUTHS_MAX];
    bool tie;
};

/* `step`: since the onset. */
void score_take(struct score *s, struct judgement *j, const struct verdict *v, uint32_t step);
bool judgement_is_complete(const struct judgement *j);
void score_end_run(struct score *s, const struct judgement *j);
/* 0 .. 100; 0 when nothing was named. */
uint32_t score_steps_percentile(struct score *s, unsigned percent);
void score_add(struct score *sum, const struct score *s);

#endif
