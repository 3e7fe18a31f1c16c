/* SPDX-License-Identifier: BSD-3-Clause */
/* Takes in what an agent says. A report is checked whole and all memory for it is found before anything
 * changes; then its jobs, its paths and its probes are taken over one after the other. */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "control/core/core_state.h"

#define PROBE_AGAIN_NS 60000000000ull /* a host that lacks paths is asked once in this time */

enum {
    REPORT_COMMUNICATORS_MAX = 4096,
    REPORT_PATHS_MAX = 1 << 22
};

/* All that taking over a report needs. */
struct intake {
    struct core *core;
    struct agent *agent;
    uint32_t port;
    const struct core_report *report;
    uint64_t now_ns;
    struct membership *memberships; /* only those that fit their jobs */
    unsigned membership_count;
    struct core_path *paths;
    struct path_mark *marks;
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
    char address[ADDRESS_BYTES];
    if (r->incarnation == 0)
        return core_fail(error, -EINVAL, "out_of_range", "an incarnation is not 0");
    if (was_replaced(a, r->incarnation))
        return core_fail(error, -ESTALE, "stale_incarnation",
                         "another process has taken over %s: end this one, or give it an address of its own",
                         address_text(r->address, address));
    return 0;
}

/* ---- preparing ---- */

static void tell_conflict(struct intake *in, struct job *job, const struct core_communicator *c)
{
    if (!job->conflict_told)
        journal_add(&in->core->journal, in->now_ns,
                    &(struct happening){.level = STORE_WARNING,
                                        .kind = "job_refused",
                                        .host = fabric_map_host_name(in->core->map, in->port),
                                        .job = job->identity},
                    "rank %u of communicator 0x%" PRIx64
                    " reports other ranks or addresses than those before it: it is left out",
                    c->rank, c->identity);
    job->conflict_told = true;
}

/* Opens jobs that are new. 0 or -ENOMEM; then jobs without ranks may be left over. */
static int prepare_memberships(struct intake *in, struct core_error *error)
{
    const struct core_report *r = in->report;
    in->memberships = calloc(r->communicator_count + 1, sizeof(*in->memberships));
    if (in->memberships == NULL)
        return core_fail_memory(error);
    for (unsigned i = 0; i < r->communicator_count; i++) {
        const struct core_communicator *c = &r->communicators[i];
        struct job *job = jobs_open(&in->core->jobs, in->core->map, c);
        if (job == NULL)
            return core_fail(error, -ENOMEM, "too_many",
                             "no room for communicator 0x%" PRIx64
                             ": there are %u jobs, at most %d are possible",
                             c->identity, in->core->jobs.count, CORE_JOBS_MAX);
        if (job_agrees(job, c))
            in->memberships[in->membership_count++] = (struct membership){job, c->rank};
        else
            tell_conflict(in, job, c);
    }
    return 0;
}

static int prepare(struct intake *in, struct core_error *error)
{
    int result = prepare_memberships(in, error);
    if (result == 0 && agent_prepare_paths(in->agent, in->report, in->now_ns, &in->paths, &in->marks) != 0)
        result = core_fail_memory(error);
    return result;
}

/* Jobs that were opened for a report that failed. */
static void close_unused(struct core *core)
{
    for (unsigned i = core->jobs.count; i-- > 0;) {
        if (core->jobs.jobs[i]->ranks_present == 0)
            jobs_close(&core->jobs, core->jobs.jobs[i]);
    }
}

/* ---- jobs ---- */

static void tell_unplannable(struct core *core, const struct job *job, uint64_t now_ns)
{
    char address[ADDRESS_BYTES];
    uint32_t rank = 0;
    while (job->geometry->ports[rank] != TOPOLOGY_NONE)
        rank++;
    journal_add(&core->journal, now_ns,
                &(struct happening){.level = STORE_WARNING, .kind = "job_refused", .job = job->identity},
                "communicator 0x%" PRIx64
                " is not planned for: its rank %u is at %s, which no host port of the "
                "topology has",
                job->identity, rank, address_text(job->geometry->addresses[rank], address));
}

static void tell_opened(struct core *core, const struct job *job, uint64_t now_ns)
{
    journal_add(&core->journal, now_ns, &(struct happening){.kind = "job_opened", .job = job->identity},
                "communicator 0x%" PRIx64 " has opened with %u ranks", job->identity,
                job->geometry->rank_count);
    if (job->unplannable)
        tell_unplannable(core, job, now_ns);
}

static void join(struct core *core, const struct membership *m, uint32_t port, uint64_t now_ns)
{
    uint32_t *holder = &m->job->holders[m->rank];
    if (m->job->ranks_present == 0)
        tell_opened(core, m->job, now_ns);
    m->job->ranks_present += *holder == 0;
    *holder = port + 1;
}

static void part(struct core *core, const struct membership *m, uint32_t port, uint64_t now_ns)
{
    struct job *job = m->job;
    if (job->holders[m->rank] != port + 1)
        return; /* another agent has it by now */
    job->holders[m->rank] = 0;
    if (--job->ranks_present > 0)
        return;
    journal_add(&core->journal, now_ns, &(struct happening){.kind = "job_closed", .job = job->identity},
                "communicator 0x%" PRIx64 " has closed", job->identity);
    if (job->planned)
        core_want_plan(core, now_ns, true, "communicator 0x%" PRIx64 " has closed", job->identity);
}

/* Ranks that the agent had and has not any more; a job is closed when its last one goes. */
static void part_from(struct core *core, struct agent *a, const struct membership *now, unsigned now_count,
                      uint32_t port, uint64_t now_ns)
{
    for (unsigned i = 0; i < a->membership_count; i++) {
        const struct membership *m = &a->memberships[i];
        bool stays = false;
        for (unsigned k = 0; !stays && k < now_count; k++)
            stays = now[(i + k) % now_count].job == m->job && now[(i + k) % now_count].rank == m->rank;
        if (!stays)
            part(core, m, port, now_ns);
    }
}

static void take_jobs(struct intake *in)
{
    struct core *core = in->core;
    for (unsigned i = 0; i < in->membership_count; i++)
        join(core, &in->memberships[i], in->port, in->now_ns);
    part_from(core, in->agent, in->memberships, in->membership_count, in->port, in->now_ns);
    free(in->agent->memberships);
    in->agent->memberships = in->memberships;
    in->agent->membership_count = in->membership_count;
    close_unused(core);
    for (unsigned i = 0; i < in->report->communicator_count; i++) {
        const struct core_communicator *c = &in->report->communicators[i];
        unsigned job = jobs_find(&core->jobs, c->identity);
        if (job < core->jobs.count && job_agrees(core->jobs.jobs[job], c) &&
            job_take_demands(core->jobs.jobs[job], c) && !core->jobs.jobs[job]->unplannable)
            core_want_plan(core, in->now_ns, true, "steps of communicator 0x%" PRIx64, c->identity);
    }
}

/* ---- paths ---- */

static bool same_evidence(const struct agent *a, const struct intake *in)
{
    if (a->path_count != in->report->path_count)
        return false;
    for (unsigned i = 0; i < a->path_count; i++) {
        if (a->marks[i].evidence != in->marks[i].evidence || a->marks[i].spine != in->marks[i].spine ||
            a->paths[i].peer != in->paths[i].peer)
            return false;
    }
    return true;
}

static bool is_before(const struct core_path *a, const struct core_path *b)
{
    return a->peer != b->peer ? a->peer < b->peer : a->spine < b->spine;
}

/* Whether the agent had a path to this peer over this spine, but not by this port. *old grows from path to
 * path. */
static bool has_moved(const struct agent *a, const struct core_path *path, unsigned *old)
{
    while (*old < a->path_count && is_before(&a->paths[*old], path))
        ++*old;
    bool known = false;
    for (unsigned i = *old; i < a->path_count && !is_before(path, &a->paths[i]); i++) {
        if (a->paths[i].source_port == path->source_port)
            return false;
        known = true;
    }
    return known;
}

static void tell_moved(struct intake *in)
{
    unsigned moved = 0;
    for (unsigned i = 0, old = 0; i < in->report->path_count; i++)
        moved += has_moved(in->agent, &in->paths[i], &old);
    if (moved > 0 && in->agent->incarnation == in->report->incarnation)
        journal_add(&in->core->journal, in->now_ns,
                    &(struct happening){.kind = "path_changed",
                                        .host = fabric_map_host_name(in->core->map, in->port)},
                    "%u paths are taken by other source ports than before", moved);
}

static void tell_stranger(struct intake *in, const struct core_path *path)
{
    char spine[ADDRESS_BYTES], peer[ADDRESS_BYTES];
    if (in->agent->stranger == path->spine)
        return;
    in->agent->stranger = path->spine;
    journal_add(&in->core->journal, in->now_ns,
                &(struct happening){.level = STORE_WARNING,
                                    .kind = "miswired",
                                    .host = fabric_map_host_name(in->core->map, in->port)},
                "a path to %s goes over %s, to which its leaf has no link: correct the topology or the cable",
                address_text(path->peer, peer), address_text(path->spine, spine));
}

/* Enters the paths into the catalogue. */
static void catalogue(struct intake *in)
{
    const struct fabric_map *map = in->core->map;
    uint32_t leaf = fabric_map_leaf(map, in->port);
    for (unsigned i = 0; i < in->report->path_count; i++) {
        const struct core_path *path = &in->paths[i];
        uint32_t spine = fabric_map_spine(map, path->spine), peer = fabric_map_port(map, path->peer);
        if (peer == TOPOLOGY_NONE || fabric_map_leaf(map, peer) == leaf)
            continue;
        if (spine == MAP_NONE || map->nominal_bytes_per_s[fabric_map_uplink(map, leaf, spine)] == 0)
            tell_stranger(in, path);
        else
            path_table_saw(&in->core->paths, leaf, fabric_map_leaf(map, peer), spine);
    }
}

static void take_paths(struct intake *in)
{
    struct core *core = in->core;
    struct agent *a = in->agent;
    uint64_t recently_ns = 2 * core->config.report_every_ns;
    uint64_t since_ns = in->now_ns > recently_ns ? in->now_ns - recently_ns : 0;
    link_evidence_mark(core->map, in->port, in->paths, in->marks, in->report->path_count,
                       (uint32_t)(since_ns / 1000000));
    if (!same_evidence(a, in))
        core_want_judgement(core, in->now_ns);
    tell_moved(in);
    catalogue(in);
    link_evidence_add(&core->evidence, in->port, a, -1);
    free(a->paths);
    free(a->marks);
    a->paths = in->paths;
    a->marks = in->marks;
    a->path_count = in->report->path_count;
    a->dead_count = 0;
    for (unsigned i = 0; i < a->path_count; i++)
        a->dead_count += !a->paths[i].alive;
    link_evidence_add(&core->evidence, in->port, a, 1);
    if (core->paths.unwritten_count > 0)
        journal_want_flush(&core->journal, in->now_ns);
}

/* ---- probes ---- */

static void take_probed(struct intake *in)
{
    char address[ADDRESS_BYTES];
    for (unsigned i = 0; i < in->report->probed_count; i++) {
        struct probe_request *p = agent_asked(in->agent, in->report->probed[i]);
        unsigned first;
        if (p == NULL || !p->pending)
            continue;
        p->pending = false;
        if (p->by_operator)
            journal_add(&in->core->journal, in->now_ns,
                        &(struct happening){.kind = "path_changed",
                                            .host = fabric_map_host_name(in->core->map, in->port)},
                        "has looked for its paths to %s anew and knows %u", address_text(p->peer, address),
                        agent_paths_to(in->agent, p->peer, &first));
    }
}

static uint64_t spines_of(const struct core *core, const struct core_path *paths, unsigned count)
{
    uint64_t spines = 0;
    for (unsigned i = 0; i < count; i++) {
        uint32_t spine = fabric_map_spine(core->map, paths[i].spine);
        spines |= spine != MAP_NONE ? 1ull << spine : 0;
    }
    return spines;
}

/* Where others of its leaf see a spine that the host does not, it is asked to look again. */
static void ask_for_lacking(struct intake *in, unsigned first, unsigned end)
{
    struct core *core = in->core;
    struct agent *a = in->agent;
    uint32_t peer = a->paths[first].peer, peer_port = fabric_map_port(core->map, peer);
    if (peer_port == TOPOLOGY_NONE)
        return;
    uint64_t known = path_table_spines(&core->paths, fabric_map_leaf(core->map, in->port),
                                       fabric_map_leaf(core->map, peer_port));
    if ((known & ~spines_of(core, &a->paths[first], end - first)) == 0)
        return;
    const struct probe_request *asked = agent_asked(a, peer);
    if (asked == NULL || (!asked->pending && in->now_ns - asked->asked_ns >= PROBE_AGAIN_NS))
        agent_ask(a, peer, in->now_ns);
}

static void ask_for_paths(struct intake *in)
{
    const struct agent *a = in->agent;
    for (unsigned first = 0, end; first < a->path_count; first = end) {
        for (end = first + 1; end < a->path_count && a->paths[end].peer == a->paths[first].peer;)
            end++;
        ask_for_lacking(in, first, end);
    }
}

static void fill_reply(struct core *core, const struct agent *a, struct core_reply *reply)
{
    *reply = (struct core_reply){.epoch = core_epoch(core),
                                 .report_every_ns = core->config.report_every_ns,
                                 .lease_ns = core->config.lease_ns,
                                 .probe = core->probe_list};
    for (unsigned i = 0; i < a->probe_count; i++) {
        if (a->probes[i].pending)
            core->probe_list[reply->probe_count++] = a->probes[i].peer;
    }
}

/* ---- presence ---- */

static void tell_presence(struct intake *in, bool restarted)
{
    char address[ADDRESS_BYTES];
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

static int take_report(struct intake *in, struct core_error *error)
{
    int result = prepare(in, error);
    if (result != 0) {
        free(in->memberships);
        close_unused(in->core);
        return result;
    }
    take_jobs(in);
    take_paths(in);
    take_presence(in);
    take_probed(in);
    ask_for_paths(in);
    return 0;
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
    char address[ADDRESS_BYTES];
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
    fill_reply(core, in.agent, reply);
    return 0;
}

/* ---- leaving ---- */

void core_agent_leave(struct core *core, uint32_t port, uint64_t now_ns)
{
    struct agent *a = core->agents[port];
    char address[ADDRESS_BYTES];
    journal_add(&core->journal, now_ns,
                &(struct happening){.level = STORE_WARNING,
                                    .kind = "agent_left",
                                    .host = fabric_map_host_name(core->map, port)},
                "the agent of %s has not reported for %.1f s: its ranks are not planned for any more",
                address_text(topology_port(core->map->topology, port)->address, address),
                (double)(now_ns - a->seen_ns) / 1e9);
    part_from(core, a, NULL, 0, port, now_ns);
    close_unused(core);
    link_evidence_add(&core->evidence, port, a, -1);
    core_want_judgement(core, now_ns);
    free(a->memberships);
    free(a->paths);
    free(a->marks);
    a->memberships = NULL;
    a->paths = NULL;
    a->marks = NULL;
    a->membership_count = a->path_count = a->dead_count = a->probe_count = 0;
    a->present = false;
}
