/* SPDX-License-Identifier: BSD-3-Clause */
#include "dataplane/daemon/worker_trace.h"

#include "dataplane/formats/tracepoint.h"

TRACEPOINT_DEFINE(message_sent);
TRACEPOINT_DEFINE(message_received);
TRACEPOINT_DEFINE(communicator_opened);
TRACEPOINT_DEFINE(communicator_closed);
TRACEPOINT_DEFINE(path_silent);
TRACEPOINT_DEFINE(path_answers);

/* How much later than `earlier`; 0 when it was not, or never happened. */
static nsec_t later_by(nsec_t late, nsec_t early)
{
    return early != 0 && late > early ? late - early : 0;
}

static uint16_t spine_of(const struct worker *w, uint8_t path)
{
    return path < PACKET_PATHS_MAX ? w->spine_of_path[path] : TIMING_PATH_NONE;
}

static struct timing_record begin_record(const struct worker *w, const struct event *event,
                                         enum timing_kind kind)
{
    const struct transfer *transfer = &w->transfers.transfers[event->cookie];
    const struct communicator *communicator =
        communicator_table_slot(&w->sessions[transfer->session]->communicators, transfer->handle);
    return (struct timing_record){.communicator = communicator->identity,
                                  .sequence = transfer->sequence,
                                  .plan_epoch = transfer->plan_epoch,
                                  .rank = communicator->rank,
                                  .peer_rank = transfer->peer_rank,
                                  .rank_count = communicator->rank_count,
                                  .step = transfer->step,
                                  .path = TIMING_PATH_NONE,
                                  .operation = transfer->operation,
                                  .kind = (uint8_t)kind,
                                  .flags = event->status == EVENT_OK ? 0 : TIMING_FAILED,
                                  .pieces = 1};
}

static void add_leg(const struct worker *w, const struct message_leg *leg, struct timing_record *record)
{
    record->at_ns = w->clock_base + leg->last_acked_at;
    record->bytes = leg->bytes;
    record->network_ns = leg->last_acked_at - leg->first_sent_at;
    record->minimum_rtt_ns = leg->minimum_rtt_ns;
    record->packets = leg->packets;
    record->retransmits = leg->retransmits;
    record->marks = leg->marked_packets;
    record->path = spine_of(w, leg->path);
}

/* One record for each path, or one that says that it never came so far. */
static void trace_sent(struct worker *w, const struct event *event)
{
    struct message_leg legs[PACKET_PATHS_MAX];
    struct timing_record record = begin_record(w, event, TIMING_SENT);
    unsigned count = 0;
    while (count < PACKET_PATHS_MAX && transport_next_leg(w->config.transport, &legs[count]))
        count++;
    record.at_ns = w->clock_base + w->now;
    record.source = w->config.address;
    record.destination = transport_peer_address(w->config.transport, event->peer);
    record.ready_ns = later_by(event->ready_at, event->credited_at);
    record.credit_ns = later_by(event->credited_at, event->ready_at);
    record.pieces = (uint16_t)(count > 0 ? count : 1);
    record.flags |= w->carrier != NULL ? TIMING_BY_NIC : 0;
    if (count == 0)
        TRACEPOINT_FIRE(message_sent, &record);
    for (unsigned i = 0; i < count; i++) {
        add_leg(w, &legs[i], &record);
        TRACEPOINT_FIRE(message_sent, &record);
    }
}

static void trace_received(struct worker *w, const struct event *event)
{
    struct timing_record record = begin_record(w, event, TIMING_RECEIVED);
    nsec_t now = worker_read_clock(w);
    record.at_ns = w->clock_base + now;
    record.source = transport_peer_address(w->config.transport, event->peer);
    record.destination = w->config.address;
    record.bytes = event->bytes;
    record.credit_ns = later_by(event->begun_at, event->ready_at);
    record.drain_ns = later_by(now, event->arrived_at);
    record.packets = record.bytes > 0;
    TRACEPOINT_FIRE(message_received, &record);
}

void worker_trace_message(struct worker *w, const struct event *event)
{
    if (event->kind == EVENT_SENT && TRACEPOINT_IS_WATCHED(message_sent))
        trace_sent(w, event);
    else if (event->kind == EVENT_RECEIVED && TRACEPOINT_IS_WATCHED(message_received))
        trace_received(w, event);
}

static struct timing_record of_communicator(const struct worker *w, const struct communicator *communicator,
                                            enum timing_kind kind)
{
    return (struct timing_record){.communicator = communicator->identity,
                                  .at_ns = w->clock_base + w->now,
                                  .source = w->config.address,
                                  .destination = w->config.address,
                                  .rank = communicator->rank,
                                  .rank_count = communicator->rank_count,
                                  .path = TIMING_PATH_NONE,
                                  .kind = (uint8_t)kind};
}

void worker_trace_opened(struct worker *w, const struct communicator *communicator)
{
    if (!TRACEPOINT_IS_WATCHED(communicator_opened))
        return;
    struct timing_record record = of_communicator(w, communicator, TIMING_OPENED);
    TRACEPOINT_FIRE(communicator_opened, &record);
}

void worker_trace_closed(struct worker *w, const struct communicator *communicator)
{
    if (!TRACEPOINT_IS_WATCHED(communicator_closed))
        return;
    struct timing_record record = of_communicator(w, communicator, TIMING_CLOSED);
    TRACEPOINT_FIRE(communicator_closed, &record);
}

void worker_trace_path(struct worker *w, const struct event *event)
{
    if (!TRACEPOINT_IS_WATCHED(path_silent) && !TRACEPOINT_IS_WATCHED(path_answers))
        return;
    struct timing_record record = {.at_ns = w->clock_base + w->now,
                                   .source = w->config.address,
                                   .destination = transport_peer_address(w->config.transport, event->peer),
                                   .network_ns = event->silent_ns,
                                   .retransmits = event->timeouts,
                                   .packets = event->timeouts,
                                   .path = spine_of(w, event->path)};
    if (event->kind == EVENT_PATH_DOWN) {
        record.kind = TIMING_SILENT;
        TRACEPOINT_FIRE(path_silent, &record);
    } else {
        record.kind = TIMING_ANSWERS;
        TRACEPOINT_FIRE(path_answers, &record);
    }
}
