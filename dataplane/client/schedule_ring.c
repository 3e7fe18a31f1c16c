/* SPDX-License-Identifier: BSD-3-Clause */
/* Ring: rank r sends to r + 1 and receives from r - 1 only. The vector is cut into one block per rank.
 *
 * Reduce-scatter, step k of n - 1: send block r - 1 - k, receive block r - 2 - k and add our own share; after
 * the last step block r is complete at rank r. All-gather, step j of n - 1: send block r - j, receive block
 * r - 1 - j. All-reduce is the one after the other. Every rank sends (n - 1)/n of the vector per phase, which
 * is the least possible.
 *
 * Where blocks are long they are cut into lanes, so that the link does not idle between steps.
 */
#include "dataplane/client/schedule_parts.h"

enum {
    RING_SLICE_BYTES_MIN = 128 << 10, /* several round trips' worth: cutting finer gains nothing */
    RING_WINDOW_OF_LANES = 2          /* with several lanes the wire is busy without looking further ahead */
};

/* Elements of the vector that is cut into blocks. */
static uint64_t ring_vector_count(const struct schedule_problem *p)
{
    return p->operation == APP_OPERATION_ALL_REDUCE ? p->count : p->count * p->rank_count;
}

/* The slice of `block` that belongs to `lane`, as a run of the vector. */
static struct schedule_run ring_slice(const struct schedule *s, uint32_t block, unsigned lane)
{
    const struct schedule_problem *p = &s->problem;
    uint64_t start = partition_start(ring_vector_count(p), p->rank_count, block);
    uint64_t length = partition_start(ring_vector_count(p), p->rank_count, block + 1) - start;
    struct schedule_run slice = partition_run(p, length, s->lanes, lane, 1);
    slice.offset += start * p->element_bytes;
    return slice;
}

/* Slots per lane. A slot of reduce-scatter is received into at step k and sent from at step k + 1, so it is
 * free one step later than one of all-reduce, which is only added up from. */
static unsigned ring_scratch_slots(const struct schedule *s)
{
    if (s->problem.operation == APP_OPERATION_REDUCE_SCATTER)
        return s->window + 1;
    return s->problem.operation == APP_OPERATION_ALL_REDUCE && s->problem.in_place ? s->window : 0;
}

static struct schedule_place ring_scratch_place(const struct schedule *s, unsigned lane, unsigned step)
{
    unsigned slots = ring_scratch_slots(s);
    uint64_t slot_bytes = round_up_to_cache_line(s->message_bytes_max);
    return place(SCHEDULE_SCRATCH, (lane * slots + step % slots) * slot_bytes);
}

/* Where the partial sum that arrives at step k of the reduce-scatter is kept. */
static struct schedule_place ring_partial_place(const struct schedule *s, unsigned lane, unsigned step)
{
    const struct schedule_problem *p = &s->problem;
    struct schedule_run slice = ring_slice(s, rank_plus(p, p->rank, -2 - (int64_t)step), lane);
    if (p->operation == APP_OPERATION_ALL_REDUCE)
        return place(SCHEDULE_OUT, slice.offset);
    if (step == p->rank_count - 2)
        return place(SCHEDULE_OUT, slice.offset - p->rank * p->count * p->element_bytes);
    return ring_scratch_place(s, lane, step);
}

static void ring_reduce_step(const struct schedule *s, unsigned lane, unsigned step,
                             struct schedule_step *out)
{
    const struct schedule_problem *p = &s->problem;
    struct schedule_run give = ring_slice(s, rank_plus(p, p->rank, -1 - (int64_t)step), lane);
    struct schedule_run take = ring_slice(s, rank_plus(p, p->rank, -2 - (int64_t)step), lane);
    bool last = step == p->rank_count - 2;
    bool adds_from_scratch = p->in_place && p->operation == APP_OPERATION_ALL_REDUCE;
    struct schedule_place partial = ring_partial_place(s, lane, step);
    struct schedule_place landing = adds_from_scratch ? ring_scratch_place(s, lane, step) : partial;

    step_add_send(out, &(struct schedule_send){.peer = rank_plus(p, p->rank, 1),
                                               .from = step == 0 ? place(SCHEDULE_IN, give.offset)
                                                                 : ring_partial_place(s, lane, step - 1),
                                               .bytes = give.bytes});
    step_add_receive(out, &(struct schedule_receive){
                              .peer = rank_plus(p, p->rank, -1),
                              .into = landing,
                              .bytes = take.bytes,
                              .reduces = true,
                              .completes_reduction = last,
                              .accumulator = partial,
                              .operand = adds_from_scratch ? landing : place(SCHEDULE_IN, take.offset),
                              .final_first = (s->blocks == 1 ? 0 : p->rank * s->lanes) + lane,
                              .final_count = last});
}

static void ring_gather_step(const struct schedule *s, unsigned lane, unsigned step,
                             struct schedule_step *out)
{
    const struct schedule_problem *p = &s->problem;
    uint32_t taken_block = rank_plus(p, p->rank, -1 - (int64_t)step);
    struct schedule_run give = ring_slice(s, rank_plus(p, p->rank, -(int64_t)step), lane);
    struct schedule_run take = ring_slice(s, taken_block, lane);
    step_add_send(out, &(struct schedule_send){.peer = rank_plus(p, p->rank, 1),
                                               .from = place(SCHEDULE_OUT, give.offset),
                                               .bytes = give.bytes});
    step_add_receive(out, &(struct schedule_receive){.peer = rank_plus(p, p->rank, -1),
                                                     .into = place(SCHEDULE_OUT, take.offset),
                                                     .bytes = take.bytes,
                                                     .final_first = taken_block * s->lanes + lane,
                                                     .final_count = 1});
}

static void ring_step(const struct schedule *s, unsigned lane, unsigned step, struct schedule_step *out)
{
    unsigned reduce_steps = s->problem.operation == APP_OPERATION_ALL_GATHER ? 0 : s->problem.rank_count - 1;
    if (step < reduce_steps)
        ring_reduce_step(s, lane, step, out);
    else
        ring_gather_step(s, lane, step - reduce_steps, out);
}

/* Of the largest block, which is the first. */
static unsigned ring_lanes(const struct schedule *s)
{
    uint64_t slices = ring_slice(s, 0, 0).bytes / RING_SLICE_BYTES_MIN;
    if (slices <= 1)
        return 1;
    return slices < SCHEDULE_LANES_MAX ? (unsigned)slices : SCHEDULE_LANES_MAX;
}

void schedule_plan_ring(struct schedule *s)
{
    const struct schedule_problem *p = &s->problem;
    bool all_reduce = p->operation == APP_OPERATION_ALL_REDUCE;
    s->make_step = ring_step;
    s->shape = STEP_SHAPE_RING;
    s->lanes = ring_lanes(s);
    s->steps = (p->rank_count - 1) * (all_reduce ? 2 : 1);
    s->window = s->lanes > 1 ? RING_WINDOW_OF_LANES : SCHEDULE_WINDOW_MAX;
    s->message_bytes_max = ring_slice(s, 0, 0).bytes;
    s->scratch_bytes = s->lanes * ring_scratch_slots(s) * round_up_to_cache_line(s->message_bytes_max);
    s->blocks = p->operation == APP_OPERATION_REDUCE_SCATTER ? 1 : p->rank_count;
    s->out_count = p->operation == APP_OPERATION_REDUCE_SCATTER ? p->count : ring_vector_count(p);
    if (p->operation == APP_OPERATION_ALL_GATHER)
        schedule_copy_own_block(s);
}
