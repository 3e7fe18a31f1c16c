/* SPDX-License-Identifier: BSD-3-Clause */
/* What a job exchanges: collectives by libweft's own schedules, and patterns that libweft has no name for.
 * Pure: who sends what to whom in which step. */
#ifndef SIM_WORKLOAD_H
#define SIM_WORKLOAD_H

#include "dataplane/client/schedule.h"

enum {
    WORKLOAD_FACTOR_MAX = 4096,
    WORKLOAD_LAYERS_MAX = 4096
};
#define WORKLOAD_BYTES_MAX         (1ull << 44)
#define WORKLOAD_MESSAGE_BYTES_MAX (1ull << 32)

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
    WORKLOAD_EXPERT_PARALLEL,    /* a layer: dispatch, computing, combine; below */
    /* trains of libweft's, a phase each: computing between them */
    WORKLOAD_FSDP,            /* ZeRO: an all-gather of each layer, then a reduce-scatter of each; a block */
    WORKLOAD_TENSOR_PARALLEL, /* two all-reduces a layer; the vector */
    WORKLOAD_ULYSSES,         /* a layer: all-to-all, computing (attention), all-to-all back; a block */
    WORKLOAD_KINDS
};

/* An iteration is a sequence of *phases*. A rank that has ended one computes for compute_ns and begins the
 * next; most workloads have one.
 *
 * Expert parallel: every rank holds one expert. In each layer of each iteration `stride` of them are hot,
 * drawn anew: their flows are `factor` times `bytes`; the others' are `bytes`. What tokens choose is random,
 * so every flow is between half and one and a half times that. The combine phase sends every flow back.
 */

struct workload {
    enum workload_kind kind;
    enum weft_algorithm algorithm; /* of libweft's */
    uint32_t ranks;
    uint64_t bytes;
    uint32_t stride, factor;
    uint64_t seed;       /* of permutations and of what tokens choose */
    uint32_t layers;     /* of the last four; 0 is 1 */
    uint64_t compute_ns; /* between phases */
};

/* False, and a line in `error`, when the workload makes no sense. */
bool workload_is_valid(const struct workload *w, char *error, size_t error_bytes);
const char *workload_kind_name(enum workload_kind kind);

/* Of an iteration: at least one. */
unsigned workload_phases(const struct workload *w);
/* How long a rank computes between the phases of an iteration, in all. */
static inline uint64_t workload_compute_ns(const struct workload *w)
{
    return (workload_phases(w) - 1) * w->compute_ns;
}

struct workload_place {
    uint32_t rank;
    unsigned iteration, phase;
};

/* What one rank does in one phase of one iteration. */
struct workload_turn {
    const struct workload *workload;
    enum workload_kind kind; /* of the phase */
    struct workload_place at;
    unsigned lanes, steps, window; /* as in schedule.h, whose rules hold */
    enum step_shape shape;
    struct schedule schedule; /* of libweft's */
};
void workload_begin(struct workload_turn *turn, const struct workload *w, struct workload_place place);
void workload_step(const struct workload_turn *turn, unsigned lane, unsigned step, struct schedule_step *out);

#endif
