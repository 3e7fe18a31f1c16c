/* SPDX-License-Identifier: BSD-3-Clause */
/* Takes in what an agent says. A report is checked whole and all memory for it is found before anything
 * changes; then its jobs, its paths and its probes are taken over one after the other. */
#include "control/core/report.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

enum {
    REPORT_COMMUNICATORS_MAX = 4096,
    REPORT_PATHS_MAX = 1 << 22
};

/* ---- checks ---- */

static int check_ranks(const struct core_report *r, const struct core_communicator *c,
                       struct core_error *error)
{
    if (c->rank_count == 0 || c->rank_count > CORE_JOB_RANKS_MAX || c->rank >= c->rank_count)
        return core_fail(error, -EINVAL, "out_of_range",
                         "communicator 0x%" PRIx64 " has rank %u of %u: a job has 1 to %d ranks", c->identity,
                         c->rank, c->rank_count, CORE_JOB_RANKS_MAX);
    if (c->addresses[c->rank] != r->address)
        return core_fail(error, -EINVAL, "out_of_range",
                         "communicator 0x%" PRIx64 ": the address of its rank %u is not this agent's",
                         c->identity, c->rank);
    if (memchr(c->name, '\0', sizeof(c->name)) == NULL || c->identity == 0)
        return core_fail(error, -EINVAL, "out_of_range",
                         "a communicator's identity is 0, or its name too long");
    return 0;
}

static int check_demands(const struct core_communicator *c, struct core_error *error)
{
    if (c->demand_count > STEP_SHAPES)
        return core_fail(error, -EINVAL, "out_of_range",
                         "communicator 0x%" PRIx64 " has %u demands, at most %d", c->identity,
                         c->demand_count, STEP_SHAPES);
    for (unsigned i = 0; i < c->demand_count; i++) {
        if ((unsigned)c->demands[i].shape >= STEP_SHAPES || c->demands[i].flow_bytes > PLANNER_BYTES_MAX)
            return core_fail(error, -EINVAL, "out_of_range",
                             "communicator 0x%" PRIx64 " has a demand of no known shape, or beyond 1 PiB",
                             c->identity);
    }
    return 0;
}

static int check_report(const struct core_report *r, struct core_error *error)
{
    if (r->communicator_count > REPORT_COMMUNICATORS_MAX || r->path_count > REPORT_PATHS_MAX)
        return core_fail(error, -EINVAL, "out_of_range", "a report has at most %d communicators and %d paths",
                         REPORT_COMMUNICATORS_MAX, REPORT_PATHS_MAX);
    for (unsigned i = 0; i < r->communicator_count; i++) {
        int result = check_ranks(r, &r->communicators[i], error);
        if (result == 0)
            result = check_demands(&r->communicators[i], error);
        if (result != 0)
            return result;
    }
    return 0;
}

static bool was_replaced(const struct agent *a, uint32_t incarnation)
{
    for (unsigned i = 0; i < AGENT_REPLACED_KEPT; i++) {
        if (a->replaced[i] == incarnation && incarnation != 0)
            return true;
    }
    return false;
}

static int check_incarnation(const struct agent *a, const struct core_report *r, struct core_error *error)
{
    char address[ADDRESS_TEXT_BYTES];
    if (r->incarnation == 0)
        return core_fail(error, -EINVAL, "out_of_range", "an incarnation is not 0");
    if (was_replaced(a, r->incarnation))
        return core_fail(error, -ESTALE, "stale_incarnation",
                         "another process has taken over %s: end this one, or give it an address of its own",
                         address_text(r->address, address));
    return 0;
}

/* ---- taking it over ---- */

static void tell_presence(struct intake *in, bool restarted)
{
    char address[ADDRESS_TEXT_BYTES];
    journal_add(&in->core->journal, in->now_ns,
                &(struct happening){.kind = restarted ? "agent_restarted" : "agent_joined",
                                    .host = fabric_map_host_name(in->core->map, in->port)},
                "the agent of %s has %s", address_text(in->report->address, address),
                restarted ? "restarted" : "joined");
}

static void take_presence(struct intake *in)
{
    struct agent *a = in->agent;
    bool restarted = a->present && a->incarnation != in->report->incarnation;
    if (restarted || !a->present)
        tell_presence(in, restarted);
    if (a->incarnation != 0 && a->incarnation != in->report->incarnation) {
        a->replaced[a->replaced_next++ % AGENT_REPLACED_KEPT] = a->incarnation;
        a->probe_count = 0;
    }
    a->present = true;
    a->incarnation = in->report->incarnation;
    a->sequence = in->report->sequence;
    a->plan_epoch = in->report->plan_epoch;
}

static int prepare(struct intake *in, struct core_error *error)
{
    int result = report_prepare_jobs(in, error);
    if (result == 0 && agent_prepare_paths(in->agent, in->report, in->now_ns, &in->paths, &in->marks) != 0)
        result = core_fail_memory(error);
    return result;
}

static int take_report(struct intake *in, struct core_error *error)
{
    int result = prepare(in, error);
    if (result == 0) {
        report_take_jobs(in);
        report_take_paths(in);
        take_presence(in);
        report_take_probes(in);
    } else {
        free(in->memberships);
        report_close_unused(in->core);
    }
    free(in->reported);
    return result;
}

static void fill_reply(struct core *core, uint32_t port, struct core_reply *reply)
{
    const struct agent *a = core->agents[port];
    *reply = (struct core_reply){.epoch = core_epoch(core),
                                 .report_every_ns = core->config.report_every_ns,
                                 .lease_ns = core->config.lease_ns,
                                 .probe = core->probe_list};
    for (unsigned i = 0; i < a->probe_count; i++) {
        if (a->probes[i].pending)
            core->probe_list[reply->probe_count++] = a->probes[i].peer;
    }
    reply->time = core->timing_list;
    reply->time_count = diagnosis_take_wishes(core, port, core->timing_list);
}

static struct agent *agent_of(struct core *core, uint32_t port)
{
    if (core->agents[port] == NULL)
        core->agents[port] = calloc(1, sizeof(struct agent));
    return core->agents[port];
}

int core_report(struct core *core, const struct core_report *report, uint64_t now_ns,
                struct core_reply *reply, struct core_error *error)
{
    char address[ADDRESS_TEXT_BYTES];
    struct intake in = {.core = core, .report = report, .now_ns = now_ns};
    in.port = fabric_map_port(core->map, report->address);
    if (in.port == TOPOLOGY_NONE)
        return core_fail(error, -ENOENT, "unknown_agent", "no host port of the topology has the address %s",
                         address_text(report->address, address));
    in.agent = agent_of(core, in.port);
    if (in.agent == NULL)
        return core_fail_memory(error);
    int result = check_report(report, error);
    if (result == 0)
        result = check_incarnation(in.agent, report, error);
    bool late = in.agent->present && in.agent->incarnation == report->incarnation &&
                report->sequence <= in.agent->sequence;
    if (result == 0 && !late)
        result = take_report(&in, error);
    if (result != 0)
        return result;
    in.agent->seen_ns = now_ns;
    if (now_ns + core->config.lease_ns < core->lease_check_ns)
        core->lease_check_ns = now_ns + core->config.lease_ns;
    fill_reply(core, in.port, reply);
    return 0;
}

/* ---- leaving ---- */

void core_agent_leave(struct core *core, uint32_t port, uint64_t now_ns)
{
    struct agent *a = core->agents[port];
    char address[ADDRESS_TEXT_BYTES];
    journal_add(&core->journal, now_ns,
                &(struct happening){.level = STORE_WARNING,
                                    .kind = "agent_left",
                                    .host = fabric_map_host_name(core->map, port)},
                "the agent of %s has not reported for %.1f s: its ranks are not planned for any more",
                address_text(topology_port(core->map->topology, port)->address, address),
                (double)(now_ns - a->seen_ns) / 1e9);
    report_part(core, a, NULL, 0, port, now_ns);
    report_close_unused(core);
    link_evidence_add(&core->evidence, port, a, -1);
    core_want_judgement(core, now_ns);
    free(a->memberships);
    free(a->paths);
    free(a->marks);
    a->memberships = NULL;
    a->paths = NULL;
    a->marks = NULL;
    a->membership_count = a->path_count = a->dead_count = a->lacking_count = a->probe_count = 0;
    a->present = false;
}
