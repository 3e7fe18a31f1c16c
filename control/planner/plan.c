/* SPDX-License-Identifier: BSD-3-Clause */
/* From demand to plan, and from one plan to the next. */
#include "control/planner/planner.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "control/planner/admission.h"
#include "control/planner/plan_state.h"
#include "control/planner/refuse.h"
#include "control/planner/tiers.h"

enum {
    PIECE_BYTES_MIN = 65536,
    PIECE_PACKETS_MIN = 8,
    ACCEPT_PER_MILLE = 20,
    ACCEPT_PER_MILLE_MAX = 10000,
    MOVES_PER_CENT = 10,
    MOVES_PER_CENT_MAX = 100000
};

void planner_options_default(struct planner_options *options, uint32_t packet_payload_bytes)
{
    uint32_t packets = packet_payload_bytes <= UINT32_MAX / PIECE_PACKETS_MIN
                           ? packet_payload_bytes * PIECE_PACKETS_MIN
                           : UINT32_MAX;
    *options =
        (struct planner_options){.piece_bytes_min = packets > PIECE_BYTES_MIN ? packets : PIECE_BYTES_MIN,
                                 .granule_bytes = packet_payload_bytes,
                                 .accept_per_mille = ACCEPT_PER_MILLE};
}

/* ---- what is accepted ---- */

static int check_demand(const struct planner_fabric *f, const struct planner_demands *d, uint32_t i,
                        char *error)
{
    const struct planner_demand *one = &d->demands[i];
    if (one->source_port >= f->port_count || one->destination_port >= f->port_count)
        return planner_refuse(error, "demand %u goes from port %u to port %u: the fabric has ports 0 to %u",
                              i, one->source_port, one->destination_port, f->port_count - 1);
    if (one->bytes > PLANNER_BYTES_MAX)
        return planner_refuse(error, "demand %u has %" PRIu64 " bytes: at most 1 PiB is possible", i,
                              one->bytes);
    if (d->job_priorities != NULL && one->job >= d->job_count)
        return planner_refuse(error, "demand %u belongs to job %u: there are %u jobs", i, one->job,
                              d->job_count);
    return 0;
}

static int check_demands(const struct planner_fabric *f, const struct planner_demands *d, char *error)
{
    if (d->count > PLANNER_DEMANDS_MAX || (d->count > 0 && d->demands == NULL))
        return planner_refuse(error, "%u demands: 0 to %d are possible", d->count, PLANNER_DEMANDS_MAX);
    uint64_t total = 0;
    for (uint32_t i = 0; i < d->count; i++) {
        int result = check_demand(f, d, i, error);
        if (result != 0)
            return result;
        total += d->demands[i].bytes;
        if (total > PLANNER_TOTAL_BYTES_MAX)
            return planner_refuse(error, "demands add up to more than 8 PiB: plan smaller steps");
    }
    for (uint32_t i = 0; d->job_priorities != NULL && i < d->job_count; i++) {
        if (d->job_priorities[i] > PLANNER_PRIORITY_MAX)
            return planner_refuse(error, "job %u has priority %u: 0 to %d are possible", i,
                                  d->job_priorities[i], PLANNER_PRIORITY_MAX);
    }
    return 0;
}

static int check_options(const struct planner_fabric *f, const struct planner_options *o, char *error)
{
    if (o->accept_per_mille > ACCEPT_PER_MILLE_MAX)
        return planner_refuse(error, "accepting %u per mille over the bound: 0 to %d are possible",
                              o->accept_per_mille, ACCEPT_PER_MILLE_MAX);
    if (o->moves_per_cent > MOVES_PER_CENT_MAX)
        return planner_refuse(error, "moving %u per cent of the displaced: 0 to %d are possible",
                              o->moves_per_cent, MOVES_PER_CENT_MAX);
    if (o->budget_ns > 0 && f->pod_count > 0)
        return planner_refuse(error, "a budget is not possible with three tiers: plan without, or by pod");
    return 0;
}

/* ---- life ---- */

static bool take_loads(struct planner_plan *plan)
{
    for (int side = 0; side < SIDES; side++) {
        plan->loads[side] = calloc(fabric_link_count(plan->fabric), sizeof(uint64_t));
        plan->core_loads[side] = calloc(fabric_core_link_count(plan->fabric) + 1, sizeof(uint64_t));
        if (!plan->loads[side] || !plan->core_loads[side])
            return false;
    }
    return true;
}

static bool copy_demands(struct planner_plan *plan, const struct planner_demands *d)
{
    plan->demands = calloc(d->count + 1ul, sizeof(*plan->demands));
    plan->stories = calloc(d->count + 1ul, sizeof(*plan->stories));
    plan->first_piece = calloc(d->count + 1ul, sizeof(*plan->first_piece));
    plan->job_priorities = d->job_priorities ? calloc(d->job_count + 1ul, sizeof(uint32_t)) : NULL;
    if (!plan->demands || !plan->stories || !plan->first_piece ||
        (d->job_priorities && !plan->job_priorities))
        return false;
    plan->demand_count = d->count;
    if (d->count > 0)
        memcpy(plan->demands, d->demands, d->count * sizeof(*d->demands));
    if (d->job_priorities != NULL && d->job_count > 0)
        memcpy(plan->job_priorities, d->job_priorities, d->job_count * sizeof(uint32_t));
    plan->job_count = d->job_priorities ? d->job_count : 0;
    return true;
}

/* A plan with bounds and no pieces. */
static int begin(const struct planner_fabric *fabric, const struct planner_demands *demands,
                 const struct planner_options *options, struct planner_plan **plan, char *error)
{
    struct planner_plan *p = calloc(1, sizeof(*p));
    if (p == NULL)
        return planner_refuse_memory(error);
    p->options = *options;
    *plan = p;
    int result = planner_fabric_copy(fabric, &p->fabric, error);
    if (result != 0)
        return result;
    if (!take_loads(p) || !copy_demands(p, demands))
        return planner_refuse_memory(error);
    plan_classify(p);
    return plan_measure_bounds(p, error);
}

void planner_plan_destroy(struct planner_plan *plan)
{
    if (plan == NULL)
        return;
    for (int side = 0; side < SIDES; side++) {
        free(plan->loads[side]);
        free(plan->core_loads[side]);
    }
    planner_fabric_destroy(plan->fabric);
    free(plan->demands);
    free(plan->job_priorities);
    free(plan->stories);
    free(plan->first_piece);
    free(plan->pieces);
    free(plan);
}

/* ---- drafting ---- */

static struct draft open_draft(const struct planner_plan *plan)
{
    uint64_t bound_ps = plan->summary.bound_ps;
    return (struct draft){.plan = plan,
                          .accept_ps = bound_ps + (uint64_t)((unsigned __int128)bound_ps *
                                                             plan->options.accept_per_mille / 1000)};
}

static int draft_whole(struct draft *d, uint32_t demand)
{
    const struct planner_piece whole = {
        .bytes = d->plan->demands[demand].bytes, .demand = demand, .spine = NO_SPINE, .core = NO_CORE};
    return draft_add(d, &whole) != NULL ? 0 : -ENOMEM;
}

static int draft_demand(struct draft *d)
{
    int result = 0;
    for (uint32_t i = 0; i < d->plan->demand_count && result == 0; i++) {
        if (plan_needs_path(d->plan, i))
            result = draft_whole(d, i);
    }
    return result;
}

/* Colours the draft and takes it over. */
static int finish(struct planner_plan *plan, struct draft *d, int result, char *error)
{
    if (result == 0)
        result = tiers_colour_spines(d);
    if (result == 0)
        result = tiers_colour_cores(d);
    if (result == 0)
        result = plan_adopt_pieces(plan, d->pieces, d->count, error);
    else
        planner_refuse_memory(error);
    free(d->pieces);
    return result;
}

static int make(struct planner_plan *plan, char *error)
{
    if (plan->options.budget_ns > 0)
        return admission_make(plan, error);
    struct draft d = open_draft(plan);
    return finish(plan, &d, draft_demand(&d), error);
}

static int hand_over(int result, struct planner_plan *made, struct planner_plan **plan)
{
    if (result == 0)
        *plan = made;
    else
        planner_plan_destroy(made);
    return result;
}

int planner_plan_create(const struct planner_fabric *fabric, const struct planner_demands *demands,
                        const struct planner_options *options, struct planner_plan **plan,
                        char error[PLANNER_ERROR_BYTES])
{
    struct planner_plan *made = NULL;
    int result = check_demands(fabric, demands, error);
    if (result == 0)
        result = check_options(fabric, options, error);
    if (result == 0)
        result = begin(fabric, demands, options, &made, error);
    if (result == 0)
        result = make(made, error);
    return hand_over(result, made, plan);
}

/* ---- revising ---- */

static bool same_shape(const struct planner_fabric *a, const struct planner_fabric *b)
{
    if (a->leaf_count != b->leaf_count || a->spine_count != b->spine_count ||
        a->port_count != b->port_count || a->pod_count != b->pod_count || a->core_count != b->core_count)
        return false;
    for (uint32_t i = 0; i < a->port_count; i++) {
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
    int result = 0;
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

/* Flows that left no dead link, but one that had become too slow, or made room. */
static void note_moves(struct planner_plan *plan, const struct planner_plan *old)
{
    for (uint32_t i = 0; i < plan->demand_count; i++) {
        struct flow_story *story = &plan->stories[i];
        if (!plan_needs_path(plan, i) || same_pieces(plan, old, i))
            continue;
        plan->summary.moved_flows++;
        bool had_path = old->first_piece[i] < old->first_piece[i + 1];
        struct planner_link link;
        if (had_path && !find_dead_link(plan, &old->pieces[old->first_piece[i]], &link))
            *story = (struct flow_story){.reason = PLANNER_REASON_MOVED,
                                         .link = {.kind = PLANNER_LINK_UP,
                                                  .place = plan_end_leaf(plan, i, SIDE_OUT),
                                                  .spine = old->pieces[old->first_piece[i]].spine}};
    }
}

static int revise(struct planner_plan *plan, const struct planner_plan *old, char *error)
{
    if (plan->options.budget_ns > 0)
        return admission_make(plan, error);
    struct draft d = open_draft(plan);
    int result = finish(plan, &d, draft_old_pieces(&d, plan, old), error);
    if (result == 0)
        note_moves(plan, old);
    return result;
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
    int result = begin(fabric, &demands, &old->options, &made, error);
    if (result == 0)
        result = revise(made, old, error);
    return hand_over(result, made, plan);
}
