/* SPDX-License-Identifier: BSD-3-Clause */
/* The flows that the steps of a shape are made of, for any number of ranks: what libweft's schedules send
 * (dataplane/client/schedule_*.c), without their sizes in detail.
 *
 * Flows are numbered by rank and, of a rank, by peer, ascending. A shape has one or more *steps* that do not
 * overlap in time:
 *   RING              r -> r + 1 mod n, one step
 *   HALVING_DOUBLING  p is the largest power of two that is not above n. Steps 0 .. log2 p - 1 swap at the
 *                     distances p/2, p/4 .. 1 of positions; if n > p, two more bring the data of n - p odd
 *                     ranks to their even neighbours and back
 *   ALL_TO_ALL        every rank to all others, taken as one step
 * Trees, and what has no shape, are not planned. */
#ifndef WEFT_CONTROL_STEP_PATTERN_H
#define WEFT_CONTROL_STEP_PATTERN_H

#include <stdbool.h>
#include <stdint.h>

#include "dataplane/formats/step_shape.h"

enum {
    PATTERN_STEPS_MAX = 16
};

struct step_pattern {
    enum step_shape shape;
    uint32_t rank_count;
    unsigned levels;    /* of halving-doubling: log2 of positions */
    uint32_t positions; /* the same: p */
    uint32_t pairs;     /* the same: n - p */
};

/* False: nothing to plan. */
bool step_pattern_make(enum step_shape shape, uint32_t rank_count, struct step_pattern *pattern);
unsigned step_pattern_steps(const struct step_pattern *p);
/* All flows before the first one of `rank`; of rank_count: of all ranks. */
uint32_t step_pattern_first_flow(const struct step_pattern *p, uint32_t rank);
static inline uint32_t step_pattern_flow_count(const struct step_pattern *p)
{
    return step_pattern_first_flow(p, p->rank_count);
}
/* Of the rank's flow number `index`. */
uint32_t step_pattern_peer(const struct step_pattern *p, uint32_t rank, uint32_t index);
/* The rank's flow to `peer`, as an index for the above; UINT32_MAX if there is none. */
uint32_t step_pattern_find(const struct step_pattern *p, uint32_t rank, uint32_t peer);
unsigned step_pattern_step(const struct step_pattern *p, uint32_t rank, uint32_t peer);
/* How long a flow of the step is when the longest of the shape is of `longest_bytes`; at least 1. */
uint64_t step_pattern_bytes(const struct step_pattern *p, unsigned step, uint64_t longest_bytes);

#endif
