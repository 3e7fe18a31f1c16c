/* SPDX-License-Identifier: BSD-3-Clause */
/* Reading a plan. */
#include "control/planner/plan_state.h"

const struct planner_summary *planner_plan_summary(const struct planner_plan *plan)
{
    return &plan->summary;
}

double planner_ratio(const struct planner_summary *s)
{
    return s->bound_ps ? (double)s->time_ps / (double)s->bound_ps : 1;
}

double planner_fabric_ratio(const struct planner_summary *s)
{
    return s->fabric_bound_ps ? (double)s->fabric_time_ps / (double)s->fabric_bound_ps : 1;
}

const struct planner_demand *planner_plan_demands(const struct planner_plan *plan, uint32_t *count)
{
    *count = plan->demand_count;
    return plan->demands;
}

const struct planner_piece *planner_plan_pieces(const struct planner_plan *plan, uint32_t demand,
                                                uint32_t *count)
{
    *count = 0;
    if (demand >= plan->demand_count)
        return NULL;
    *count = plan->first_piece[demand + 1] - plan->first_piece[demand];
    return &plan->pieces[plan->first_piece[demand]];
}

unsigned planner_piece_path(const struct planner_plan *plan, const struct planner_piece *piece)
{
    if (!plan_crosses_cores(plan, piece->demand))
        return piece->spine;
    return piece->spine * plan->fabric->core_count + piece->core;
}

uint32_t planner_plan_shares(const struct planner_plan *plan, uint32_t demand, uint32_t *shares, uint32_t max)
{
    uint32_t count;
    const struct planner_piece *pieces = planner_plan_pieces(plan, demand, &count);
    uint64_t total = count > 0 ? plan->demands[demand].bytes : 0, so_far = 0, edge = 0;
    for (uint32_t i = 0; i < count; i++) {
        so_far += pieces[i].bytes;
        uint64_t next = total ? so_far * PLANNER_SHARE_WHOLE / total : PLANNER_SHARE_WHOLE;
        if (i < max)
            shares[i] = (uint32_t)(next - edge);
        edge = next;
    }
    return count;
}

const uint32_t *planner_plan_changed(const struct planner_plan *plan, uint32_t *count)
{
    *count = plan->changed_count;
    return plan->changed;
}

const uint64_t *planner_plan_loads(const struct planner_plan *plan, enum planner_link_kind kind)
{
    bool core = kind == PLANNER_LINK_CORE_UP || kind == PLANNER_LINK_CORE_DOWN;
    enum planner_side side = kind == PLANNER_LINK_UP || kind == PLANNER_LINK_CORE_UP ? SIDE_OUT : SIDE_IN;
    return core ? plan->core_loads[side] : plan->loads[side];
}

uint64_t planner_plan_load(const struct planner_plan *plan, const struct planner_link *link)
{
    const struct planner_fabric *f = plan->fabric;
    bool core = link->kind == PLANNER_LINK_CORE_UP || link->kind == PLANNER_LINK_CORE_DOWN;
    if (link->spine >= f->spine_count || link->place >= (core ? f->pod_count : f->leaf_count) ||
        (core && link->core >= f->core_count))
        return 0;
    return planner_plan_loads(plan,
                              link->kind)[core ? fabric_core_index(f, link->place, link->spine, link->core)
                                               : fabric_link_index(f, link->place, link->spine)];
}
