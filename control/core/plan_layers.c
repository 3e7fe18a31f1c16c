/* SPDX-License-Identifier: BSD-3-Clause */
/* Plans each layer: anew, or by revising the one in force. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "control/core/planning.h"

enum {
    PIECE_BYTES_MIN = 4096,
    GRANULE_BYTES = 1024,
    /* Layers of at most so many flows are planned in a few milliseconds, and moved without much ado. There
     * the pieces may be less than a packet: a collective sends a flow in parts, and dataplanes see that
     * shares come out over many of them. With seven links left of eight and flows of 64 KiB, pieces of 64 KiB
     * would leave links idle for a third of the time (ratio 1.53), those of 4 KiB for a tenth, these for half
     * a hundredth. */
    SMALL_LAYER_FLOWS = 8192,
    SMALL_PIECE_BYTES_MIN = 512,
    SMALL_GRANULE_BYTES = 32,
    SMALL_ACCEPT_PER_MILLE = 5
};
/* A plan made anew is worth its moves if it is better than the revised one by this; a small one has few. */
#define REFINE_GAIN          0.95
#define SMALL_REFINE_GAIN    0.99
#define ACCEPTED_RATIO       1.02
#define SMALL_ACCEPTED_RATIO (1 + SMALL_ACCEPT_PER_MILLE / 1e3)

/* ---- demands ---- */

static void add_demands(const struct core_planning *p, const struct plan_result *r, struct plan_entry *e,
                        struct planner_demand *demands, uint32_t *flows, uint32_t *count)
{
    const struct plan_table *t = &r->record->tables[e->table];
    const uint32_t *ports = t->geometry->ports;
    e->first_demand = *count;
    for (uint32_t rank = 0; rank < t->pattern.rank_count; rank++) {
        uint32_t first = step_pattern_first_flow(&t->pattern, rank);
        uint32_t end = step_pattern_first_flow(&t->pattern, rank + 1);
        for (uint32_t flow = first; flow < end; flow++) {
            uint32_t peer = step_pattern_peer(&t->pattern, rank, flow - first);
            if (step_pattern_step(&t->pattern, rank, peer) != e->step ||
                fabric_map_leaf(p->map, ports[rank]) == fabric_map_leaf(p->map, ports[peer]))
                continue;
            demands[*count] = (struct planner_demand){.source_port = ports[rank],
                                                      .destination_port = ports[peer],
                                                      .bytes = e->bytes,
                                                      .job = e->job};
            flows[(*count)++] = t->first_flow + flow;
        }
    }
    e->demand_count = *count - e->first_demand;
}

static uint32_t count_demands(const struct plan_result *r, unsigned layer)
{
    uint64_t count = 0;
    for (unsigned i = 0; i < r->entry_count; i++) {
        if (r->entries[i].layer == layer)
            count += r->entries[i].crossing_bytes / r->entries[i].bytes;
    }
    return (uint32_t)count;
}

/* NULL: no memory. The caller frees it. */
static struct planner_demand *make_demands(const struct core_planning *p, struct plan_result *r,
                                           unsigned layer)
{
    struct plan_layer *l = &r->layers[layer];
    uint32_t expected = count_demands(r, layer);
    struct planner_demand *demands = calloc(expected + 1, sizeof(*demands));
    l->flows = calloc(expected + 1, sizeof(*l->flows));
    if (demands == NULL || l->flows == NULL) {
        free(demands);
        return NULL;
    }
    for (unsigned i = 0; i < r->entry_count; i++) {
        if (r->entries[i].layer == layer)
            add_demands(p, r, &r->entries[i], demands, l->flows, &l->demand_count);
    }
    return demands;
}

/* Those of the previous plan, which stay its own. NULL: no memory. */
static const struct planner_demand *same_demands(const struct core_planning *p, struct plan_result *r,
                                                 unsigned layer)
{
    const struct plan_layer *old = &p->previous->layers[layer];
    struct plan_layer *l = &r->layers[layer];
    l->flows = malloc((old->demand_count + 1) * sizeof(*l->flows));
    if (l->flows == NULL)
        return NULL;
    memcpy(l->flows, old->flows, old->demand_count * sizeof(*l->flows));
    return planner_plan_demands(old->plan, &l->demand_count);
}

/* ---- plans ---- */

static int plan_anew(const struct core_planning *p, const struct planner_fabric *fabric,
                     const struct planner_demand *demands, uint32_t count, struct planner_plan **plan,
                     char *error)
{
    struct planner_options options;
    uint32_t *priorities = calloc(p->job_count + 1, sizeof(*priorities));
    if (priorities == NULL) {
        snprintf(error, PLANNER_ERROR_BYTES, "out of memory");
        return -ENOMEM;
    }
    for (unsigned i = 0; i < p->job_count; i++)
        priorities[i] = p->jobs[i].priority;
    planner_options_default(&options, PIECE_BYTES_MIN);
    options.piece_bytes_min = PIECE_BYTES_MIN;
    options.granule_bytes = GRANULE_BYTES;
    if (count <= SMALL_LAYER_FLOWS) {
        options.piece_bytes_min = SMALL_PIECE_BYTES_MIN;
        options.granule_bytes = SMALL_GRANULE_BYTES;
        options.accept_per_mille = SMALL_ACCEPT_PER_MILLE;
    }
    struct planner_demands all = {
        .demands = demands, .count = count, .job_priorities = priorities, .job_count = p->job_count};
    int result = planner_plan_create(fabric, &all, &options, plan, error);
    free(priorities);
    return result;
}

static double ratio_of(const struct planner_plan *plan)
{
    return planner_ratio(planner_plan_summary(plan));
}

bool planning_is_worth_it(const struct core_planning *p, const struct plan_result *r)
{
    return p->previous == NULL || r->record->info.ratio < p->previous->record->info.ratio * REFINE_GAIN;
}

/* Where few moves leave a bad plan, a small one is made anew at once, a large one in a later round. */
static int improve(const struct core_planning *p, struct plan_result *r, const struct planner_fabric *fabric,
                   const struct planner_demand *demands, struct plan_layer *l, char *error)
{
    struct planner_plan *fresh;
    if (l->demand_count > SMALL_LAYER_FLOWS) {
        r->refine |= ratio_of(l->plan) > ACCEPTED_RATIO;
        return 0;
    }
    if (ratio_of(l->plan) <= SMALL_ACCEPTED_RATIO)
        return 0;
    int result = plan_anew(p, fabric, demands, l->demand_count, &fresh, error);
    if (result != 0)
        return result;
    if (ratio_of(fresh) < ratio_of(l->plan) * SMALL_REFINE_GAIN) {
        planner_plan_destroy(l->plan);
        l->plan = fresh;
    } else {
        planner_plan_destroy(fresh);
    }
    return 0;
}

static int plan_layer(struct core_planning *p, struct plan_result *r, unsigned layer,
                      const struct planner_fabric *fabric, const struct planner_demand *demands)
{
    struct plan_layer *l = &r->layers[layer];
    char error[PLANNER_ERROR_BYTES] = "";
    const struct planner_plan *old = r->follows ? p->previous->layers[layer].plan : NULL;
    int result = old != NULL ? planner_plan_revise(old, fabric, &l->plan, error)
                             : plan_anew(p, fabric, demands, l->demand_count, &l->plan, error);
    if (result == 0 && old != NULL)
        result = improve(p, r, fabric, demands, l, error);
    if (result == 0)
        result = planner_plan_check(l->plan, fabric, error);
    if (result != 0)
        snprintf(p->error, sizeof(p->error), "the plan's layer %u is not valid: %s", layer, error);
    return result;
}

static int make_layer(struct core_planning *p, struct plan_result *r, unsigned layer)
{
    struct planner_demand *made = r->follows ? NULL : make_demands(p, r, layer);
    const struct planner_demand *demands = r->follows ? same_demands(p, r, layer) : made;
    struct planner_fabric *reduced = layer > 0 ? planning_background(p, r, layer) : NULL;
    int result = -ENOMEM;
    if (demands != NULL && (layer == 0 || reduced != NULL))
        result = plan_layer(p, r, layer, layer > 0 ? reduced : p->fabric, demands);
    free(made);
    planner_fabric_destroy(reduced);
    return result;
}

int planning_make_layers(struct core_planning *p, struct plan_result *r)
{
    int result = 0;
    r->layers = calloc(r->layer_count + 1, sizeof(*r->layers));
    if (r->layers == NULL)
        return -ENOMEM;
    for (unsigned layer = 0; result == 0 && layer < r->layer_count; layer++)
        result = make_layer(p, r, layer);
    return result;
}
