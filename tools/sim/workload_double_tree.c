/* SPDX-License-Identifier: BSD-3-Clause */
#include "tools/sim/workload_pattern.h"

/* A heap: place p has the children 2p + 1 and 2p + 2. */
struct tree_place {
    uint32_t ranks, place, depth, height;
    bool mirrored;
};

static uint32_t depth_of(uint32_t place)
{
    return 31 - (uint32_t)__builtin_clz(place + 1);
}

static struct tree_place place_of(const struct workload *w, uint32_t rank, unsigned tree)
{
    uint32_t place = tree ? w->ranks - 1 - rank : rank;
    return (struct tree_place){.ranks = w->ranks,
                               .place = place,
                               .depth = depth_of(place),
                               .height = depth_of(w->ranks - 1),
                               .mirrored = tree != 0};
}

static uint32_t rank_at(const struct tree_place *p, uint32_t place)
{
    return p->mirrored ? p->ranks - 1 - place : place;
}

static uint64_t part_bytes(const struct workload *w, unsigned part)
{
    uint64_t parts = 2ull * w->factor;
    return w->bytes / parts + (part < w->bytes % parts);
}

/* Part c goes up from depth d in step c + height - d, and down to depth d in step c + height + d - 1. */
struct tree_step {
    const struct workload *workload;
    unsigned tree;
    int64_t step;
};

static bool part_at(const struct tree_step *at, int64_t offset, uint64_t *bytes)
{
    int64_t part = at->step - offset;
    if (part < 0 || part >= at->workload->factor)
        return false;
    *bytes = part_bytes(at->workload, at->tree * at->workload->factor + (unsigned)part);
    return *bytes > 0;
}

static void with_parent(const struct tree_step *at, const struct tree_place *p, struct schedule_step *out)
{
    uint32_t parent = rank_at(p, (p->place - 1) / 2);
    uint64_t bytes;
    if (part_at(at, (int64_t)p->height - p->depth, &bytes))
        pattern_send(out, parent, bytes);
    if (part_at(at, (int64_t)p->height + p->depth - 1, &bytes))
        pattern_receive(out, parent, bytes);
}

static void with_child(const struct tree_step *at, const struct tree_place *p, uint32_t child,
                       struct schedule_step *out)
{
    uint64_t bytes;
    if (child >= p->ranks)
        return;
    if (part_at(at, (int64_t)p->height - p->depth - 1, &bytes))
        pattern_receive(out, rank_at(p, child), bytes);
    if (part_at(at, (int64_t)p->height + p->depth, &bytes))
        pattern_send(out, rank_at(p, child), bytes);
}

unsigned double_tree_steps(const struct workload *w)
{
    return w->factor + 2 * depth_of(w->ranks - 1);
}

void double_tree_step(const struct workload_turn *turn, unsigned lane, unsigned step,
                      struct schedule_step *out)
{
    struct tree_step at = {.workload = turn->workload, .tree = lane, .step = step};
    struct tree_place p = place_of(turn->workload, turn->at.rank, lane);
    if (p.place > 0)
        with_parent(&at, &p, out);
    with_child(&at, &p, 2 * p.place + 1, out);
    with_child(&at, &p, 2 * p.place + 2, out);
}
