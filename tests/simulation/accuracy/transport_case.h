/* SPDX-License-Identifier: BSD-3-Clause */
/* Faults under the real transport, in weft-sim: small fabrics, packets, queues, losses, and whatever the
 * transport does about them. */
#ifndef WEFT_ACCURACY_TRANSPORT_CASE_H
#define WEFT_ACCURACY_TRANSPORT_CASE_H

#include "tests/simulation/accuracy/score.h"

enum transport_fault {
    TRANSPORT_BLACK_HOLE,
    TRANSPORT_LOSS, /* 1 % */
    TRANSPORT_HALF_RATE,
    TRANSPORT_RATE,          /* 75 % is left */
    TRANSPORT_MILD,          /* 90 % is left: 1.1 times as long */
    TRANSPORT_INTERMITTENT,  /* half rate in 3 of 10 stretches of a step's length */
    TRANSPORT_CABLE,         /* half rate both ways */
    TRANSPORT_DOUBLE,        /* half rate here, 1 % loss there */
    TRANSPORT_TWO_JOBS,      /* half rate under two jobs */
    TRANSPORT_TWO_SPINES,    /* half rate where there is but one other spine */
    TRANSPORT_HOST,          /* half rate of a host's port, sending */
    TRANSPORT_HOST_RECEIVES, /* the same, receiving */
    TRANSPORT_HOST_LOSS,     /* a host's port loses 1 % of what it receives */
    TRANSPORT_BURSTS,        /* others' bursts onto one link: right is "congested", or nothing */
    TRANSPORT_CONGESTION,    /* the same without end */
    TRANSPORT_FAULTS
};
const char *transport_fault_name(enum transport_fault fault);

struct transport_result {
    uint64_t steps, records;
    uint32_t complaints; /* of the simulator's own checkers */
};
/* One run, scored. */
void transport_case_run(enum transport_fault fault, uint64_t seed, bool verbose, struct score *score,
                        struct transport_result *result);

/* Nothing is wrong, but others send bursts. At least so many steps. */
void transport_healthy_run(uint64_t seed, uint64_t steps, bool verbose, struct healthy_result *result);

#endif
