/* SPDX-License-Identifier: BSD-3-Clause */
#include "control/core/planning.h"

static uint64_t mix(uint64_t h, uint64_t word)
{
    h = (h ^ word) * 0x9e3779b97f4a7c15u;
    return h ^ h >> 32;
}

static uint64_t hash_fabric(const struct core_planning *p, uint64_t h)
{
    h = mix(h, p->map->leaf_prefix_bits);
    for (unsigned i = 0; i < p->map->spine_count; i++)
        h = mix(h, p->map->spine_addresses[i]);
    for (uint32_t i = 0; i < p->map->prefix_count; i++)
        h = mix(h, (uint64_t)p->map->prefixes[i].prefix << 32 | p->map->prefixes[i].leaf);
    const uint64_t *up = planner_fabric_rates(p->fabric, PLANNER_LINK_UP);
    const uint64_t *down = planner_fabric_rates(p->fabric, PLANNER_LINK_DOWN);
    for (uint32_t uplink = 0; uplink < p->map->uplink_count; uplink++)
        h = mix(mix(h, up[uplink]), down[uplink]);
    return h;
}

static uint64_t hash_table(const struct plan_record *r, const struct plan_table *t, uint64_t h)
{
    h = mix(mix(h, t->identity), t->pattern.shape);
    uint32_t end = t->first_flow + step_pattern_flow_count(&t->pattern);
    for (uint32_t flow = t->first_flow; flow < end; flow++) {
        struct plan_piece whole;
        uint32_t count;
        const struct plan_piece *pieces = plan_record_pieces(r, flow, &whole, &count);
        if (count > 0)
            h = mix(h, flow - t->first_flow);
        for (uint32_t i = 0; i < count; i++)
            h = mix(h, (uint64_t)pieces[i].spine << 32 | pieces[i].share);
    }
    return h;
}

uint64_t planning_hash(const struct core_planning *p, const struct plan_result *r)
{
    uint64_t h = hash_fabric(p, 0);
    for (unsigned i = 0; i < r->record->table_count; i++)
        h = hash_table(r->record, &r->record->tables[i], h);
    return h;
}
