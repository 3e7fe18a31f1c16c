/* SPDX-License-Identifier: BSD-3-Clause */
/* Broadcast from `root`; ranks are counted from it. The buffer is `out`.
 *
 * Short: a binomial tree, ceil(log2 n) steps. Long: a chain that passes slices on, root to 1 to 2 ...; slice
 * i goes from rank v to v + 1 at step i + v, so the last rank is done after slices + n - 2 steps of one slice
 * each, and no rank sends more than the data once (a tree's root sends it log2 n times).
 */
#include "dataplane/client/schedule_parts.h"

enum {
    BROADCAST_SLICE_BYTES_MIN = 128 << 10,
    BROADCAST_SLICES_MAX = 128,
    BROADCAST_CHAIN_BYTES_PER_RANK = 64 << 10 /* a chain pays off when filling it is short beside the rest */
};

static uint32_t broadcast_position(const struct schedule_problem *p)
{
    return rank_plus(p, p->rank, -(int64_t)p->root);
}

static void tree_step(const struct schedule *s, unsigned lane, unsigned step, struct schedule_step *out)
{
    (void)lane;
    const struct schedule_problem *p = &s->problem;
    uint32_t position = broadcast_position(p), reached = 1u << step;
    uint64_t bytes = p->count * p->element_bytes;
    if (position < reached && position + reached < p->rank_count)
        step_add_send(out, &(struct schedule_send){.peer = rank_plus(p, p->rank, reached),
                                                   .from = place(SCHEDULE_OUT, 0),
                                                   .bytes = bytes});
    if (position >= reached && position < 2 * reached)
        step_add_receive(out, &(struct schedule_receive){.peer = rank_plus(p, p->rank, -(int64_t)reached),
                                                         .into = place(SCHEDULE_OUT, 0),
                                                         .bytes = bytes,
                                                         .final_count = 1});
}

static void chain_step(const struct schedule *s, unsigned lane, unsigned step, struct schedule_step *out)
{
    (void)lane;
    const struct schedule_problem *p = &s->problem;
    uint32_t position = broadcast_position(p);
    int64_t sent_slice = (int64_t)step - position, received_slice = sent_slice + 1;
    if (position + 1 < p->rank_count && sent_slice >= 0 && sent_slice < s->blocks) {
        struct schedule_run give = partition_run(p, p->count, s->blocks, (uint64_t)sent_slice, 1);
        step_add_send(out, &(struct schedule_send){.peer = rank_plus(p, p->rank, 1),
                                                   .from = place(SCHEDULE_OUT, give.offset),
                                                   .bytes = give.bytes});
    }
    if (position > 0 && received_slice >= 0 && received_slice < s->blocks) {
        struct schedule_run take = partition_run(p, p->count, s->blocks, (uint64_t)received_slice, 1);
        step_add_receive(out, &(struct schedule_receive){.peer = rank_plus(p, p->rank, -1),
                                                         .into = place(SCHEDULE_OUT, take.offset),
                                                         .bytes = take.bytes,
                                                         .final_first = (uint32_t)received_slice,
                                                         .final_count = 1});
    }
}

static uint32_t broadcast_slices(uint64_t bytes)
{
    uint64_t slices = bytes / BROADCAST_SLICE_BYTES_MIN;
    if (slices == 0)
        return 1;
    return slices < BROADCAST_SLICES_MAX ? (uint32_t)slices : BROADCAST_SLICES_MAX;
}

void schedule_plan_broadcast(struct schedule *s)
{
    const struct schedule_problem *p = &s->problem;
    uint64_t bytes = p->count * p->element_bytes;
    bool chain = bytes >= (uint64_t)p->rank_count * BROADCAST_CHAIN_BYTES_PER_RANK;
    s->make_step = chain ? chain_step : tree_step;
    s->shape = chain ? STEP_SHAPE_RING : STEP_SHAPE_TREE;
    s->blocks = chain ? broadcast_slices(bytes) : 1;
    s->steps = chain ? s->blocks + p->rank_count - 2 : ceil_log2(p->rank_count);
    s->message_bytes_max = partition_run(p, p->count, s->blocks, 0, 1).bytes;
    s->out_count = p->count;
    if (p->rank == p->root)
        s->own_final_count = s->blocks;
}
