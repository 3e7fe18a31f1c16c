/* SPDX-License-Identifier: BSD-3-Clause */
/* What has been planned, in the record's form, and what it is like: of each job, of each link, as a whole. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "control/core/planning.h"

/* ---- the record ---- */

/* Pieces with a share too small for the plan's resolution are left out. */
static uint32_t make_pieces(const struct planner_plan *plan, uint32_t demand, struct plan_piece *out)
{
    uint32_t shares[PLAN_SPINES_MAX], count, made = 0;
    const struct planner_piece *pieces = planner_plan_pieces(plan, demand, &count);
    planner_plan_shares(plan, demand, shares, PLAN_SPINES_MAX);
    for (uint32_t i = 0; i < count && i < PLAN_SPINES_MAX; i++) {
        if (shares[i] > 0)
            out[made++] = (struct plan_piece){.spine = pieces[i].spine, .share = shares[i]};
    }
    return made;
}

/* `change` is 1, or -1 for what is no more. */
static void count_on_links(const struct core_planning *p, struct plan_result *r,
                           const struct planner_demand *demand, const struct plan_piece *pieces,
                           uint32_t count, int change)
{
    uint32_t from = fabric_map_leaf(p->map, demand->source_port);
    uint32_t to = fabric_map_leaf(p->map, demand->destination_port);
    for (uint32_t i = 0; i < count; i++) {
        r->link_flows[fabric_map_uplink(p->map, from, pieces[i].spine)] += (uint64_t)change;
        r->link_flows[fabric_map_uplink(p->map, to, pieces[i].spine)] += (uint64_t)change;
    }
}

static void forget_flow(const struct core_planning *p, struct plan_result *r, const struct plan_entry *e,
                        uint32_t flow, const struct planner_demand *demand)
{
    struct plan_piece whole;
    uint32_t count;
    const struct plan_piece *pieces = plan_record_pieces(p->previous->record, flow, &whole, &count);
    r->record->tables[e->table].planned -= count > 0;
    count_on_links(p, r, demand, pieces, count, -1);
}

static int record_flow(const struct core_planning *p, struct plan_result *r, const struct plan_entry *e,
                       uint32_t number, const struct planner_demand *demand)
{
    const struct plan_layer *l = &r->layers[e->layer];
    struct plan_piece pieces[PLAN_SPINES_MAX];
    uint32_t count = make_pieces(l->plan, number, pieces), flow = l->flows[number];
    if (r->follows)
        forget_flow(p, r, e, flow, demand);
    r->record->tables[e->table].planned += count > 0;
    count_on_links(p, r, demand, pieces, count, 1);
    return plan_record_set(r->record, flow, pieces, count);
}

/* All flows, or those that have changed or are split. */
static int record_entry(const struct core_planning *p, struct plan_result *r, const struct plan_entry *e)
{
    const struct plan_layer *l = &r->layers[e->layer];
    uint32_t demand_count, changed_count, k = 0;
    const struct planner_demand *demands = planner_plan_demands(l->plan, &demand_count);
    const uint32_t *changed = planner_plan_changed(l->plan, &changed_count);
    for (uint32_t i = e->first_demand; i < e->first_demand + e->demand_count; i++) {
        while (k < changed_count && changed[k] < i)
            k++;
        bool stays = r->follows && changed != NULL && (k == changed_count || changed[k] != i);
        if (stays && r->record->spines[l->flows[i]] != FLOW_SPLIT)
            continue;
        if (record_flow(p, r, e, i, &demands[i]) != 0)
            return -ENOMEM;
    }
    return 0;
}

/* What most flows do, where few have changed. */
static void begin_with_previous(const struct core_planning *p, struct plan_result *r)
{
    memcpy(r->record->spines, p->previous->record->spines, r->record->flow_count);
    memcpy(r->link_flows, p->previous->link_flows, p->map->uplink_count * sizeof(*r->link_flows));
}

/* ---- what it is like ---- */

static void measure_direction(const struct core_planning *p, struct plan_result *r, unsigned layer,
                              enum planner_link_kind kind, uint64_t whole_ps)
{
    const uint64_t *rates = planner_fabric_rates(p->fabric, kind);
    const uint64_t *loads = planner_plan_loads(r->layers[layer].plan, kind);
    for (uint32_t uplink = 0; uplink < p->map->uplink_count; uplink++) {
        double share =
            rates[uplink] > 0 ? (double)loads[uplink] / (double)rates[uplink] * 1e12 / (double)whole_ps : 0;
        if (share > r->link_share[uplink])
            r->link_share[uplink] = share;
    }
}

/* Of all layers, the longest time on a link over the longest of any. */
static void measure_links(const struct core_planning *p, struct plan_result *r)
{
    uint64_t whole_ps = 1;
    for (unsigned i = 0; i < r->layer_count; i++) {
        uint64_t time_ps = planner_plan_summary(r->layers[i].plan)->fabric_time_ps;
        whole_ps = time_ps > whole_ps ? time_ps : whole_ps;
    }
    for (unsigned i = 0; i < r->layer_count; i++) {
        measure_direction(p, r, i, PLANNER_LINK_UP, whole_ps);
        measure_direction(p, r, i, PLANNER_LINK_DOWN, whole_ps);
    }
}

/* Steps follow one another, so their times add up, and so do their bounds. */
struct times {
    uint64_t time_ps, bound_ps;
};

static void add_times(struct times *t, const struct planner_plan *plan)
{
    const struct planner_summary *s = planner_plan_summary(plan);
    t->time_ps += s->time_ps;
    t->bound_ps += s->bound_ps;
}

static double ratio_of(const struct times *t)
{
    return t->bound_ps > 0 ? (double)t->time_ps / (double)t->bound_ps : 1;
}

static void measure_job(struct plan_result *r, unsigned table)
{
    const struct plan_table *t = &r->record->tables[table];
    struct times times = {0};
    for (unsigned i = 0; i < r->entry_count; i++) {
        if (r->entries[i].table == table)
            add_times(&times, r->layers[r->entries[i].layer].plan);
    }
    r->jobs[table] = (struct core_plan_job){.identity = t->identity,
                                            .shape = t->pattern.shape,
                                            .ratio = ratio_of(&times),
                                            .admitted = t->local || t->planned == t->crossing,
                                            .local = t->local};
}

static void measure_whole(const struct core_planning *p, struct plan_result *r)
{
    struct core_plan_info *info = &r->record->info;
    struct times times = {0};
    for (unsigned i = 0; i < r->layer_count; i++) {
        const struct planner_summary *s = planner_plan_summary(r->layers[i].plan);
        info->flows += s->flows;
        info->split_flows += s->split_flows;
        info->pieces += s->pieces;
        add_times(&times, r->layers[i].plan);
    }
    info->ratio = ratio_of(&times);
    if (p->previous != NULL)
        info->moved_flows = plan_record_diff(p->previous->record, r->record, NULL, NULL);
}

int planning_make_record(struct core_planning *p, struct plan_result *r)
{
    r->link_flows = calloc(p->map->uplink_count + 1, sizeof(*r->link_flows));
    r->link_share = calloc(p->map->uplink_count + 1, sizeof(*r->link_share));
    r->jobs = calloc(r->record->table_count + 1, sizeof(*r->jobs));
    if (r->link_flows == NULL || r->link_share == NULL || r->jobs == NULL)
        return -ENOMEM;
    if (r->follows)
        begin_with_previous(p, r);
    for (unsigned i = 0; i < r->entry_count; i++) {
        if (record_entry(p, r, &r->entries[i]) != 0)
            return -ENOMEM;
    }
    plan_record_seal(r->record);
    measure_links(p, r);
    for (unsigned i = 0; i < r->record->table_count; i++)
        measure_job(r, i);
    measure_whole(p, r);
    return 0;
}
