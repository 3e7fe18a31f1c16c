/* SPDX-License-Identifier: BSD-3-Clause */
#include "control/server/calls.h"
#include "control/server/view.h"

struct tally {
    unsigned up, down, suspect, drained, degraded;
    unsigned present, current, absent;
};

static void count_links(const struct call *call, struct tally *tally)
{
    struct core_link_info info;
    for (uint32_t link = 0; link < topology_link_count(call->topology); link++) {
        core_link_info(call->core, link, &info);
        tally->up += info.state == CORE_LINK_UP;
        tally->down += info.state == CORE_LINK_DOWN;
        tally->suspect += info.state == CORE_LINK_SUSPECT;
        tally->drained += info.drained;
        tally->degraded += info.capacity_ratio < 1;
    }
}

static void count_agents(const struct call *call, struct tally *tally)
{
    struct core_agent_info info;
    for (uint32_t port = 0; port < topology_port_count(call->topology); port++) {
        uint32_t address = topology_port(call->topology, port)->address;
        bool is_there = core_agent_info(call->core, address, &info) && info.state != CORE_AGENT_ABSENT;
        tally->present += is_there;
        tally->absent += !is_there;
        tally->current += is_there && info.state == CORE_AGENT_CURRENT;
    }
}

static json_t *show_plan(const struct call *call)
{
    struct core_plan_info info;
    if (core_plan_info(call->core, core_epoch(call->core), &info))
        return view_plan(call, &info, false);
    return json_pack("{s:i}", "epoch", 0);
}

void calls_show_fabric(struct call *call)
{
    const struct topology *t = call->topology;
    struct tally n = {0};
    count_links(call, &n);
    count_agents(call, &n);
    json_t *links =
        json_pack("{s:I, s:i, s:i, s:i, s:i, s:i}", "total", (json_int_t)topology_link_count(t), "up", n.up,
                  "down", n.down, "suspect", n.suspect, "drained", n.drained, "degraded", n.degraded);
    json_t *agents =
        json_pack("{s:i, s:i, s:i}", "present", n.present, "current", n.current, "absent", n.absent);
    call_answer(call, 200,
                json_pack("{s:s, s:f, s:I, s:I, s:I, s:I, s:o, s:o, s:i, s:o}", "version", WEFT_VERSION,
                          "uptime_s", view_seconds(call->now_ns - call->up_since_ns), "leaves",
                          (json_int_t)topology_count(t, TOPOLOGY_LEAF), "spines",
                          (json_int_t)topology_count(t, TOPOLOGY_SPINE), "hosts",
                          (json_int_t)topology_count(t, TOPOLOGY_HOST), "ports",
                          (json_int_t)topology_port_count(t), "links", links, "agents", agents, "jobs",
                          core_job_count(call->core), "plan", show_plan(call)));
}
