/* SPDX-License-Identifier: BSD-3-Clause */
/* From demand to plan. */
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
    plan->end_leaves = calloc(d->count + 1ul, sizeof(*plan->end_leaves));
    plan->stories = calloc(d->count + 1ul, sizeof(*plan->stories));
    plan->first_piece = calloc(d->count + 1ul, sizeof(*plan->first_piece));
    plan->job_priorities = d->job_priorities ? calloc(d->job_count + 1ul, sizeof(uint32_t)) : NULL;
    if (!plan->demands || !plan->end_leaves || !plan->stories || !plan->first_piece ||
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

static void find_end_leaves(struct planner_plan *plan)
{
    const struct planner_port *ports = plan->fabric->ports;
    for (uint32_t i = 0; i < plan->demand_count; i++) {
        plan->end_leaves[i][SIDE_OUT] = ports[plan->demands[i].source_port].leaf;
        plan->end_leaves[i][SIDE_IN] = ports[plan->demands[i].destination_port].leaf;
    }
}

int plan_begin(const struct plan_beginning *from, struct planner_plan **plan, char *error)
{
    struct planner_plan *p = calloc(1, sizeof(*p));
    if (p == NULL)
        return planner_refuse_memory(error);
    p->options = *from->options;
    *plan = p;
    int result = planner_fabric_copy(from->fabric, &p->fabric, error);
    if (result != 0)
        return result;
    if (!take_loads(p) || !copy_demands(p, from->demands))
        return planner_refuse_memory(error);
    if (from->old != NULL)
        memcpy(p->end_leaves, from->old->end_leaves, p->demand_count * sizeof(*p->end_leaves));
    else
        find_end_leaves(p);
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
    free(plan->end_leaves);
    free(plan->changed);
    free(plan->job_priorities);
    free(plan->stories);
    free(plan->first_piece);
    free(plan->pieces);
    free(plan);
}

/* ---- drafting ---- */

struct draft plan_open_draft(const struct planner_plan *plan)
{
    uint64_t bound_ps = plan->summary.bound_ps;
    return (struct draft){.plan = plan,
                          .accept_ps = bound_ps + (uint64_t)((unsigned __int128)bound_ps *
                                                             plan->options.accept_per_mille / 1000)};
}

int draft_whole(struct draft *d, uint32_t demand)
{
    const struct planner_piece whole = {
        .bytes = d->plan->demands[demand].bytes, .demand = demand, .spine = NO_SPINE, .core = NO_CORE};
    return draft_add(d, &whole) != NULL ? 0 : -ENOMEM;
}

static int draft_demand(struct draft *d)
{
    int result = draft_reserve(d, d->plan->demand_count);
    for (uint32_t i = 0; i < d->plan->demand_count && result == 0; i++) {
        if (plan_needs_path(d->plan, i))
            result = draft_whole(d, i);
    }
    return result;
}

int plan_finish(struct planner_plan *plan, struct draft *d, int result, char *error)
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
    struct draft d = plan_open_draft(plan);
    return plan_finish(plan, &d, draft_demand(&d), error);
}

int plan_hand_over(int result, struct planner_plan *made, struct planner_plan **plan)
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
        result = plan_begin(
            &(struct plan_beginning){.fabric = fabric, .demands = demands, .options = options}, &made, error);
    if (result == 0)
        result = make(made, error);
    return plan_hand_over(result, made, plan);
}
