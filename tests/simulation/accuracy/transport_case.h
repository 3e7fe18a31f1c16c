/* SPDX-License-Identifier: BSD-3-Clause */
/* Faults under the real transport, in weft-sim: small fabrics, packets, queues, losses, and whatever the
 * transport does about them. */
#ifndef WEFT_ACCURACY_TRANSPORT_CASE_H
#define WEFT_ACCURACY_TRANSPORT_CASE_H

#include "tests/simulation/accuracy/score.h"

enum transport_fault {
    TRANSPORT_HEALTHY,
    TRANSPORT_BLACK_HOLE,
    TRANSPORT_LOSS, /* 1 % */
    TRANSPORT_HALF_RATE,
    TRANSPORT_RATE,      /* 75 % is left */
    TRANSPORT_CABLE,     /* half rate both ways */
    TRANSPORT_DOUBLE,    /* half rate here, 1 % loss there */
    TRANSPORT_TWO_JOBS,  /* half rate under two jobs */
    TRANSPORT_HOST,      /* half rate of a host's port, sending */
    TRANSPORT_HOST_LOSS, /* a host's port loses 1 % of what it receives */
    TRANSPORT_FAULTS
};
const char *transport_fault_name(enum transport_fault fault);

struct transport_result {
    uint64_t steps, records;
    uint32_t complaints; /* of the simulator's own checkers */
};
/* One run, scored. */
void transport_case_run(enum transport_fault fault, uint64_t seed, unsigned steps, bool verbose,
                        struct score *score, struct transport_result *result);

#endif
