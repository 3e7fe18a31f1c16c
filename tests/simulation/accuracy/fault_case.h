/* SPDX-License-Identifier: BSD-3-Clause */
/* The kinds of faults that are injected, and what would be right to say of each. */
#ifndef WEFT_ACCURACY_FAULT_CASE_H
#define WEFT_ACCURACY_FAULT_CASE_H

#include "tests/simulation/accuracy/model.h"

enum fault_kind {
    FAULT_BLACK_HOLE,
    FAULT_LOSS_1_PERCENT,
    FAULT_LOSS_1_PER_MILLE,
    FAULT_HALF_RATE,
    FAULT_SLOW,         /* 1.3 times */
    FAULT_MILD,         /* 1.1 times */
    FAULT_INTERMITTENT, /* 1.3 times in three steps of ten */
    FAULT_CABLE,        /* both directions of a link */
    FAULT_DOUBLE,       /* a slow link and a lossy one */
    FAULT_SPINE,
    FAULT_AMONG_JOBS,   /* a slow link under three jobs */
    FAULT_RECORDS_LOST, /* a slow link, and a fifth of all records never come */
    FAULT_HOST_SENDING,
    FAULT_HOST_RECEIVING,
    FAULT_NOT_READY,
    FAULT_DRAIN,
    FAULT_STRAGGLER,
    FAULT_HANG,
    FAULT_DECOY, /* congestion for as long as the run: right is "congested", or nothing */
    FAULT_LIAR,  /* a host says what is not so: right is to blame nobody else */
    FAULT_KINDS
};
const char *fault_kind_name(enum fault_kind kind);

enum {
    TRUTHS_MAX = 2
};
/* What should be named. */
struct truth {
    struct component component;
    uint32_t kinds; /* bits of enum verdict_kind that are right for it */
    bool optional;  /* it may, but need not, be named */
    bool host;      /* a host, not a link or switch */
};
struct fault_case {
    enum fault_kind kind;
    struct model_config model;
    struct truth truths[TRUTHS_MAX];
    unsigned truth_count;
};

/* Fabric, jobs, place and time of the fault, all from the seed. */
void fault_case_draw(struct fault_case *c, enum fault_kind kind, uint64_t seed);
/* The same without a fault. */
void healthy_case_draw(struct model_config *config, uint64_t seed);

#endif
