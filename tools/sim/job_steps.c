/* SPDX-License-Identifier: BSD-3-Clause */
/* A rank goes through its schedule: receives posted ahead, sends when what they depend on has arrived. */
#include "tools/sim/job_parts.h"

enum {
    TAG_LANE_BITS = 4,
    TAG_STEP_BITS = 20,
    REGION_BASE_STEP = 4096
};

static uint64_t tag_of(const struct job_rank *r, unsigned lane, uint32_t step)
{
    uint64_t phase = (uint64_t)r->iteration * workload_phases(r->job->config.workload) + r->phase;
    return (phase << TAG_STEP_BITS | step) << TAG_LANE_BITS | lane;
}

/* The same at both ends, different for any two messages in progress. */
static uint64_t message_of(const struct job_rank *r, uint32_t source, uint32_t destination, uint64_t tag)
{
    uint64_t pair = (uint64_t)source << 32 | destination;
    return mix64_pair(mix64_pair(r->job->config.identity, pair), tag);
}

static uint32_t new_operation(struct job_rank *r, const struct operation *like)
{
    struct operation_table *t = &r->job->simulation->operations;
    uint32_t number = operation_take(t);
    t->operations[number] = *like;
    t->operations[number].rank = r;
    t->operations[number].host = r->host->number;
    t->operations[number].in_use = true;
    t->operations[number].base = (uint64_t)(number % 7) * REGION_BASE_STEP;
    t->operations[number].submitted_at = job_now(r);
    return number;
}

static struct flow_request request_of(const struct job_rank *r, uint32_t number, uint64_t tag)
{
    const struct operation *o = &r->job->simulation->operations.operations[number];
    return (struct flow_request){.cookie = number,
                                 .peer_rank = o->peer_rank,
                                 .region = number,
                                 .tag = tag,
                                 .offset = o->base,
                                 .bytes = o->bytes,
                                 .chunk_bytes = o->chunk_bytes};
}

static uint32_t chunk_bytes(const struct job_rank *r, uint64_t bytes)
{
    unsigned chunks = r->job->config.chunks;
    return chunks == 0 || bytes == 0 ? 0 : (uint32_t)((bytes + chunks - 1) / chunks);
}

/* A batch that the transport has not taken leaves no trace. */
static bool was_taken(struct job_rank *r, enum submit_result result, const struct flow_request *flows,
                      unsigned count)
{
    struct simulation *s = r->job->simulation;
    if (result == SUBMIT_OK) {
        r->operations += count;
        return true;
    }
    for (unsigned i = 0; i < count; i++)
        operation_give(&s->operations, (uint32_t)flows[i].cookie);
    r->blocked = true;
    if (result == SUBMIT_INVALID)
        complain(&s->complaints, job_now(r), COMPLAINT_OUTCOME, "%s: rank %u: the transport refuses a batch",
                 r->job->config.name, r->rank);
    return false;
}

static bool post_receives(struct job_rank *r, unsigned lane, uint32_t step)
{
    static struct flow_request flows[SCHEDULE_FLOWS_MAX];
    const struct schedule_step *what = &r->job->simulation->step;
    uint64_t tag = tag_of(r, lane, step);
    for (unsigned i = 0; i < what->receive_count; i++) {
        const struct schedule_receive *receive = &what->receives[i];
        uint32_t number =
            new_operation(r, &(struct operation){.message = message_of(r, receive->peer, r->rank, tag),
                                                 .bytes = receive->bytes,
                                                 .chunk_bytes = chunk_bytes(r, receive->bytes),
                                                 .peer_rank = receive->peer,
                                                 .step = (uint16_t)step,
                                                 .lane = (uint8_t)lane});
        flows[i] = request_of(r, number, tag);
    }
    enum submit_result result =
        what->receive_count == 0
            ? SUBMIT_OK
            : transport_receive_batch(r->host->transport, (uint32_t)r->communicator,
                                      &(struct flow_batch){flows, what->receive_count}, job_now(r));
    return was_taken(r, result, flows, what->receive_count);
}

static bool submit_sends(struct job_rank *r, unsigned lane, uint32_t step)
{
    static struct flow_request flows[SCHEDULE_FLOWS_MAX];
    const struct schedule_step *what = &r->job->simulation->step;
    uint64_t tag = tag_of(r, lane, step);
    for (unsigned i = 0; i < what->send_count; i++) {
        const struct schedule_send *send = &what->sends[i];
        uint32_t number =
            new_operation(r, &(struct operation){.message = message_of(r, r->rank, send->peer, tag),
                                                 .bytes = send->bytes,
                                                 .peer_rank = send->peer,
                                                 .step = (uint16_t)step,
                                                 .lane = (uint8_t)lane,
                                                 .sends = true});
        flows[i] = request_of(r, number, tag);
    }
    enum submit_result result =
        what->send_count == 0
            ? SUBMIT_OK
            : transport_send_batch(r->host->transport, (uint32_t)r->communicator,
                                   &(struct flow_batch){flows, what->send_count, r->turn.shape}, job_now(r));
    return was_taken(r, result, flows, what->send_count);
}

/* Advances what is complete from the first step on; true when that was something. */
static bool settle(struct job_lane *l)
{
    uint32_t before = l->arrived + l->finished;
    while (l->arrived < l->posted && l->steps[l->arrived % JOB_STEPS_KEPT].receives_left == 0)
        l->arrived++;
    while (l->finished < l->arrived && l->finished < l->submitted &&
           l->steps[l->finished % JOB_STEPS_KEPT].sends_left == 0)
        l->finished++;
    return l->arrived + l->finished > before;
}

static bool post_next(struct job_rank *r, unsigned lane)
{
    struct job_lane *l = &r->lanes[lane];
    if (l->posted >= r->turn.steps || l->posted >= l->finished + r->turn.window)
        return false;
    workload_step(&r->turn, lane, l->posted, &r->job->simulation->step);
    if (!post_receives(r, lane, l->posted))
        return false;
    l->steps[l->posted++ % JOB_STEPS_KEPT].receives_left = r->job->simulation->step.receive_count;
    return true;
}

static bool submit_next(struct job_rank *r, unsigned lane)
{
    struct job_lane *l = &r->lanes[lane];
    if (l->submitted >= r->turn.steps || l->submitted > l->arrived)
        return false;
    workload_step(&r->turn, lane, l->submitted, &r->job->simulation->step);
    if (!submit_sends(r, lane, l->submitted))
        return false;
    l->steps[l->submitted++ % JOB_STEPS_KEPT].sends_left = r->job->simulation->step.send_count;
    return true;
}

/* Only for a lane that has steps left. */
void job_rank_pump_lane(struct job_rank *r, unsigned lane)
{
    struct job_lane *l = &r->lanes[lane];
    bool moved = true;
    while (moved && !r->failed) {
        moved = settle(l);
        if (l->finished == r->turn.steps) {
            if (--r->lanes_left == 0)
                job_rank_end_phase(r);
            return;
        }
        moved |= post_next(r, lane);
        moved |= submit_next(r, lane);
    }
}

void job_rank_pump(struct job_rank *r)
{
    r->blocked = false;
    for (unsigned lane = 0; r->running && lane < r->turn.lanes; lane++) {
        if (r->lanes[lane].finished < r->turn.steps)
            job_rank_pump_lane(r, lane);
    }
}
