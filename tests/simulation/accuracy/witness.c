/* SPDX-License-Identifier: BSD-3-Clause */
#include "tests/simulation/accuracy/witness.h"

#include "tools/sim/memory.h"

enum {
    OPERATION = 4,         /* enum app_operation: which one it is does not matter here */
    PROBE_IDENTITY = 1000, /* of a probe's communicator, at least */
    SEEDS_TRIED = 100000
};

#define LONE_GAP_NS (20 * NSEC_PER_USEC) /* sixteen of them take about a step */

/* ---- records ---- */

static nsec_t later_by(nsec_t at, nsec_t than)
{
    return at > than ? at - than : 0;
}

static struct timing_record begin_record(const struct witness *w, const struct operation *o,
                                         enum timing_kind kind)
{
    const struct job_rank *r = o->rank;
    uint32_t peer = w->simulation->hosts[r->job->rank_hosts[o->peer_rank]].address;
    bool received = kind == TIMING_RECEIVED;
    return (struct timing_record){.communicator = r->job->config.identity,
                                  .sequence = r->iteration,
                                  .at_ns = simulation_now(w->simulation),
                                  .source = received ? peer : r->host->address,
                                  .destination = received ? r->host->address : peer,
                                  .rank = r->rank,
                                  .peer_rank = o->peer_rank,
                                  .rank_count = r->job->config.rank_count,
                                  .step = o->step,
                                  .path = TIMING_PATH_NONE,
                                  .operation = OPERATION,
                                  .kind = (uint8_t)kind,
                                  .pieces = 1};
}

static void tell(struct witness *w, uint32_t reporter, const struct timing_record *record)
{
    localiser_take_record(w->localiser, reporter, record, simulation_now(w->simulation));
    w->records++;
}

static void add_leg(const struct message_leg *leg, struct timing_record *r)
{
    r->bytes = leg->bytes;
    r->at_ns = leg->last_acked_at;
    r->network_ns = leg->last_acked_at - leg->first_sent_at;
    r->minimum_rtt_ns = leg->minimum_rtt_ns;
    r->packets = leg->packets;
    r->retransmits = leg->retransmits;
    r->marks = leg->marked_packets;
    r->path = leg->path == LEG_NO_PATH ? TIMING_PATH_NONE : leg->path;
}

/* ---- messages ---- */

static void tell_sent(struct witness *w, struct host *host, const struct operation *o,
                      const struct event *event)
{
    struct timing_record r = begin_record(w, o, TIMING_SENT);
    struct message_leg leg;
    r.ready_ns = later_by(event->ready_at, event->credited_at);
    r.credit_ns = later_by(event->credited_at, event->ready_at);
    while (transport_next_leg(host->transport, &leg)) {
        add_leg(&leg, &r);
        if (!leg.abandoned && leg.bytes > 0)
            tell(w, r.source, &r);
    }
}

static void tell_received(struct witness *w, const struct operation *o, const struct event *event)
{
    struct timing_record r = begin_record(w, o, TIMING_RECEIVED);
    r.bytes = event->bytes;
    r.packets = 1;
    r.credit_ns = later_by(event->begun_at, event->ready_at);
    r.drain_ns = later_by(simulation_now(w->simulation), event->arrived_at);
    tell(w, r.destination, &r);
}

/* What a rank did in an operation, by its own clock. */
struct deed {
    enum timing_kind kind;
    unsigned iteration;
    nsec_t at, duration_ns;
};

static void tell_rank(struct witness *w, const struct job_rank *r, const struct deed *deed)
{
    struct timing_record record = {.communicator = r->job->config.identity,
                                   .sequence = deed->iteration,
                                   .at_ns = deed->at,
                                   .network_ns = deed->duration_ns,
                                   .source = r->host->address,
                                   .destination = r->host->address,
                                   .rank = r->rank,
                                   .rank_count = r->job->config.rank_count,
                                   .path = TIMING_PATH_NONE,
                                   .operation = OPERATION,
                                   .kind = (uint8_t)deed->kind};
    tell(w, r->host->address, &record);
}

/* A rank that is seen in the next iteration has ended the one before. */
static void follow_rank(struct witness *w, const struct job_rank *r)
{
    struct witness_rank *seen = &w->ranks[r->job->config.identity - 1][r->rank];
    if (!seen->seen || seen->iteration != r->iteration) {
        if (seen->seen)
            tell_rank(w, r,
                      &(struct deed){.kind = TIMING_ENDED,
                                     .iteration = seen->iteration,
                                     .at = seen->last_at,
                                     .duration_ns = seen->last_at - seen->started_at});
        *seen =
            (struct witness_rank){.iteration = r->iteration, .started_at = r->phase_started, .seen = true};
        tell_rank(w, r,
                  &(struct deed){.kind = TIMING_ENTERED, .iteration = r->iteration, .at = r->phase_started});
    }
    seen->last_at = simulation_now(w->simulation);
    if (r->job->config.identity == 1 && r->iteration > w->iteration)
        w->iteration = r->iteration;
}

static void tell_path(struct witness *w, struct host *host, const struct event *event)
{
    bool silent = event->kind == EVENT_PATH_DOWN;
    struct timing_record r = {.communicator = 1,
                              .source = host->address,
                              .destination = transport_peer_address(host->transport, event->peer),
                              .path = event->path,
                              .network_ns = silent ? event->silent_ns : 0,
                              .retransmits = silent ? event->timeouts : 0,
                              .kind = silent ? TIMING_SILENT : TIMING_ANSWERS};
    tell(w, host->address, &r);
}

/* ---- probes ---- */

static struct witness_probe *probe_of(struct witness *w, const struct job_rank *r)
{
    uint64_t identity = r->job->config.identity;
    return identity >= PROBE_IDENTITY ? &w->probes[identity - PROBE_IDENTITY] : NULL;
}

static void tell_probe(struct witness *w, struct host *host, struct witness_probe *p)
{
    struct timing_record r = {.sequence = p->request.number,
                              .step = p->answered++,
                              .source = p->request.source,
                              .destination = p->request.destination,
                              .path = p->request.path,
                              .kind = TIMING_PROBE};
    struct message_leg leg;
    while (transport_next_leg(host->transport, &leg)) {
        if (p->request.path != TIMING_PATH_NONE && (leg.path != p->request.path || leg.abandoned))
            continue; /* what the transport has moved elsewhere says nothing of this path */
        r.packets += leg.packets;
        r.retransmits += leg.retransmits;
        r.network_ns = later_by(leg.last_acked_at, leg.first_sent_at);
    }
    if (r.packets == 0) /* it believes the path dead, and has gone around it */
        r.packets = r.retransmits = p->request.packets;
    tell(w, p->request.source, &r);
}

static uint32_t seed_of_addresses(const struct witness *w, uint64_t pair, uint32_t path)
{
    unsigned paths = w->simulation->topology.shape.spines;
    for (uint32_t seed = 0; seed < SEEDS_TRIED; seed++)
        if (path == TIMING_PATH_NONE || mix64_pair(seed, pair) % paths == path)
            return seed;
    return 0;
}

uint32_t witness_seed_for(const struct witness *w, uint32_t from, uint32_t to, uint32_t path)
{
    const struct host *hosts = w->simulation->hosts;
    return seed_of_addresses(w, (uint64_t)hosts[from].address << 32 | hosts[to].address, path);
}

static uint32_t host_at(const struct witness *w, uint32_t address)
{
    return address - w->simulation->hosts[0].address;
}

static void send_probe(struct witness *w, const struct probe_request *request)
{
    struct simulation *s = w->simulation;
    if (request->turns_at_spine || w->probe_count == WITNESS_PROBES_MAX)
        return; /* simulated routers answer nothing */
    struct witness_probe *p = &w->probes[w->probe_count];
    p->request = *request;
    p->hosts[0] = host_at(w, request->destination); /* an incast of one: rank 1 sends to rank 0 */
    p->hosts[1] = host_at(w, request->source);
    p->workload =
        (struct workload){.kind = WORKLOAD_INCAST,
                          .ranks = 2,
                          .bytes = (uint64_t)request->packets * s->config.transport.payload_bytes_max};
    job_add(s, &(struct job_config){.name = "probe",
                                    .identity = PROBE_IDENTITY + w->probe_count++,
                                    .rank_hosts = p->hosts,
                                    .rank_count = 2,
                                    .path_mode = PATH_MODE_HASH,
                                    .hash_seed = witness_seed_for(w, p->hosts[1], p->hosts[0], request->path),
                                    .iterations = request->repeats,
                                    .open_at = simulation_now(s) + 1,
                                    .start_at = simulation_now(s) + 20 * NSEC_PER_USEC,
                                    .gap_ns = request->lone ? LONE_GAP_NS : 0,
                                    .deadline_at = NSEC_NEVER,
                                    .may_fail = true,
                                    .workload = &p->workload});
}

void witness_serve_probes(struct witness *w)
{
    struct probe_request request;
    while (localiser_next_probe(w->localiser, &request))
        send_probe(w, &request);
}

/* ---- watching ---- */

static void on_message(struct witness *w, struct host *host, const struct event *event)
{
    const struct operation *o = operation_at(&w->simulation->operations, event->cookie);
    if (o == NULL || event->status != EVENT_OK)
        return;
    struct witness_probe *probe = probe_of(w, o->rank);
    if (probe != NULL) {
        if (event->kind == EVENT_SENT)
            tell_probe(w, host, probe);
        return;
    }
    if (o->rank->job->config.identity > w->job_count) /* others' */
        return;
    follow_rank(w, o->rank);
    if (event->kind == EVENT_SENT)
        tell_sent(w, host, o, event);
    else
        tell_received(w, o, event);
}

static void on_event(void *context, struct host *host, const struct event *event)
{
    struct witness *w = context;
    if (event->kind == EVENT_SENT || event->kind == EVENT_RECEIVED)
        on_message(w, host, event);
    else if (event->kind == EVENT_PATH_DOWN || event->kind == EVENT_PATH_UP)
        tell_path(w, host, event);
}

void witness_begin(struct witness *w, struct simulation *s, struct localiser *l, unsigned job_count)
{
    *w = (struct witness){.simulation = s, .localiser = l, .job_count = job_count};
    s->watch = (struct simulation_watch){.on_event = on_event, .context = w};
}
