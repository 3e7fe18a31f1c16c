/* SPDX-License-Identifier: BSD-3-Clause */
#include "control/planner/explain.h"

#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>

#include "control/planner/link_time.h"
#include "control/planner/plan_state.h"

const char *planner_reason_text(enum planner_reason reason)
{
    switch (reason) {
    case PLANNER_REASON_COLOURED:
        return "coloured: whole, on the spine that the colouring of all flows gave it";
    case PLANNER_REASON_SPLIT:
        return "split: no spine had room for the whole flow within the accepted time";
    case PLANNER_REASON_MOVED:
        return "moved: a link that it used is dead or overloaded";
    case PLANNER_REASON_LOCAL:
        return "local: source and destination are on one leaf";
    case PLANNER_REASON_UNROUTED:
        return "unrouted: no live path joins its leaves";
    case PLANNER_REASON_DEFERRED:
        return "deferred: it did not fit within the budget beside flows of more value";
    }
    return "unknown";
}

void planner_link_text(const struct planner_link *link, char *text, uint32_t bytes)
{
    switch (link->kind) {
    case PLANNER_LINK_UP:
    case PLANNER_LINK_DOWN:
        snprintf(text, bytes, "leaf%u-spine%u %s", link->place, link->spine,
                 link->kind == PLANNER_LINK_UP ? "up" : "down");
        return;
    case PLANNER_LINK_CORE_UP:
    case PLANNER_LINK_CORE_DOWN:
        snprintf(text, bytes, "pod%u-spine%u-core%u %s", link->place, link->spine, link->core,
                 link->kind == PLANNER_LINK_CORE_UP ? "up" : "down");
        return;
    }
}

/* ---- a flow ---- */

static uint64_t link_time(const struct planner_plan *plan, enum planner_side side, uint32_t leaf,
                          unsigned spine)
{
    size_t link = fabric_link_index(plan->fabric, leaf, spine);
    return time_of(plan->loads[side][link], plan->fabric->rates[side][link]);
}

static struct planner_candidate candidate_of(const struct planner_plan *plan,
                                             const struct planner_flow_explanation *e, unsigned spine)
{
    uint64_t common = fabric_common_spines(plan->fabric, e->source_leaf, e->destination_leaf);
    return (struct planner_candidate){.spine = (uint16_t)spine,
                                      .live = common >> spine & 1,
                                      .up_ps = link_time(plan, SIDE_OUT, e->source_leaf, spine),
                                      .down_ps = link_time(plan, SIDE_IN, e->destination_leaf, spine)};
}

int planner_explain_flow(const struct planner_plan *plan, uint32_t demand, struct planner_flow_explanation *e)
{
    if (demand >= plan->demand_count)
        return -EINVAL;
    *e = (struct planner_flow_explanation){.reason = plan->stories[demand].reason,
                                           .moved_from = plan->stories[demand].link,
                                           .source_leaf = plan_end_leaf(plan, demand, SIDE_OUT),
                                           .destination_leaf = plan_end_leaf(plan, demand, SIDE_IN)};
    const struct planner_piece *pieces = planner_plan_pieces(plan, demand, &e->piece_count);
    if (e->source_leaf == e->destination_leaf)
        return 0;
    e->candidate_count = plan->fabric->spine_count;
    for (unsigned spine = 0; spine < e->candidate_count; spine++)
        e->candidates[spine] = candidate_of(plan, e, spine);
    for (uint32_t i = 0; i < e->piece_count; i++)
        e->candidates[pieces[i].spine].flow_bytes += pieces[i].bytes;
    return 0;
}

/* Text that grows to its end and is cut there; `length` goes on counting. */
struct text {
    char *at;
    uint32_t bytes, length;
};

static void add(struct text *t, const char *format, ...) __attribute__((format(printf, 2, 3)));

static void add(struct text *t, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    uint32_t used = t->length < t->bytes ? t->length : t->bytes;
    int more = vsnprintf(t->bytes ? t->at + used : NULL, t->bytes - used, format, arguments);
    va_end(arguments);
    t->length += more > 0 ? (uint32_t)more : 0;
}

static void add_candidate(struct text *t, const struct planner_candidate *c)
{
    if (!c->live) {
        add(t, "  spine%u: dead\n", c->spine);
        return;
    }
    add(t, "  spine%u: up %.3f us, down %.3f us", c->spine, (double)c->up_ps / 1e6, (double)c->down_ps / 1e6);
    if (c->flow_bytes > 0)
        add(t, ", of this flow %" PRIu64 " bytes", c->flow_bytes);
    add(t, "\n");
}

uint32_t planner_explain_flow_text(const struct planner_plan *plan, uint32_t demand, char *text,
                                   uint32_t bytes)
{
    struct planner_flow_explanation e;
    if (planner_explain_flow(plan, demand, &e) != 0)
        return 0;
    const struct planner_demand *d = &plan->demands[demand];
    struct text t = {.at = text, .bytes = bytes};
    add(&t, "flow %u: port %u (leaf%u) to port %u (leaf%u), %" PRIu64 " bytes, job %u, %u piece%s\n", demand,
        d->source_port, e.source_leaf, d->destination_port, e.destination_leaf, d->bytes, d->job,
        e.piece_count, e.piece_count == 1 ? "" : "s");
    add(&t, "%s\n", planner_reason_text(e.reason));
    if (e.reason == PLANNER_REASON_MOVED) {
        char link[64];
        planner_link_text(&e.moved_from, link, sizeof(link));
        add(&t, "it was on %s\n", link);
    }
    for (unsigned i = 0; i < e.candidate_count; i++)
        add_candidate(&t, &e.candidates[i]);
    return t.length;
}

/* ---- a link ---- */

static bool uses(const struct planner_plan *plan, const struct planner_piece *piece,
                 const struct planner_link *link)
{
    bool up = link->kind == PLANNER_LINK_UP || link->kind == PLANNER_LINK_CORE_UP;
    uint32_t leaf = plan_end_leaf(plan, piece->demand, up ? SIDE_OUT : SIDE_IN);
    if (piece->spine != link->spine)
        return false;
    if (link->kind == PLANNER_LINK_UP || link->kind == PLANNER_LINK_DOWN)
        return leaf == link->place;
    return plan_crosses_cores(plan, piece->demand) && plan->fabric->leaf_pods[leaf] == link->place &&
           piece->core == link->core;
}

uint32_t planner_explain_link(const struct planner_plan *plan, const struct planner_link *link,
                              struct planner_link_flow *flows, uint32_t max)
{
    uint32_t count = 0;
    for (uint32_t demand = 0; demand < plan->demand_count; demand++) {
        uint64_t bytes = 0;
        bool found = false;
        for (uint32_t i = plan->first_piece[demand]; i < plan->first_piece[demand + 1]; i++) {
            if (!uses(plan, &plan->pieces[i], link))
                continue;
            found = true;
            bytes += plan->pieces[i].bytes;
        }
        if (found && count < max)
            flows[count] = (struct planner_link_flow){.demand = demand, .bytes = bytes};
        count += found;
    }
    return count;
}
