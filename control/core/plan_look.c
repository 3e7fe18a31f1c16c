/* SPDX-License-Identifier: BSD-3-Clause */
/* Plans, for those who look: what they are like, what is on a link, why, and what has changed. */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>

#include "control/core/core_state.h"
#include "control/planner/explain.h"

bool core_plan_info(const struct core *core, uint64_t epoch, struct core_plan_info *info)
{
    const struct plan_record *record = plan_history_find(&core->history, epoch);
    if (record == NULL)
        return false;
    *info = record->info;
    if (record == core->plan->record) {
        info->jobs = core->plan->jobs;
        info->job_count = record->table_count;
    }
    return true;
}

unsigned core_plan_history(const struct core *core, uint64_t *epochs, unsigned max)
{
    unsigned count = core->history.count < max ? core->history.count : max;
    for (unsigned i = 0; i < count; i++)
        epochs[i] = core->history.records[core->history.count - 1 - i]->info.epoch;
    return count;
}

int64_t core_plan_diff(const struct core *core, uint64_t from, uint64_t to, core_move_visitor visit,
                       void *context)
{
    const struct plan_record *old = plan_history_find(&core->history, from);
    const struct plan_record *new = plan_history_find(&core->history, to);
    if (old == NULL || new == NULL)
        return -ENOENT;
    return (int64_t)plan_record_diff(old, new, visit, context);
}

/* ---- a link ---- */

struct link_walk {
    const struct core *core;
    uint32_t leaf;
    unsigned spine;
    core_flow_visitor visit;
    void *context;
};

static bool goes_over(const struct plan_piece *pieces, uint32_t count, unsigned spine)
{
    for (uint32_t i = 0; i < count; i++) {
        if (pieces[i].spine == spine)
            return true;
    }
    return false;
}

static void visit_rank(const struct link_walk *w, const struct plan_table *t, uint32_t rank)
{
    const struct fabric_map *map = w->core->map;
    uint32_t first = step_pattern_first_flow(&t->pattern, rank);
    uint32_t end = step_pattern_first_flow(&t->pattern, rank + 1);
    bool from_here = fabric_map_leaf(map, t->geometry->ports[rank]) == w->leaf;
    for (uint32_t i = first; i < end; i++) {
        struct plan_piece whole;
        struct core_flow flow;
        uint32_t count, peer = step_pattern_peer(&t->pattern, rank, i - first);
        const struct plan_piece *pieces =
            plan_record_pieces(w->core->plan->record, t->first_flow + i, &whole, &count);
        if (!goes_over(pieces, count, w->spine) ||
            !(from_here || fabric_map_leaf(map, t->geometry->ports[peer]) == w->leaf))
            continue;
        plan_record_describe(t, rank, i - first, &flow);
        flow.pieces = pieces;
        flow.piece_count = count;
        w->visit(w->context, &flow);
    }
}

void core_plan_flows_of_link(const struct core *core, uint32_t link, core_flow_visitor visit, void *context)
{
    uint32_t uplink = core->map->uplink_of_link[link];
    if (core->plan == NULL || uplink == MAP_NONE)
        return;
    struct link_walk w = {.core = core,
                          .leaf = uplink / core->map->spine_count,
                          .spine = uplink % core->map->spine_count,
                          .visit = visit,
                          .context = context};
    const struct plan_record *r = core->plan->record;
    for (unsigned i = 0; i < r->table_count; i++) {
        for (uint32_t rank = 0; rank < r->tables[i].pattern.rank_count; rank++)
            visit_rank(&w, &r->tables[i], rank);
    }
}

/* ---- a flow ---- */

/* The demand of a layer that stands for the flow; false: it crosses no spine. */
static bool find_demand(const struct plan_result *r, const struct plan_table *t, uint32_t flow,
                        unsigned *layer, uint32_t *demand)
{
    for (unsigned i = 0; i < r->entry_count; i++) {
        const struct plan_entry *e = &r->entries[i];
        if (&r->record->tables[e->table] != t)
            continue;
        for (uint32_t d = e->first_demand; d < e->first_demand + e->demand_count; d++) {
            if (r->layers[e->layer].flows[d] != flow)
                continue;
            *layer = e->layer;
            *demand = d;
            return true;
        }
    }
    return false;
}

/* The places that a sentence names. */
struct places {
    const char *from, *to;
};

static void say_where(const struct core *core, struct core_explanation *x, const struct places *at)
{
    const struct core_flow *f = &x->flow;
    int length = snprintf(x->text, sizeof(x->text), "%.63s to %.63s: ", at->from, at->to);
    for (unsigned i = 0; i < f->piece_count && length < (int)sizeof(x->text); i++)
        length += snprintf(x->text + length, sizeof(x->text) - (size_t)length, "%s%.1f %% by %.40s",
                           i > 0 ? ", " : "", 100.0 * f->pieces[i].share / PLAN_SHARE_WHOLE,
                           fabric_map_spine_name(core->map, f->pieces[i].spine));
}

static void say_why(const struct core *core, const struct planner_flow_explanation *e,
                    struct core_explanation *x)
{
    size_t used = 0;
    while (used < sizeof(x->text) - 1 && x->text[used] != '\0')
        used++;
    if (e->reason == PLANNER_REASON_MOVED)
        snprintf(x->text + used, sizeof(x->text) - used,
                 "; moved from %s-%s, which is out or can carry less now",
                 fabric_map_leaf_name(core->map, e->moved_from.place),
                 fabric_map_spine_name(core->map, e->moved_from.spine));
    else
        snprintf(x->text + used, sizeof(x->text) - used, "; %s", planner_reason_text(e->reason));
}

static bool explain_demand(const struct core *core, const struct planner_plan *plan, uint32_t demand,
                           struct core_explanation *x)
{
    struct planner_flow_explanation e;
    uint64_t whole_ps = planner_plan_summary(plan)->fabric_time_ps;
    if (planner_explain_flow(plan, demand, &e) != 0)
        return false;
    for (unsigned i = 0; i < e.candidate_count && i < PLAN_SPINES_MAX; i++) {
        uint64_t slower_ps =
            e.candidates[i].up_ps > e.candidates[i].down_ps ? e.candidates[i].up_ps : e.candidates[i].down_ps;
        x->load_ratios[i] = whole_ps > 0 ? (double)slower_ps / (double)whole_ps : 0;
    }
    say_where(core, x,
              &(struct places){fabric_map_leaf_name(core->map, e.source_leaf),
                               fabric_map_leaf_name(core->map, e.destination_leaf)});
    say_why(core, &e, x);
    return x->flow.piece_count > 0;
}

static bool not_planned(struct core_explanation *x, const char *why)
{
    snprintf(x->text, sizeof(x->text), "not planned, its host splits it over all paths: %s", why);
    return false;
}

bool core_plan_explain(const struct core *core, uint64_t identity, enum step_shape shape, uint32_t from_rank,
                       uint32_t to_rank, struct core_explanation *x)
{
    *x = (struct core_explanation){0};
    const struct plan_table *t =
        core->plan != NULL ? plan_record_find(core->plan->record, identity, shape) : NULL;
    if (t == NULL)
        return not_planned(x, "the plan has no steps of this shape of this communicator");
    uint32_t index = from_rank < t->pattern.rank_count && to_rank < t->pattern.rank_count
                         ? step_pattern_find(&t->pattern, from_rank, to_rank)
                         : UINT32_MAX;
    if (index == UINT32_MAX)
        return not_planned(x, "steps of this shape send nothing from this rank to that");
    if (t->local)
        return not_planned(
            x, "some flows of a step stay inside leaves, so ranks get out of step, and whole flows "
               "of different steps would meet");
    uint32_t flow = t->first_flow + step_pattern_first_flow(&t->pattern, from_rank) + index, demand;
    unsigned layer;
    plan_record_describe(t, from_rank, index, &x->flow);
    x->flow.pieces = plan_record_pieces(core->plan->record, flow, &x->whole, &x->flow.piece_count);
    if (!find_demand(core->plan, t, flow, &layer, &demand))
        return not_planned(x, "both ranks are on one leaf");
    return explain_demand(core, core->plan->layers[layer].plan, demand, x);
}
