/* SPDX-License-Identifier: BSD-3-Clause */
#include "control/server/view.h"

#include <stdio.h>
#include <string.h>

#include "control/core/diagnosis.h"

json_t *view_address(uint32_t address)
{
    char text[ADDRESS_TEXT_BYTES];
    address_text(address, text);
    return json_string(text);
}

json_t *view_identity(uint64_t identity)
{
    return json_sprintf("0x%llx", (unsigned long long)identity);
}

double view_seconds(uint64_t ns)
{
    return (double)ns / 1e9;
}

const char *view_spine_name(const struct call *call, uint32_t spine)
{
    if (spine >= topology_count(call->topology, TOPOLOGY_SPINE))
        return "?";
    return topology_node(call->topology, topology_node_of(call->topology, TOPOLOGY_SPINE, spine))->name;
}

const char *view_host_name(const struct call *call, uint32_t address, char text[ADDRESS_TEXT_BYTES])
{
    uint32_t port = topology_port_by_address(call->topology, address);
    address_text(address, text);
    if (port == TOPOLOGY_NONE)
        return text;
    uint32_t host = topology_port(call->topology, port)->host;
    return topology_node(call->topology, topology_node_of(call->topology, TOPOLOGY_HOST, host))->name;
}

static json_t *reporters(const struct call *call, const struct core_link_info *info)
{
    json_t *hosts = json_array();
    char text[ADDRESS_TEXT_BYTES];
    for (unsigned i = 0; i < info->reported_by_count; i++)
        json_array_append_new(hosts, json_string(view_host_name(call, info->reported_by[i], text)));
    return hosts;
}

static const char *state_name(const struct core_link_info *info)
{
    static const char *const names[] = {
        [CORE_LINK_UP] = "up", [CORE_LINK_DOWN] = "down", [CORE_LINK_SUSPECT] = "suspect"};
    return names[info->state];
}

/* NULL, which is left out: no monitor has told anything. */
static json_t *anomaly_score(const struct call *call, uint32_t link)
{
    double score = core_link_score(call->core, link);
    return score >= 0 ? json_real(score) : NULL;
}

json_t *view_link(const struct call *call, uint32_t link)
{
    const struct topology_link *l = topology_link(call->topology, link);
    const struct topology_node *lower = topology_node(call->topology, l->lower);
    const struct topology_node *upper = topology_node(call->topology, l->upper);
    char name[TOPOLOGY_LINK_NAME_BYTES];
    struct core_link_info info;
    core_link_info(call->core, link, &info);
    bool is_host_link = lower->kind == TOPOLOGY_HOST;
    return json_pack("{s:s, s:s, s:s, s:I, s:s, s:b, s:f, s:s, s:s, s:f, s:o, s:i, s:I, s:f, s:o*}", "name",
                     topology_link_name(call->topology, link, name), "leaf",
                     is_host_link ? upper->name : lower->name, is_host_link ? "host" : "spine",
                     is_host_link ? lower->name : upper->name, "rate_bps", (json_int_t)l->rate_bits_per_s,
                     "state", state_name(&info), "drained", info.drained, "capacity_ratio",
                     info.capacity_ratio, "reason", info.reason, "by", info.by, "since_s",
                     view_seconds(info.since_ns), "reported_by", reporters(call, &info), "dead_paths",
                     (int)info.dead_paths, "planned_flows", (json_int_t)info.planned_flows, "planned_share",
                     info.planned_share, "anomaly_score", anomaly_score(call, link));
}

static json_t *plan_jobs(const struct core_plan_info *info)
{
    json_t *jobs = json_array();
    for (unsigned i = 0; i < info->job_count; i++) {
        const struct core_plan_job *job = &info->jobs[i];
        json_array_append_new(jobs,
                              json_pack("{s:o, s:s, s:f, s:b, s:b}", "communicator",
                                        view_identity(job->identity), "shape", step_shape_name(job->shape),
                                        "ratio", job->ratio, "admitted", job->admitted, "local", job->local));
    }
    return jobs;
}

json_t *view_plan(const struct call *call, const struct core_plan_info *info, bool with_jobs)
{
    (void)call;
    static const char *const changes[] = {
        [CORE_PLAN_JOBS] = "jobs", [CORE_PLAN_LINKS] = "links", [CORE_PLAN_REFINED] = "refined"};
    json_t *plan = json_pack(
        "{s:I, s:o, s:f, s:s, s:s, s:f, s:I, s:I, s:I, s:I, s:f}", "epoch", (json_int_t)info->epoch, "hash",
        view_identity(info->hash), "at_s", view_seconds(info->at_ns), "reason", info->reason, "change",
        changes[info->change], "ratio", info->ratio, "flows", (json_int_t)info->flows, "split_flows",
        (json_int_t)info->split_flows, "pieces", (json_int_t)info->pieces, "moved_flows",
        (json_int_t)info->moved_flows, "duration_ms", (double)info->duration_ns / 1e6);
    if (plan != NULL && with_jobs)
        json_object_set_new(plan, "jobs", plan_jobs(info));
    return plan;
}

bool view_find_link(struct call *call, const char *name, uint32_t *link)
{
    *link = topology_link_by_name(call->topology, name);
    if (*link != TOPOLOGY_NONE)
        return true;
    call_fail(call, 404, "unknown_link", NULL, "the topology has no such link: `weft link show` lists them");
    return false;
}

bool view_find_host(struct call *call, const char *name, uint32_t *host)
{
    uint32_t node = topology_node_by_name(call->topology, name);
    if (node != TOPOLOGY_NONE && topology_node(call->topology, node)->kind == TOPOLOGY_HOST) {
        *host = topology_node(call->topology, node)->index;
        return true;
    }
    call_fail(call, 404, "unknown_host", NULL, "the topology has no such host: `weft host show` lists them");
    return false;
}

bool view_find_agent(struct call *call, uint32_t *address)
{
    if (address_parse(call->words[1], address) &&
        topology_port_by_address(call->topology, *address) != TOPOLOGY_NONE)
        return true;
    call_fail(call, 404, "unknown_agent", NULL, "no host port of the topology has this address");
    return false;
}
