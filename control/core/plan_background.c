/* SPDX-License-Identifier: BSD-3-Clause */
/* What jobs without a step in a layer leave of the links for those that have one. */
#include <stdlib.h>

#include "control/core/planning.h"

/* Bytes on each uplink, by direction. */
struct background {
    uint64_t *up, *down;
};

static void add_entry(const struct core_planning *p, const struct plan_result *r, const struct plan_entry *e,
                      struct background *b)
{
    const struct planner_plan *plan = r->layers[0].plan;
    uint32_t demand_count, piece_count;
    const struct planner_demand *demands = planner_plan_demands(plan, &demand_count);
    for (uint32_t i = e->first_demand; i < e->first_demand + e->demand_count; i++) {
        const struct planner_piece *pieces = planner_plan_pieces(plan, i, &piece_count);
        for (uint32_t k = 0; k < piece_count; k++) {
            uint32_t from = fabric_map_leaf(p->map, demands[i].source_port);
            uint32_t to = fabric_map_leaf(p->map, demands[i].destination_port);
            b->up[fabric_map_uplink(p->map, from, pieces[k].spine)] += pieces[k].bytes;
            b->down[fabric_map_uplink(p->map, to, pieces[k].spine)] += pieces[k].bytes;
        }
    }
}

static bool has_layer(const struct plan_result *r, unsigned job, unsigned layer)
{
    for (unsigned i = 0; i < r->entry_count; i++) {
        if (r->entries[i].job == job && r->entries[i].layer == layer)
            return true;
    }
    return false;
}

/* True if there is any. */
static bool add_up(const struct core_planning *p, const struct plan_result *r, unsigned layer,
                   struct background *b)
{
    bool any = false;
    for (unsigned i = 0; i < r->entry_count; i++) {
        const struct plan_entry *e = &r->entries[i];
        if (e->layer != 0 || has_layer(r, e->job, layer))
            continue;
        add_entry(p, r, e, b);
        any = true;
    }
    return any;
}

/* The rate without the share of layer 0's time in which the background keeps the link busy; at least an
 * eighth is left. */
static uint64_t remaining_rate(uint64_t rate, uint64_t bytes, uint64_t whole_ps)
{
    double busy = (double)bytes / (double)rate * 1e12 / (double)whole_ps;
    uint64_t left = planner_weighted_rate(
        rate, planner_weight(rate, busy < 1 ? (uint64_t)((double)rate * (1 - busy)) + 1 : 1));
    return left > PLANNER_RATE_MIN_BYTES_PER_S ? left : PLANNER_RATE_MIN_BYTES_PER_S;
}

static void reduce_link(struct planner_fabric *fabric, const struct planner_link *link, uint64_t bytes,
                        uint64_t whole_ps)
{
    char error[PLANNER_ERROR_BYTES];
    uint64_t rate = planner_fabric_rate(fabric, link);
    if (rate > 0 && bytes > 0)
        planner_fabric_set_rate(fabric, link, remaining_rate(rate, bytes, whole_ps), error);
}

static void reduce(const struct core_planning *p, const struct plan_result *r, struct planner_fabric *fabric,
                   const struct background *b)
{
    uint64_t whole_ps = planner_plan_summary(r->layers[0].plan)->fabric_time_ps;
    for (uint32_t leaf = 0; leaf < p->map->leaf_count; leaf++) {
        for (uint16_t spine = 0; spine < p->map->spine_count; spine++) {
            uint32_t uplink = fabric_map_uplink(p->map, leaf, spine);
            struct planner_link link = {.kind = PLANNER_LINK_UP, .place = leaf, .spine = spine};
            reduce_link(fabric, &link, b->up[uplink], whole_ps);
            link.kind = PLANNER_LINK_DOWN;
            reduce_link(fabric, &link, b->down[uplink], whole_ps);
        }
    }
}

struct planner_fabric *planning_background(const struct core_planning *p, const struct plan_result *r,
                                           unsigned layer)
{
    char error[PLANNER_ERROR_BYTES];
    struct planner_fabric *fabric;
    struct background b = {.up = calloc(p->map->uplink_count + 1, sizeof(*b.up)),
                           .down = calloc(p->map->uplink_count + 1, sizeof(*b.down))};
    if (b.up == NULL || b.down == NULL || planner_fabric_copy(p->fabric, &fabric, error) != 0)
        fabric = NULL;
    else if (add_up(p, r, layer, &b))
        reduce(p, r, fabric, &b);
    free(b.up);
    free(b.down);
    return fabric;
}
