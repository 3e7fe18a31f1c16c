/* SPDX-License-Identifier: BSD-3-Clause */
/* A plan's pieces in order, and what follows from them. */
#include <errno.h>
#include <stdlib.h>

#include "control/planner/link_time.h"
#include "control/planner/plan_state.h"
#include "control/planner/refuse.h"

void plan_classify(struct planner_plan *plan)
{
    for (uint32_t i = 0; i < plan->demand_count; i++) {
        uint32_t from = plan_end_leaf(plan, i, SIDE_OUT), to = plan_end_leaf(plan, i, SIDE_IN);
        enum planner_reason reason = PLANNER_REASON_COLOURED;
        if (from == to)
            reason = PLANNER_REASON_LOCAL;
        else if (fabric_common_spines(plan->fabric, from, to) == 0)
            reason = PLANNER_REASON_UNROUTED;
        plan->stories[i] = (struct flow_story){.reason = reason};
    }
}

/* ---- pieces in order ---- */

static int compare_paths(const void *a, const void *b)
{
    const struct planner_piece *x = a, *y = b;
    if (x->spine != y->spine)
        return x->spine < y->spine ? -1 : 1;
    return x->core < y->core ? -1 : x->core > y->core;
}

/* Pieces move to their demands' places: a counting sort. */
static void sort_by_demand(struct planner_plan *plan, const struct planner_piece *pieces, uint32_t count)
{
    uint32_t *next = plan->first_piece;
    for (uint32_t i = 0; i <= plan->demand_count; i++)
        next[i] = 0;
    for (uint32_t i = 0; i < count; i++)
        next[pieces[i].demand + 1]++;
    for (uint32_t i = 0; i < plan->demand_count; i++)
        next[i + 1] += next[i];
    for (uint32_t i = 0; i < count; i++)
        plan->pieces[next[pieces[i].demand]++] = pieces[i];
    for (uint32_t i = plan->demand_count; i > 0; i--)
        next[i] = next[i - 1];
    next[0] = 0;
}

/* Joins the pieces [from, to) of one demand that take one path, and writes them at `at`; returns the next
 * place. */
static uint32_t join(struct planner_plan *plan, uint32_t from, uint32_t to, uint32_t at)
{
    struct planner_piece *pieces = plan->pieces;
    uint32_t first = at;
    if (to - from > 1)
        qsort(&pieces[from], to - from, sizeof(*pieces), compare_paths);
    for (uint32_t i = from; i < to; i++) {
        if (at > first && compare_paths(&pieces[at - 1], &pieces[i]) == 0)
            pieces[at - 1].bytes += pieces[i].bytes;
        else
            pieces[at++] = pieces[i];
    }
    return at;
}

static void join_all(struct planner_plan *plan)
{
    uint32_t at = 0, from = 0;
    for (uint32_t i = 0; i < plan->demand_count; i++) {
        uint32_t to = plan->first_piece[i + 1];
        plan->first_piece[i] = at;
        at = join(plan, from, to, at);
        from = to;
    }
    plan->first_piece[plan->demand_count] = at;
}

static void tell_splits(struct planner_plan *plan)
{
    for (uint32_t i = 0; i < plan->demand_count; i++) {
        bool split = plan->first_piece[i + 1] - plan->first_piece[i] > 1;
        struct flow_story *story = &plan->stories[i];
        if (split && story->reason == PLANNER_REASON_COLOURED)
            story->reason = PLANNER_REASON_SPLIT;
        else if (!split && story->reason == PLANNER_REASON_SPLIT)
            story->reason = PLANNER_REASON_COLOURED;
    }
}

int plan_adopt_pieces(struct planner_plan *plan, const struct planner_piece *pieces, uint32_t count,
                      char *error)
{
    plan->pieces = malloc((count + 1ul) * sizeof(*plan->pieces));
    if (plan->pieces == NULL)
        return planner_refuse_memory(error);
    sort_by_demand(plan, pieces, count);
    for (uint32_t i = 0; i < count; i++) {
        if (!plan_crosses_cores(plan, plan->pieces[i].demand))
            plan->pieces[i].core = 0;
    }
    join_all(plan);
    tell_splits(plan);
    plan_count(plan);
    return 0;
}

/* ---- counting ---- */

static void count_piece(struct planner_plan *plan, const struct planner_piece *piece)
{
    const struct planner_fabric *f = plan->fabric;
    bool cores = plan_crosses_cores(plan, piece->demand);
    for (enum planner_side side = SIDE_OUT; side < SIDES; side++) {
        uint32_t leaf = plan_end_leaf(plan, piece->demand, side);
        plan->loads[side][fabric_link_index(f, leaf, piece->spine)] += piece->bytes;
        if (cores)
            plan->core_loads[side][fabric_core_index(f, f->leaf_pods[leaf], piece->spine, piece->core)] +=
                piece->bytes;
    }
}

static void count_demand(struct planner_plan *plan, uint32_t demand)
{
    struct planner_summary *s = &plan->summary;
    enum planner_reason reason = plan->stories[demand].reason;
    uint32_t pieces = plan->first_piece[demand + 1] - plan->first_piece[demand];
    s->local_flows += reason == PLANNER_REASON_LOCAL;
    s->unrouted_flows += reason == PLANNER_REASON_UNROUTED;
    s->deferred_flows += reason == PLANNER_REASON_DEFERRED;
    s->flows += pieces > 0;
    s->split_flows += pieces > 1;
    s->pieces += pieces;
    if (pieces > 0 || reason == PLANNER_REASON_LOCAL) {
        uint32_t priority = plan_priority(plan, demand);
        s->admitted_value += plan->demands[demand].bytes * (priority ? priority : 1);
    }
}

/* Compares a / b by products: links are many, and a division is dear. */
static uint64_t longest_of(const uint64_t *loads, const uint64_t *rates, size_t count)
{
    uint64_t load = 0, rate = 1;
    for (size_t i = 0; i < count; i++) {
        if ((unsigned __int128)loads[i] * rate > (unsigned __int128)load * rates[i]) {
            load = loads[i];
            rate = rates[i];
        }
    }
    return time_of(load, rate);
}

void plan_count(struct planner_plan *plan)
{
    const struct planner_fabric *f = plan->fabric;
    struct planner_summary *s = &plan->summary;
    for (uint32_t i = 0; i < plan->demand_count; i++)
        count_demand(plan, i);
    for (uint32_t i = 0; i < plan->first_piece[plan->demand_count]; i++)
        count_piece(plan, &plan->pieces[i]);
    for (int side = 0; side < SIDES; side++) {
        s->fabric_time_ps =
            longer(s->fabric_time_ps, longest_of(plan->loads[side], f->rates[side], fabric_link_count(f)));
        if (f->pod_count > 0)
            s->fabric_time_ps =
                longer(s->fabric_time_ps,
                       longest_of(plan->core_loads[side], f->core_rates[side], fabric_core_link_count(f)));
    }
    /* Links beyond the bound of ports and leaves make the time; else the port or leaf does that the bound is
     * of. */
    s->time_ps = longer(s->fabric_time_ps, s->bound_ps);
}
