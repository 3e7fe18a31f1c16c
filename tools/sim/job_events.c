/* SPDX-License-Identifier: BSD-3-Clause */
/* How operations end, and whether they may end so. */
#include <stdlib.h>

#include "tools/sim/job_parts.h"
#include "tools/sim/memory.h"

static void fail_rank(struct job_rank *r, uint32_t dead_rank)
{
    struct job *job = r->job;
    struct simulation *s = job->simulation;
    bool plausible = job->abandoned || (job->config.may_fail && dead_rank < job->config.rank_count &&
                                        s->hosts[job->rank_hosts[dead_rank]].suspect);
    if (!plausible && !r->failed)
        complain(&s->complaints, simulation_now(s), COMPLAINT_OUTCOME,
                 "%s: rank %u fails for the death of rank %u, which nothing happened to", job->config.name,
                 r->rank, dead_rank);
    if (!r->failed)
        simulation_tell(s, "%s: rank %u fails: rank %u is dead", job->config.name, r->rank, dead_rank);
    job->failed = true;
    r->failed = true;
}

static void note_flow(struct job_rank *r, const struct operation *o)
{
    struct job *job = r->job;
    job->flow_times =
        memory_grow(job->flow_times, job->flow_count, &job->flow_capacity, sizeof(*job->flow_times));
    job->flow_times[job->flow_count++] = job_now(r) - r->phase_started;
    job->last_received_at = job_now(r);
    job->received_bytes += o->bytes;
}

static void count_end(struct job_rank *r, const struct operation *o)
{
    struct job_lane *l = &r->lanes[o->lane];
    if (o->sends)
        l->steps[o->step % JOB_STEPS_KEPT].sends_left--;
    else
        l->steps[o->step % JOB_STEPS_KEPT].receives_left--;
    struct simulation *s = r->job->simulation;
    if (o->chunk_bytes != 0 &&
        __builtin_popcountll(o->chunks_reported) != (int)((o->bytes + o->chunk_bytes - 1) / o->chunk_bytes))
        complain(&s->complaints, simulation_now(s), COMPLAINT_OUTCOME,
                 "a chunk of message %llx was not reported", (unsigned long long)o->message);
    if (!o->sends)
        note_flow(r, o);
}

static void on_end(struct simulation *s, const struct event *event)
{
    struct operation *o = operation_at(&s->operations, event->cookie);
    struct job_rank *r = o->rank;
    r->operations--;
    if (event->status == EVENT_OK)
        count_end(r, o);
    else
        fail_rank(r, event->status == EVENT_PEER_DEAD ? event->rank : UINT32_MAX);
    unsigned lane = o->lane;
    operation_give(&s->operations, (uint32_t)event->cookie);
    if (!r->failed)
        job_rank_pump_lane(r, lane);
    else if (r->operations == 0)
        job_rank_end(r);
}

static struct job_rank *rank_of_communicator(struct host *host, const struct event *event)
{
    struct job_rank *r = host->first_rank;
    while (r != NULL && ((uint32_t)r->job->config.identity != event->owner_handle || r->rank != event->owner))
        r = r->next_of_host;
    return r;
}

static void on_communicator_dead(struct host *host, const struct event *event)
{
    struct job_rank *r = rank_of_communicator(host, event);
    if (r == NULL || r->over)
        return;
    fail_rank(r, event->rank);
    if (r->operations == 0)
        job_rank_end(r);
}

void job_on_event(struct simulation *s, struct host *host, const struct event *event)
{
    if (event->kind == EVENT_COMMUNICATOR_DEAD) {
        on_communicator_dead(host, event);
        return;
    }
    unsigned before = s->complaints.count;
    operation_check_event(&s->operations, host->number, event, simulation_now(s));
    bool is_end = event->kind == EVENT_SENT || event->kind == EVENT_RECEIVED;
    if (is_end && operation_at(&s->operations, event->cookie) != NULL)
        on_end(s, event);
    else if (is_end && before == s->complaints.count)
        abort();
}

void job_retry(struct simulation *s, struct host *host)
{
    (void)s;
    for (struct job_rank *r = host->first_rank; r != NULL; r = r->next_of_host) {
        if (r->blocked && r->running && !r->failed)
            job_rank_pump(r);
    }
}

static void forget_operations(struct simulation *s, uint32_t host)
{
    for (uint32_t i = 0; i < s->operations.count; i++) {
        if (s->operations.operations[i].in_use && s->operations.operations[i].host == host)
            operation_give(&s->operations, i);
    }
}

void job_on_host_killed(struct simulation *s, struct host *host)
{
    forget_operations(s, host->number);
    for (struct job_rank *r = host->first_rank; r != NULL; r = r->next_of_host) {
        r->gone = true;
        r->running = false;
        r->operations = 0;
        job_rank_end(r);
    }
    host->first_rank = NULL;
}
