/* SPDX-License-Identifier: BSD-3-Clause */
/* What reports say of jobs: ranks join and leave, jobs open and close. */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>

#include "control/core/report.h"

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
int report_prepare_jobs(struct intake *in, struct core_error *error)
{
    const struct core_report *r = in->report;
    in->memberships = calloc(r->communicator_count + 1, sizeof(*in->memberships));
    in->reported = calloc(r->communicator_count + 1, sizeof(*in->reported));
    if (in->memberships == NULL || in->reported == NULL)
        return core_fail_memory(error);
    for (unsigned i = 0; i < r->communicator_count; i++) {
        const struct core_communicator *c = &r->communicators[i];
        struct job *job = jobs_open(&in->core->jobs, in->core->map, c);
        if (job == NULL)
            return core_fail(error, -ENOMEM, "too_many",
                             "no room for communicator 0x%" PRIx64
                             ": there are %u jobs, at most %d are possible",
                             c->identity, in->core->jobs.count, CORE_JOBS_MAX);
        if (!job_agrees(job, c)) {
            tell_conflict(in, job, c);
            continue;
        }
        in->memberships[in->membership_count] = (struct membership){job, c->rank};
        in->reported[in->membership_count++] = c;
    }
    return 0;
}

/* Jobs that were opened for a report that failed. */
void report_close_unused(struct core *core)
{
    for (unsigned i = core->jobs.count; i-- > 0;) {
        if (core->jobs.jobs[i]->ranks_present == 0)
            jobs_close(&core->jobs, core->jobs.jobs[i]);
    }
}

/* ---- joining and leaving ---- */

static void tell_unplannable(struct core *core, const struct job *job, uint64_t now_ns)
{
    char address[ADDRESS_TEXT_BYTES];
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
        core_want_plan(core, now_ns, PLAN_JOBS, "communicator 0x%" PRIx64 " has closed", job->identity);
}

/* Ranks that the agent had and has not any more; a job is closed when its last one goes. */
void report_part(struct core *core, const struct agent *a, const struct membership *now, unsigned now_count,
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

void report_take_jobs(struct intake *in)
{
    struct core *core = in->core;
    for (unsigned i = 0; i < in->membership_count; i++)
        join(core, &in->memberships[i], in->port, in->now_ns);
    report_part(core, in->agent, in->memberships, in->membership_count, in->port, in->now_ns);
    free(in->agent->memberships);
    in->agent->memberships = in->memberships;
    in->agent->membership_count = in->membership_count;
    report_close_unused(core);
    for (unsigned i = 0; i < in->membership_count; i++) {
        struct job *job = in->memberships[i].job;
        if (job_take_demands(job, in->reported[i]) && !job->unplannable)
            core_want_plan(core, in->now_ns, PLAN_JOBS, "steps of communicator 0x%" PRIx64, job->identity);
    }
}
