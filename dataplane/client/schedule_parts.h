/* SPDX-License-Identifier: BSD-3-Clause */
/* What the algorithms of schedule_*.c share. */
#ifndef WEFT_CLIENT_SCHEDULE_PARTS_H
#define WEFT_CLIENT_SCHEDULE_PARTS_H

#include <assert.h>

#include "dataplane/client/schedule.h"

/* A run of a buffer, in bytes. */
struct schedule_run {
    uint64_t offset;
    uint64_t bytes;
};

void schedule_plan_ring(struct schedule *schedule);
void schedule_plan_halving_doubling(struct schedule *schedule);
void schedule_plan_direct(struct schedule *schedule);
void schedule_plan_all_to_all(struct schedule *schedule);
void schedule_plan_broadcast(struct schedule *schedule);
void schedule_plan_barrier(struct schedule *schedule);

/* Start of part `index` of `total` elements cut into `parts` whose sizes differ by at most one, the larger
 * ones first. `index` may be `parts`. */
static inline uint64_t partition_start(uint64_t total, uint64_t parts, uint64_t index)
{
    uint64_t larger = total % parts;
    return index * (total / parts) + (index < larger ? index : larger);
}

static inline struct schedule_run partition_run(const struct schedule_problem *problem, uint64_t total,
                                                uint64_t parts, uint64_t first, uint64_t count)
{
    uint64_t start = partition_start(total, parts, first);
    uint64_t end = partition_start(total, parts, first + count);
    return (struct schedule_run){start * problem->element_bytes, (end - start) * problem->element_bytes};
}

/* (value + difference) mod ranks, for a difference of any sign above -ranks. */
static inline uint32_t rank_plus(const struct schedule_problem *problem, uint32_t value, int64_t difference)
{
    return (uint32_t)((value + difference + problem->rank_count) % problem->rank_count);
}

static inline uint64_t round_up_to_cache_line(uint64_t bytes)
{
    return (bytes + 63) & ~63ull;
}

/* The smallest n with 2^n >= value. */
static inline unsigned ceil_log2(uint32_t value)
{
    return value <= 1 ? 0 : 32 - (unsigned)__builtin_clz(value - 1);
}

static inline struct schedule_place place(enum schedule_space space, uint64_t offset)
{
    return (struct schedule_place){space, offset};
}

/* Messages of no bytes are left out: both ends know the length, and nothing depends on their arrival. */
static inline void step_add_send(struct schedule_step *step, const struct schedule_send *send)
{
    assert(step->send_count < SCHEDULE_FLOWS_MAX);
    if (send->bytes > 0)
        step->sends[step->send_count++] = *send;
}

static inline void step_add_receive(struct schedule_step *step, const struct schedule_receive *receive)
{
    assert(step->receive_count < SCHEDULE_FLOWS_MAX);
    if (receive->bytes > 0)
        step->receives[step->receive_count++] = *receive;
}

static inline void schedule_add_copy_before(struct schedule *schedule, const struct schedule_copy *copy)
{
    if (copy->bytes > 0)
        schedule->copies_before[schedule->copies_before_count++] = *copy;
}

/* all_gather's first act: the caller's block goes to its place in `out`. */
static inline void schedule_copy_own_block(struct schedule *schedule)
{
    const struct schedule_problem *p = &schedule->problem;
    uint64_t bytes = p->count * p->element_bytes;
    if (!p->in_place)
        schedule_add_copy_before(
            schedule,
            &(struct schedule_copy){place(SCHEDULE_IN, 0), place(SCHEDULE_OUT, p->rank * bytes), bytes});
    schedule->own_final_first = p->rank * schedule->lanes;
    schedule->own_final_count = schedule->lanes;
}

#endif
