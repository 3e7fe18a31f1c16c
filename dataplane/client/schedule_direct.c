/* SPDX-License-Identifier: BSD-3-Clause */
/* Direct: every rank exchanges with every other at once; rank r sends to r + 1, r + 2, ... and receives from
 * r - 1, r - 2, ..., so that no receiver is everybody's first. Beyond SCHEDULE_FLOWS_MAX peers an exchange
 * takes several steps.
 *
 * Reduce-scatter adds up the shares in the order r, r - 1, r - 2, ... of their ranks, whichever comes first.
 */
#include "dataplane/client/schedule_parts.h"

/* Steps of one exchange with all peers. */
static unsigned direct_exchange_steps(const struct schedule_problem *p)
{
    return (p->rank_count - 1 + SCHEDULE_FLOWS_MAX - 1) / SCHEDULE_FLOWS_MAX;
}

/* The distances first .. last of the peers of one step. */
static uint32_t direct_first_distance(unsigned step)
{
    return step * SCHEDULE_FLOWS_MAX + 1;
}

static uint32_t direct_last_distance(const struct schedule_problem *p, unsigned step)
{
    uint32_t last = (step + 1) * SCHEDULE_FLOWS_MAX;
    return last < p->rank_count ? last : p->rank_count - 1;
}

/* Block of `rank` in the vector of all. */
static struct schedule_run direct_block(const struct schedule_problem *p, uint32_t rank)
{
    uint64_t total = p->operation == APP_OPERATION_ALL_REDUCE ? p->count : p->count * p->rank_count;
    return partition_run(p, total, p->rank_count, rank, 1);
}

/* The share of the peer at `distance` lands in the result itself if there is nothing in it yet. */
static void direct_add_reducing_receive(const struct schedule *s, uint32_t distance,
                                        struct schedule_step *out)
{
    const struct schedule_problem *p = &s->problem;
    bool all_reduce = p->operation == APP_OPERATION_ALL_REDUCE;
    bool first = distance == 1 && !p->in_place, last = distance == p->rank_count - 1;
    struct schedule_run own = direct_block(p, p->rank);
    struct schedule_place result = place(SCHEDULE_OUT, all_reduce ? own.offset : 0);
    struct schedule_place scratch =
        place(SCHEDULE_SCRATCH, (distance - 1) * round_up_to_cache_line(own.bytes));
    step_add_receive(out,
                     &(struct schedule_receive){.peer = rank_plus(p, p->rank, -(int64_t)distance),
                                                .into = first ? result : scratch,
                                                .bytes = own.bytes,
                                                .reduces = true,
                                                .completes_reduction = last,
                                                .accumulator = result,
                                                .operand = first ? place(SCHEDULE_IN, own.offset) : scratch,
                                                .final_first = all_reduce ? p->rank : 0,
                                                .final_count = last});
}

static void direct_reduce_step(const struct schedule *s, unsigned step, struct schedule_step *out)
{
    const struct schedule_problem *p = &s->problem;
    for (uint32_t d = direct_first_distance(step); d <= direct_last_distance(p, step); d++) {
        struct schedule_run give = direct_block(p, rank_plus(p, p->rank, d));
        step_add_send(out, &(struct schedule_send){.peer = rank_plus(p, p->rank, d),
                                                   .from = place(SCHEDULE_IN, give.offset),
                                                   .bytes = give.bytes});
        direct_add_reducing_receive(s, d, out);
    }
}

static void direct_gather_step(const struct schedule *s, unsigned step, struct schedule_step *out)
{
    const struct schedule_problem *p = &s->problem;
    struct schedule_run own = direct_block(p, p->rank);
    for (uint32_t d = direct_first_distance(step); d <= direct_last_distance(p, step); d++) {
        uint32_t source = rank_plus(p, p->rank, -(int64_t)d);
        struct schedule_run take = direct_block(p, source);
        step_add_send(out, &(struct schedule_send){.peer = rank_plus(p, p->rank, d),
                                                   .from = place(SCHEDULE_OUT, own.offset),
                                                   .bytes = own.bytes});
        step_add_receive(out, &(struct schedule_receive){.peer = source,
                                                         .into = place(SCHEDULE_OUT, take.offset),
                                                         .bytes = take.bytes,
                                                         .final_first = source,
                                                         .final_count = 1});
    }
}

static void direct_step(const struct schedule *s, unsigned lane, unsigned step, struct schedule_step *out)
{
    (void)lane;
    unsigned reduce_steps =
        s->problem.operation == APP_OPERATION_ALL_GATHER ? 0 : direct_exchange_steps(&s->problem);
    if (step < reduce_steps)
        direct_reduce_step(s, step, out);
    else
        direct_gather_step(s, step - reduce_steps, out);
}

void schedule_plan_direct(struct schedule *s)
{
    const struct schedule_problem *p = &s->problem;
    bool scatters = p->operation == APP_OPERATION_REDUCE_SCATTER;
    s->make_step = direct_step;
    s->shape = STEP_SHAPE_ALL_TO_ALL;
    s->steps = direct_exchange_steps(p) * (p->operation == APP_OPERATION_ALL_REDUCE ? 2 : 1);
    s->message_bytes_max = direct_block(p, 0).bytes;
    if (p->operation != APP_OPERATION_ALL_GATHER)
        s->scratch_bytes = (p->rank_count - 1) * round_up_to_cache_line(direct_block(p, p->rank).bytes);
    s->blocks = scatters ? 1 : p->rank_count;
    s->out_count = p->operation == APP_OPERATION_ALL_GATHER ? p->count * p->rank_count : p->count;
    if (p->operation == APP_OPERATION_ALL_GATHER)
        schedule_copy_own_block(s);
}
