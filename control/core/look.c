/* SPDX-License-Identifier: BSD-3-Clause */
/* Links, agents and jobs, for those who look. */
#include <limits.h>
#include <stdio.h>

#include "control/core/core_state.h"

static unsigned count_dead_paths(const struct core *core, uint32_t uplink)
{
    unsigned count = 0;
    for (uint32_t port = 0; port < core->map->port_count; port++) {
        const struct agent *a = core->agents[port];
        if (a != NULL && a->present)
            count += link_evidence_count_dead(core->map, port, a, uplink);
    }
    return count;
}

static void uplink_info(struct core *core, uint32_t uplink, struct core_link_info *info)
{
    const struct link_health *h = &core->health[uplink];
    info->state = (enum core_link_state)h->state;
    if (h->since_ns > info->since_ns)
        info->since_ns = h->since_ns;
    if (core->evidence.blame[uplink] != CORE_LINK_UP)
        info->reported_by_count = core_collect_reporters(core, uplink);
    info->reported_by = core->reporters;
    if (core->evidence.blame[uplink] != CORE_LINK_UP)
        info->dead_paths = count_dead_paths(core, uplink);
    if (core->plan != NULL) {
        info->planned_flows = core->plan->link_flows[uplink];
        info->planned_share = core->plan->link_share[uplink];
    }
}

void core_link_info(struct core *core, uint32_t link, struct core_link_info *info)
{
    const struct link_wish *w = &core->wishes[link];
    *info = (struct core_link_info){.link = link,
                                    .state = CORE_LINK_UP,
                                    .drained = w->drained,
                                    .capacity_ratio = w->capacity_ratio,
                                    .since_ns = w->since_ns};
    snprintf(info->by, sizeof(info->by), "%s", w->by);
    snprintf(info->reason, sizeof(info->reason), "%s", w->reason);
    if (core->map->uplink_of_link[link] != MAP_NONE)
        uplink_info(core, core->map->uplink_of_link[link], info);
}

bool core_agent_info(const struct core *core, uint32_t address, struct core_agent_info *info)
{
    uint32_t port = fabric_map_port(core->map, address);
    if (port == TOPOLOGY_NONE)
        return false;
    const struct agent *a = core->agents[port];
    *info = (struct core_agent_info){.address = address, .state = CORE_AGENT_ABSENT};
    if (a == NULL)
        return true;
    info->incarnation = a->incarnation;
    info->plan_epoch = a->plan_epoch;
    info->seen_ns = a->seen_ns;
    info->communicators = a->membership_count;
    info->dead_paths = a->dead_count;
    if (a->present)
        info->state = a->plan_epoch == core_epoch(core) ? CORE_AGENT_CURRENT : CORE_AGENT_BEHIND;
    return true;
}

unsigned core_agent_paths(const struct core *core, uint32_t from, uint32_t to, const struct core_path **paths)
{
    uint32_t port = fabric_map_port(core->map, from);
    unsigned first, count;
    *paths = NULL;
    if (port == TOPOLOGY_NONE || core->agents[port] == NULL)
        return 0;
    count = agent_paths_to(core->agents[port], to, &first);
    if (count > 0)
        *paths = &core->agents[port]->paths[first];
    return count;
}

unsigned core_job_count(const struct core *core)
{
    return core->jobs.count;
}

bool core_job_find(const struct core *core, uint64_t identity, unsigned *job)
{
    *job = jobs_find(&core->jobs, identity);
    return *job != UINT_MAX;
}

/* Of the flows between leaves that are to be planned, those that have a way. */
static double admitted_ratio(const struct core *core, const struct job *job)
{
    uint64_t crossing = 0, planned = 0;
    for (unsigned shape = 0; core->plan != NULL && shape < STEP_SHAPES; shape++) {
        const struct plan_table *t =
            plan_record_find(core->plan->record, job->identity, (enum step_shape)shape);
        crossing += t != NULL ? t->crossing : 0;
        planned += t == NULL ? 0 : t->local ? t->crossing : t->planned;
    }
    return crossing > 0 ? (double)planned / (double)crossing : job->planned && !job->unplannable;
}

void core_job_info(const struct core *core, unsigned number, struct core_job_info *info)
{
    const struct job *job = core->jobs.jobs[number];
    *info = (struct core_job_info){.identity = job->identity,
                                   .rank_count = job->geometry->rank_count,
                                   .ranks_present = job->ranks_present,
                                   .addresses = job->geometry->addresses,
                                   .priority = job->priority,
                                   .admitted_ratio = admitted_ratio(core, job)};
    snprintf(info->name, sizeof(info->name), "%s", job->name);
    for (unsigned shape = 0; shape < STEP_SHAPES; shape++) {
        if (job->flow_bytes[shape] > 0)
            info->shapes[info->shape_count++] =
                (struct core_demand){(enum step_shape)shape, job->flow_bytes[shape]};
    }
}
