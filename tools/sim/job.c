/* SPDX-License-Identifier: BSD-3-Clause */
/* The life of a job and of its ranks. */
#include "tools/sim/job.h"

#include <assert.h>
#include <stdlib.h>

#include "tools/sim/job_parts.h"
#include "tools/sim/memory.h"

static void begin_phase_call(struct simulation *s, void *context, uint64_t argument);

/* The next iteration begins after the gap; false when there is none. */
static bool end_iteration(struct job_rank *r)
{
    struct job *job = r->job;
    if (job_now(r) > job->iteration_ends[r->iteration])
        job->iteration_ends[r->iteration] = job_now(r);
    r->phase = 0;
    return ++r->iteration < job->config.iterations;
}

void job_rank_end_phase(struct job_rank *r)
{
    const struct job_config *c = &r->job->config;
    nsec_t pause_ns = c->workload->compute_ns;
    r->running = false;
    if (++r->phase == workload_phases(c->workload)) {
        pause_ns = c->gap_ns;
        if (!end_iteration(r)) {
            job_rank_end(r);
            return;
        }
    }
    simulation_call_at(r->job->simulation, job_now(r) + pause_ns, begin_phase_call, r, 0);
}

static void begin_phase(struct job_rank *r)
{
    if (r->failed || r->gone || r->over)
        return;
    struct workload_place place = {.rank = r->rank, .iteration = r->iteration, .phase = r->phase};
    workload_begin(&r->turn, r->job->config.workload, place);
    for (unsigned lane = 0; lane < SCHEDULE_LANES_MAX; lane++)
        r->lanes[lane] = (struct job_lane){0};
    r->lanes_left = r->turn.lanes;
    r->phase_started = job_now(r);
    r->running = true;
    if (r->turn.steps == 0)
        job_rank_end_phase(r);
    else
        job_rank_pump(r);
    host_serve(r->job->simulation, r->host);
}

static void begin_phase_call(struct simulation *s, void *context, uint64_t argument)
{
    (void)s;
    (void)argument;
    begin_phase(context);
}

static void close_communicators(struct job *job)
{
    nsec_t now = simulation_now(job->simulation);
    for (uint32_t i = 0; i < job->config.rank_count; i++) {
        struct job_rank *r = &job->ranks[i];
        if (!r->gone && r->communicator >= 0)
            transport_close_communicator(r->host->transport, (uint32_t)r->communicator, false, now);
        r->communicator = -1;
    }
}

static void end_job_call(struct simulation *s, void *context, uint64_t argument)
{
    (void)argument;
    struct job *job = context;
    close_communicators(job);
    if (--s->jobs_unfinished == 0)
        simulation_stop(s);
}

void job_rank_end(struct job_rank *r)
{
    struct job *job = r->job;
    if (r->over)
        return;
    r->over = true;
    r->ended_at = job_now(r);
    if (--job->ranks_left > 0)
        return;
    job->ended_at = job_now(r);
    simulation_tell(job->simulation, "%s: %s", job->config.name, job->failed ? "has failed" : "is complete");
    simulation_call_at(job->simulation, job->ended_at, end_job_call, job, 0);
}

static void mark_partners(struct job *job, const struct workload_turn *turn, uint32_t *partners)
{
    struct schedule_step *step = &job->simulation->step;
    for (unsigned i = 0; i < turn->lanes * turn->steps; i++) {
        workload_step(turn, i % turn->lanes, i / turn->lanes, step);
        for (unsigned k = 0; k < step->send_count; k++)
            partners[step->sends[k].peer] = 1;
        for (unsigned k = 0; k < step->receive_count; k++)
            partners[step->receives[k].peer] = 1;
    }
}

static uint32_t *partners_of(struct job *job, uint32_t rank)
{
    uint32_t *partners = memory_take(job->config.rank_count, sizeof(*partners));
    const struct workload *w = job->config.workload;
    unsigned phases = workload_phases(w);
    struct workload_turn turn;
    for (unsigned i = 0; i < job->config.iterations * phases; i++) {
        workload_begin(&turn, w, (struct workload_place){rank, i / phases, i % phases});
        mark_partners(job, &turn, partners);
    }
    return partners;
}

static void know_peers(struct job_rank *r)
{
    struct job *job = r->job;
    uint32_t *partners = job->config.partners_only ? partners_of(job, r->rank) : NULL;
    r->peers = memory_take(job->config.rank_count, sizeof(*r->peers));
    for (uint32_t i = 0; i < job->config.rank_count; i++) {
        bool known = partners == NULL || partners[i];
        r->peers[i] = host_peer(job->simulation, r->host, known ? job->rank_hosts[i] : r->host->number);
    }
    free(partners);
}

/* A receive on a communicator of its own, which no job closes. */
static void keep_credit(struct job_rank *r, struct communicator_config config)
{
    const struct flow_request stray = {.cookie = UINT64_MAX, .peer_rank = r->rank ^ 1, .bytes = 1000};
    config.identity ^= 1ull << 63;
    int communicator = transport_open_communicator(r->host->transport, &config, job_now(r));
    transport_receive_batch(r->host->transport, (uint32_t)communicator, &(struct flow_batch){&stray, 1},
                            job_now(r));
}

static void open_rank(struct job_rank *r)
{
    const struct job_config *c = &r->job->config;
    r->host = &r->job->simulation->hosts[r->job->rank_hosts[r->rank]];
    r->next_of_host = r->host->first_rank;
    r->host->first_rank = r;
    r->gone = r->host->transport == NULL;
    if (r->gone) {
        job_rank_end(r);
        return;
    }
    know_peers(r);
    struct communicator_config config = {.identity = c->identity,
                                         .rank = r->rank,
                                         .rank_count = c->rank_count,
                                         .rank_peers = r->peers,
                                         .path_mode = c->path_mode,
                                         .hash_seed = c->hash_seed,
                                         .owner = r->rank,
                                         .owner_handle = (uint32_t)c->identity};
    r->communicator = transport_open_communicator(r->host->transport, &config, job_now(r));
    assert(r->communicator >= 0);
    if (simulation_sabotages(r->job->simulation, SABOTAGE_KEEP_CREDIT))
        keep_credit(r, config);
    host_serve(r->job->simulation, r->host);
}

static void open_call(struct simulation *s, void *context, uint64_t argument)
{
    (void)argument;
    struct job *job = context;
    simulation_tell(s, "%s: %u ranks are opened", job->config.name, job->config.rank_count);
    if (job->config.path_mode == PATH_MODE_PLANNED)
        planning_make(s);
    for (uint32_t i = 0; i < job->config.rank_count; i++)
        open_rank(&job->ranks[i]);
}

static void start_call(struct simulation *s, void *context, uint64_t argument)
{
    (void)argument;
    struct job *job = context;
    simulation_tell(s, "%s: starts", job->config.name);
    for (uint32_t i = 0; i < job->config.rank_count; i++)
        begin_phase(&job->ranks[i]);
}

/* A transport cannot know of a rank whose host died before they ever met and came back without it: whoever
 * waits for that rank waits until the launcher ends the job. */
static bool waits_for_the_gone(const struct job *job)
{
    const struct operation_table *t = &job->simulation->operations;
    for (size_t i = 0; i < t->count; i++) {
        const struct operation *o = &t->operations[i];
        if (o->in_use && o->rank->job == job && job->ranks[o->peer_rank].gone)
            return true;
    }
    return false;
}

static void abandon(struct job *job)
{
    simulation_tell(job->simulation, "%s: its launcher ends it: a rank is gone", job->config.name);
    job->abandoned = true;
    for (uint32_t i = 0; i < job->config.rank_count; i++) {
        struct job_rank *r = &job->ranks[i];
        if (r->over || r->communicator < 0)
            continue;
        transport_close_communicator(r->host->transport, (uint32_t)r->communicator, true, job_now(r));
        r->communicator = -1;
        host_serve(job->simulation, r->host);
        job_rank_end(r);
    }
}

static void deadline_call(struct simulation *s, void *context, uint64_t argument)
{
    (void)argument;
    struct job *job = context;
    if (job->config.may_fail && job->ranks_left > 0 && waits_for_the_gone(job)) {
        abandon(job);
        return;
    }
    for (uint32_t i = 0; i < job->config.rank_count; i++) {
        const struct job_rank *r = &job->ranks[i];
        if (!r->over)
            complain(&s->complaints, simulation_now(s), COMPLAINT_UNFINISHED,
                     "%s: rank %u on host%u: iteration %u, %u operations in progress%s", job->config.name, i,
                     r->host->number, r->iteration, r->operations, r->blocked ? ", transport full" : "");
    }
    if (job->ranks_left > 0)
        simulation_stop(s);
}

struct job *job_add(struct simulation *s, const struct job_config *config)
{
    struct job *job = memory_take(1, sizeof(*job));
    *job = (struct job){.config = *config, .simulation = s, .ranks_left = config->rank_count};
    job->ranks = memory_take(config->rank_count, sizeof(*job->ranks));
    job->rank_hosts = memory_take(config->rank_count, sizeof(*job->rank_hosts));
    job->iteration_ends = memory_take(config->iterations, sizeof(*job->iteration_ends));
    for (uint32_t i = 0; i < config->rank_count; i++) {
        job->rank_hosts[i] = config->rank_hosts[i];
        job->ranks[i] = (struct job_rank){.job = job, .rank = i, .communicator = -1};
    }
    s->jobs = memory_grow(s->jobs, s->job_count, &s->job_capacity, sizeof(*s->jobs));
    s->jobs[s->job_count++] = job;
    s->jobs_unfinished++;
    simulation_call_at(s, config->open_at, open_call, job, 0);
    simulation_call_at(s, config->start_at, start_call, job, 0);
    if (config->deadline_at != NSEC_NEVER)
        simulation_call_at(s, config->deadline_at, deadline_call, job, 0);
    return job;
}

void job_destroy(struct job *job)
{
    for (uint32_t i = 0; i < job->config.rank_count; i++)
        free(job->ranks[i].peers);
    free(job->ranks);
    free(job->rank_hosts);
    free(job->iteration_ends);
    free(job->flow_times);
    free(job);
}
