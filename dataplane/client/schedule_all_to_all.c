/* SPDX-License-Identifier: BSD-3-Clause */
/* All-to-all: every rank sends rank i its block i, to r + 1, r + 2, ... in this order, so that no receiver is
 * everybody's first; all of it as one step, up to SCHEDULE_FLOWS_MAX peers.
 *
 * In place, what is sent is first put aside: a block may arrive before the one in its place has left. */
#include "dataplane/client/schedule_parts.h"

static struct schedule_run all_to_all_in_block(const struct schedule_problem *p, uint32_t rank)
{
    uint64_t bytes = p->count * p->element_bytes;
    return p->layout ? (struct schedule_run){p->layout->in_offsets[rank], p->layout->in_bytes[rank]}
                     : (struct schedule_run){rank * bytes, bytes};
}

static struct schedule_run all_to_all_out_block(const struct schedule_problem *p, uint32_t rank)
{
    uint64_t bytes = p->count * p->element_bytes;
    return p->layout ? (struct schedule_run){p->layout->out_offsets[rank], p->layout->out_bytes[rank]}
                     : (struct schedule_run){rank * bytes, bytes};
}

static enum schedule_space all_to_all_source(const struct schedule_problem *p)
{
    return p->in_place ? SCHEDULE_SCRATCH : SCHEDULE_IN;
}

static void all_to_all_step(const struct schedule *s, unsigned lane, unsigned step, struct schedule_step *out)
{
    (void)lane;
    const struct schedule_problem *p = &s->problem;
    uint64_t first = (uint64_t)step * SCHEDULE_FLOWS_MAX + 1;
    for (uint64_t d = first; d < p->rank_count && d < first + SCHEDULE_FLOWS_MAX; d++) {
        uint32_t destination = rank_plus(p, p->rank, (int64_t)d);
        uint32_t source = rank_plus(p, p->rank, -(int64_t)d);
        struct schedule_run give = all_to_all_in_block(p, destination);
        struct schedule_run take = all_to_all_out_block(p, source);
        step_add_send(out, &(struct schedule_send){.peer = destination,
                                                   .from = place(all_to_all_source(p), give.offset),
                                                   .bytes = give.bytes});
        step_add_receive(out, &(struct schedule_receive){.peer = source,
                                                         .into = place(SCHEDULE_OUT, take.offset),
                                                         .bytes = take.bytes,
                                                         .final_first = source,
                                                         .final_count = 1});
    }
}

/* The own block does not travel. */
static void all_to_all_plan_copies(struct schedule *s)
{
    const struct schedule_problem *p = &s->problem;
    struct schedule_run from = all_to_all_in_block(p, p->rank);
    struct schedule_run to = all_to_all_out_block(p, p->rank);
    if (p->in_place)
        schedule_add_copy_before(
            s, &(struct schedule_copy){place(SCHEDULE_IN, 0), place(SCHEDULE_SCRATCH, 0), s->scratch_bytes});
    schedule_add_copy_before(s, &(struct schedule_copy){place(all_to_all_source(p), from.offset),
                                                        place(SCHEDULE_OUT, to.offset), from.bytes});
}

void schedule_plan_all_to_all(struct schedule *s)
{
    const struct schedule_problem *p = &s->problem;
    s->make_step = all_to_all_step;
    s->shape = STEP_SHAPE_ALL_TO_ALL;
    s->steps = (p->rank_count - 1 + SCHEDULE_FLOWS_MAX - 1) / SCHEDULE_FLOWS_MAX;
    for (uint32_t rank = 0; rank < p->rank_count; rank++) {
        struct schedule_run in = all_to_all_in_block(p, rank), out = all_to_all_out_block(p, rank);
        uint64_t longer = in.bytes > out.bytes ? in.bytes : out.bytes;
        if (longer > s->message_bytes_max)
            s->message_bytes_max = longer;
        if (p->in_place && in.offset + in.bytes > s->scratch_bytes)
            s->scratch_bytes = in.offset + in.bytes;
    }
    if (!p->layout) {
        s->blocks = p->rank_count;
        s->out_count = p->count * p->rank_count;
        s->own_final_first = p->rank;
        s->own_final_count = 1;
    }
    all_to_all_plan_copies(s);
}
