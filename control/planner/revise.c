/* SPDX-License-Identifier: BSD-3-Clause */
/* From one plan to the next: links have changed, the demand has not. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "control/planner/admission.h"
#include "control/planner/plan_state.h"
#include "control/planner/refuse.h"
#include "control/planner/tiers.h"

static bool same_shape(const struct planner_fabric *a, const struct planner_fabric *b)
{
    if (a->leaf_count != b->leaf_count || a->spine_count != b->spine_count ||
        a->port_count != b->port_count || a->pod_count != b->pod_count || a->core_count != b->core_count)
        return false;
    for (uint32_t i = 0; i < a->port_count && a->ports != b->ports; i++) {
        if (a->ports[i].leaf != b->ports[i].leaf)
            return false;
    }
    return a->pod_count == 0 ||
           memcmp(a->leaf_pods, b->leaf_pods, a->leaf_count * sizeof(*a->leaf_pods)) == 0;
}

/* The first link of the piece's path that is dead now; false if there is none. */
static bool find_dead_link(const struct planner_plan *plan, const struct planner_piece *piece,
                           struct planner_link *link)
{
    const struct planner_fabric *f = plan->fabric;
    uint32_t from = plan_end_leaf(plan, piece->demand, SIDE_OUT);
    uint32_t to = plan_end_leaf(plan, piece->demand, SIDE_IN);
    bool cores = plan_crosses_cores(plan, piece->demand);
    if (!cores && (fabric_common_spines(f, from, to) >> piece->spine & 1) != 0)
        return false;
    const struct planner_link links[] = {
        {PLANNER_LINK_UP, from, piece->spine, 0},
        {PLANNER_LINK_DOWN, to, piece->spine, 0},
        {PLANNER_LINK_CORE_UP, cores ? f->leaf_pods[from] : 0, piece->spine, piece->core},
        {PLANNER_LINK_CORE_DOWN, cores ? f->leaf_pods[to] : 0, piece->spine, piece->core}};
    for (unsigned i = 0; i < (cores ? 4u : 2u); i++) {
        *link = links[i];
        if (planner_fabric_rate(f, link) == 0)
            return true;
    }
    return false;
}

/* The old pieces of a demand enter the draft; those on dead links find out there. */
static int draft_old(struct draft *d, struct planner_plan *plan, const struct planner_plan *old,
                     uint32_t demand)
{
    struct flow_story *story = &plan->stories[demand];
    bool displaced = false;
    if (old->first_piece[demand] == old->first_piece[demand + 1])
        return draft_whole(d, demand);
    *story = old->stories[demand];
    for (uint32_t i = old->first_piece[demand]; i < old->first_piece[demand + 1]; i++) {
        struct planner_link link;
        if (draft_add(d, &old->pieces[i]) == NULL)
            return -ENOMEM;
        if (!find_dead_link(plan, &old->pieces[i], &link))
            continue;
        displaced = true;
        *story = (struct flow_story){.reason = PLANNER_REASON_MOVED, .link = link};
    }
    plan->summary.displaced_flows += displaced;
    return 0;
}

static int draft_old_pieces(struct draft *d, struct planner_plan *plan, const struct planner_plan *old)
{
    int result = draft_reserve(d, old->first_piece[old->demand_count]);
    for (uint32_t i = 0; i < plan->demand_count && result == 0; i++) {
        if (plan_needs_path(plan, i))
            result = draft_old(d, plan, old, i);
    }
    d->mends = true;
    return result;
}

static bool same_pieces(const struct planner_plan *a, const struct planner_plan *b, uint32_t demand)
{
    uint32_t count, other_count;
    const struct planner_piece *pieces = planner_plan_pieces(a, demand, &count);
    const struct planner_piece *others = planner_plan_pieces(b, demand, &other_count);
    for (uint32_t i = 0; i < count && count == other_count; i++) {
        if (pieces[i].spine != others[i].spine || pieces[i].core != others[i].core ||
            pieces[i].bytes != others[i].bytes)
            return false;
    }
    return count == other_count;
}

/* A flow that left no dead link left one that had become too slow, or made room. */
static void tell_move(struct planner_plan *plan, const struct planner_plan *old, uint32_t demand)
{
    struct planner_link link;
    uint32_t first = old->first_piece[demand];
    plan->summary.moved_flows++;
    if (first == old->first_piece[demand + 1] || find_dead_link(plan, &old->pieces[first], &link))
        return;
    plan->stories[demand] = (struct flow_story){.reason = PLANNER_REASON_MOVED,
                                                .link = {.kind = PLANNER_LINK_UP,
                                                         .place = plan_end_leaf(plan, demand, SIDE_OUT),
                                                         .spine = old->pieces[first].spine}};
}

static int note_changes(struct planner_plan *plan, const struct planner_plan *old, char *error)
{
    plan->changed = malloc((plan->demand_count + 1ul) * sizeof(*plan->changed));
    if (plan->changed == NULL)
        return planner_refuse_memory(error);
    for (uint32_t i = 0; i < plan->demand_count; i++) {
        if (same_pieces(plan, old, i))
            continue;
        plan->changed[plan->changed_count++] = i;
        if (plan_needs_path(plan, i))
            tell_move(plan, old, i);
    }
    return 0;
}

static int revise(struct planner_plan *plan, const struct planner_plan *old, char *error)
{
    if (plan->options.budget_ns > 0)
        return admission_make(plan, error);
    struct draft d = plan_open_draft(plan);
    int result = plan_finish(plan, &d, draft_old_pieces(&d, plan, old), error);
    return result == 0 ? note_changes(plan, old, error) : result;
}

int planner_plan_revise(const struct planner_plan *old, const struct planner_fabric *fabric,
                        struct planner_plan **plan, char error[PLANNER_ERROR_BYTES])
{
    if (!same_shape(old->fabric, fabric))
        return planner_refuse(error,
                              "the fabric has other leaves, spines or ports than the plan: make a new plan");
    const struct planner_demands demands = {.demands = old->demands,
                                            .count = old->demand_count,
                                            .job_priorities = old->job_priorities,
                                            .job_count = old->job_count};
    struct planner_plan *made = NULL;
    int result = plan_begin(
        &(struct plan_beginning){.fabric = fabric, .demands = &demands, .options = &old->options, .old = old},
        &made, error);
    if (result == 0)
        result = revise(made, old, error);
    return plan_hand_over(result, made, plan);
}
