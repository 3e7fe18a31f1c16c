/* SPDX-License-Identifier: BSD-3-Clause */
#include <stdlib.h>

#include "control/server/body.h"
#include "control/server/calls.h"
#include "control/server/view.h"

enum {
    FLOWS_SHOWN_MAX = 1000
};

void calls_show_plan(struct call *call)
{
    struct core_plan_info info;
    if (core_plan_info(call->core, core_epoch(call->core), &info))
        call_answer(call, 200, view_plan(call, &info, true));
    else
        call_answer(call, 200, json_pack("{s:i, s:s}", "epoch", 0, "reason", "nothing to plan for yet"));
}

void calls_show_history(struct call *call)
{
    uint64_t epochs[CORE_HISTORY_PLANS];
    struct core_plan_info info;
    unsigned count = core_plan_history(call->core, epochs, CORE_HISTORY_PLANS);
    json_t *plans = json_array();
    for (unsigned i = 0; i < count; i++)
        if (core_plan_info(call->core, epochs[i], &info))
            json_array_append_new(plans, view_plan(call, &info, false));
    call_answer(call, 200, json_pack("{s:o}", "plans", plans));
}

/* ---- diff ---- */

struct moves {
    const struct call *call;
    json_t *list;
};

static json_t *spines_of(const struct call *call, const struct core_flow *flow)
{
    json_t *spines = json_array();
    for (unsigned i = 0; flow != NULL && i < flow->piece_count; i++)
        json_array_append_new(spines, json_string(view_spine_name(call, flow->pieces[i].spine)));
    return spines;
}

static void add_move(void *context, const struct core_flow *before, const struct core_flow *after)
{
    struct moves *moves = context;
    const struct core_flow *flow = after != NULL ? after : before;
    if (json_array_size(moves->list) >= FLOWS_SHOWN_MAX)
        return;
    json_array_append_new(moves->list,
                          json_pack("{s:o, s:s, s:I, s:I, s:o, s:o}", "communicator",
                                    view_identity(flow->identity), "shape", step_shape_name(flow->shape),
                                    "from_rank", (json_int_t)flow->from_rank, "to_rank",
                                    (json_int_t)flow->to_rank, "before", spines_of(moves->call, before),
                                    "after", spines_of(moves->call, after)));
}

/* The newest plan that is kept and older; 0: none. Epochs grow, not always by one. */
static uint64_t epoch_before(const struct call *call, uint64_t epoch)
{
    uint64_t epochs[CORE_HISTORY_PLANS];
    unsigned count = core_plan_history(call->core, epochs, CORE_HISTORY_PLANS);
    for (unsigned i = 0; i < count; i++)
        if (epochs[i] < epoch)
            return epochs[i];
    return 0;
}

void calls_diff_plans(struct call *call)
{
    uint64_t from, to, now = core_epoch(call->core);
    if (!call_query_number(call, "to", now, INT64_MAX, &to) ||
        !call_query_number(call, "from", epoch_before(call, to), INT64_MAX, &from))
        return;
    struct moves moves = {.call = call, .list = json_array()};
    int64_t count = core_plan_diff(call->core, from, to, add_move, &moves);
    if (count >= 0) {
        call_answer(call, 200,
                    json_pack("{s:I, s:I, s:o, s:I}", "from", (json_int_t)from, "to", (json_int_t)to, "moved",
                              moves.list, "moved_count", (json_int_t)count));
        return;
    }
    json_decref(moves.list);
    call_fail(call, 404, "unknown_epoch", NULL, "only the last %u plans are kept: `weft plan history`",
              CORE_HISTORY_PLANS);
}

/* ---- explain ---- */

static json_t *show_flow(const struct call *call, const struct core_flow *flow)
{
    char from[16], to[16];
    return json_pack("{s:o, s:s, s:I, s:I, s:s, s:s, s:I}", "communicator", view_identity(flow->identity),
                     "shape", step_shape_name(flow->shape), "from_rank", (json_int_t)flow->from_rank,
                     "to_rank", (json_int_t)flow->to_rank, "from_host",
                     view_host_name(call, flow->from_address, from), "to_host",
                     view_host_name(call, flow->to_address, to), "bytes", (json_int_t)flow->bytes);
}

static void add_flow(void *context, const struct core_flow *flow)
{
    struct moves *flows = context;
    if (json_array_size(flows->list) < FLOWS_SHOWN_MAX)
        json_array_append_new(flows->list, show_flow(flows->call, flow));
}

static void explain_link(struct call *call, const char *name)
{
    uint32_t link;
    struct core_link_info info;
    if (!view_find_link(call, name, &link))
        return;
    struct moves flows = {.call = call, .list = json_array()};
    core_link_info(call->core, link, &info);
    core_plan_flows_of_link(call->core, link, add_flow, &flows);
    json_t *text = json_sprintf("%s carries %llu planned flows, %.3f of the time of the most loaded link%s",
                                name, (unsigned long long)info.planned_flows, info.planned_share,
                                info.drained                 ? "; it is drained"
                                : info.state != CORE_LINK_UP ? "; it is not up"
                                                             : "");
    call_answer(call, 200, json_pack("{s:o, s:o}", "text", text, "flows", flows.list));
}

static json_t *show_candidates(const struct call *call, const struct core_explanation *why)
{
    json_t *list = json_array();
    uint32_t count = topology_count(call->topology, TOPOLOGY_SPINE);
    for (uint32_t spine = 0; spine < count && spine < PLAN_SPINES_MAX; spine++)
        json_array_append_new(list, json_pack("{s:s, s:f}", "spine", view_spine_name(call, spine),
                                              "load_ratio", why->load_ratios[spine]));
    return list;
}

static json_t *show_pieces(const struct call *call, const struct core_flow *flow)
{
    json_t *list = json_array();
    for (unsigned i = 0; i < flow->piece_count; i++)
        json_array_append_new(list,
                              json_pack("{s:s, s:f}", "spine", view_spine_name(call, flow->pieces[i].spine),
                                        "share_ratio", (double)flow->pieces[i].share / PLAN_SHARE_WHOLE));
    return list;
}

static void explain_flow(struct call *call, const char *communicator)
{
    const char *shape_name = call->query(call, "shape");
    enum step_shape shape = STEP_SHAPE_RING;
    uint64_t identity, from, to;
    struct core_explanation why;
    unsigned job;
    if (!call_query_number(call, "from", 0, CORE_JOB_RANKS_MAX, &from) ||
        !call_query_number(call, "to", 0, CORE_JOB_RANKS_MAX, &to))
        return;
    if (shape_name != NULL && !step_shape_by_name(shape_name, &shape)) {
        call_fail(call, 400, "wrong_query", NULL, "`shape` must be ring, halving_doubling or all_to_all");
        return;
    }
    if (!body_parse_identity(communicator, &identity)) {
        call_fail(call, 400, "wrong_query", NULL, "`communicator` must be 64 bits, such as 0x1f");
        return;
    }
    bool is_planned = core_plan_explain(call->core, identity, shape, (uint32_t)from, (uint32_t)to, &why);
    if (!is_planned && !core_job_find(call->core, identity, &job)) {
        call_fail(call, 404, "unknown_job", NULL, "no such job runs: `weft job show` lists them");
        return;
    }
    json_t *json = json_pack("{s:s}", "text", why.text);
    if (json != NULL && is_planned) {
        json_object_set_new(json, "pieces", show_pieces(call, &why.flow));
        json_object_set_new(json, "flows", json_pack("[o]", show_flow(call, &why.flow)));
        json_object_set_new(json, "candidates", show_candidates(call, &why));
    }
    call_answer(call, 200, json);
}

void calls_explain_plan(struct call *call)
{
    const char *link = call->query(call, "link"), *communicator = call->query(call, "communicator");
    if (link != NULL)
        explain_link(call, link);
    else if (communicator != NULL)
        explain_flow(call, communicator);
    else
        call_fail(call, 400, "wrong_query", NULL,
                  "`link`, or `communicator` with `from` and `to`, is wanted");
}
