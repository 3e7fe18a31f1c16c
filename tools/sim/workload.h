/* SPDX-License-Identifier: BSD-3-Clause */
/* What a job exchanges: collectives by libweft's own schedules, and patterns that libweft has no name for.
 * Pure: who sends what to whom in which step. */
#ifndef SIM_WORKLOAD_H
#define SIM_WORKLOAD_H

#include "dataplane/client/schedule.h"

enum workload_kind {
    /* libweft's; `bytes` is weft.h's count in bytes: of the vector; of a block for all-gather, reduce-scatter
     * and all-to-all */
    WORKLOAD_ALL_REDUCE,
    WORKLOAD_REDUCE_SCATTER,
    WORKLOAD_ALL_GATHER,
    WORKLOAD_ALL_TO_ALL,
    WORKLOAD_BROADCAST,
    WORKLOAD_BARRIER,
    /* patterns; `bytes` is of a flow */
    WORKLOAD_SKEWED_ALL_TO_ALL, /* every `stride`-th rank is sent `factor` times as much */
    WORKLOAD_EXCHANGE, /* with rank ^ stride: a step of halving-doubling; none beyond the last rank */
    WORKLOAD_SHIFT,    /* to rank + stride: a step of a ring */
    WORKLOAD_BIDIRECTIONAL_RING, /* `factor` steps to both neighbours */
    WORKLOAD_PERMUTATION,        /* to a random rank, each rank once, drawn anew for every iteration */
    WORKLOAD_INCAST,             /* to rank 0 */
    WORKLOAD_PIPELINE,           /* `factor` micro-batches through all ranks in turn */
    WORKLOAD_DOUBLE_TREE,        /* all-reduce over two trees, `bytes` in all in `factor` parts of each */
    WORKLOAD_KINDS
};

struct workload {
    enum workload_kind kind;
    enum weft_algorithm algorithm; /* of libweft's */
    uint32_t ranks;
    uint64_t bytes;
    uint32_t stride, factor;
    uint64_t seed; /* of permutations */
};

/* False, and a line in `error`, when the workload makes no sense. */
bool workload_is_valid(const struct workload *w, char *error, size_t error_bytes);
const char *workload_kind_name(enum workload_kind kind);

/* What one rank does in one iteration. */
struct workload_turn {
    const struct workload *workload;
    uint32_t rank;
    unsigned iteration;
    unsigned lanes, steps, window; /* as in schedule.h, whose rules hold */
    enum step_shape shape;
    struct schedule schedule; /* of libweft's */
};
void workload_begin(const struct workload *w, uint32_t rank, unsigned iteration, struct workload_turn *turn);
void workload_step(const struct workload_turn *turn, unsigned lane, unsigned step, struct schedule_step *out);

#endif
