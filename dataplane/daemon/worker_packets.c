/* SPDX-License-Identifier: BSD-3-Clause */
#include <assert.h>

#include "dataplane/daemon/link_service.h"
#include "dataplane/daemon/worker_links.h"

enum {
    PROBE_TTL = 2, /* ends at the second router: the spine */
    DATA_TTL = 64,
    CATCH_UP_BURSTS = 64 /* as many frames as a device's queue has */
};

/* Of a frame in two parts the transport reads the first only: of data packets no more than the header, of
 * others, which are never that long, no more than the type. */
static_assert(sizeof(struct packet_data) <= FRAME_FIRST_PART_BYTES_MIN,
              "headers of data are in the first part");
static_assert(PACKET_HEADER_BYTES_MAX < (int)FRAME_SECOND_PART_BYTES_MIN, "others are too long in two parts");

/* One packet from the wire or from ourselves: to the transport, its payload to its place, and what became of
 * it to the applications. */
static void take_packet(struct worker *w, const struct received_frame *frame)
{
    struct placement placement = {.length = 0};
    struct received_packet packet = {.source = frame->source,
                                     .source_port = frame->source_port,
                                     .ecn = frame->ecn,
                                     .length = frame->length + frame->payload_bytes,
                                     .bytes = frame->bytes};
    transport_receive(w->config.transport, &packet, &placement, w->now);
    if (placement.length > 0)
        received_frame_copy(frame, (uint32_t)(placement.payload - frame->bytes),
                            region_table_at(&w->regions, placement.region, placement.offset),
                            placement.length);
    worker_deliver_events(w);
}

static void take_frame(struct worker *w, const struct received_frame *frame)
{
    if (frame->kind == FRAME_UDP) {
        if (!worker_links_see(w, frame))
            take_packet(w, frame);
        return;
    }
    struct notice notice = {.kind = NOTICE_TIME_EXCEEDED,
                            .answer = {.router = frame->source,
                                       .quote = {.destination = frame->quoted_destination,
                                                 .source_port = frame->source_port,
                                                 .id = frame->quoted_id}}};
    worker_notify(w, &notice);
}

static unsigned take_loopback(struct worker *w)
{
    unsigned taken = 0;
    const struct loopback_packet *first;
    for (; (first = loopback_first(&w->loopback)); taken++) {
        struct received_frame frame = {.source = w->config.address,
                                       .source_port = first->source_port,
                                       .ecn = first->ecn,
                                       .length = first->length,
                                       .bytes = first->bytes};
        take_packet(w, &frame);
        worker_links_on_looped_back(w, first->bytes);
        loopback_drop(&w->loopback);
    }
    w->loopback_packets += taken;
    return taken;
}

static unsigned take_burst(struct worker *w)
{
    struct received_frame frames[WORKER_BURST];
    unsigned count = port_receive(w->config.port, frames, WORKER_BURST);
    for (unsigned i = 0; i < count; i++)
        take_frame(w, &frames[i]);
    port_release(w->config.port, frames, count);
    return count;
}

/* A worker that shares its core may come late, to more than a burst: it takes what has come before timers
 * speak, or a path whose answer lies behind that burst would seem silent. */
unsigned worker_receive_packets(struct worker *w)
{
    unsigned bursts = w->config.sleep ? CATCH_UP_BURSTS : 1, total = 0, count;
    do {
        count = take_burst(w);
        total += count;
    } while (count == WORKER_BURST && --bursts > 0);
    return total + take_loopback(w);
}

static const uint8_t *payload_of(const struct worker *w, const struct outgoing_packet *packet)
{
    return packet->length > 0 ? region_table_at(&w->regions, packet->region, packet->offset) : NULL;
}

static void loop_back(struct worker *w, const struct outgoing_packet *packet)
{
    struct loopback_frame frame = {.source_port = packet->source_port,
                                   .ecn_capable = packet->ecn_capable,
                                   .header_bytes = packet->header_bytes,
                                   .payload_bytes = packet->length,
                                   .header = packet->header,
                                   .payload = payload_of(w, packet)};
    loopback_put(&w->loopback, &frame);
}

static void add_frame(struct worker *w, const struct outgoing_packet *packet)
{
    w->frames[w->frame_count++] = (struct sent_frame){.destination = packet->destination,
                                                      .source_port = worker_links_port(w, packet),
                                                      .ttl = DATA_TTL,
                                                      .ecn_capable = packet->ecn_capable,
                                                      .header_bytes = packet->header_bytes,
                                                      .payload_bytes = packet->length,
                                                      .header = packet->header,
                                                      .payload = payload_of(w, packet)};
}

static void add_frames(struct worker *w, const struct outgoing_packet *packet)
{
    for (unsigned left = worker_links_copies(w, packet); left > 0; left--)
        add_frame(w, packet);
}

static void report_unresolved(struct worker *w)
{
    struct notice notice = {.kind = NOTICE_UNRESOLVED};
    while (port_take_unresolved(w->config.port, &notice.address))
        worker_notify(w, &notice);
}

/* Gives the port what it has not taken yet; false when some is left. */
static bool push_frames(struct worker *w)
{
    unsigned waiting = w->frame_count - w->frame_first;
    unsigned taken = port_transmit(w->config.port, w->frames + w->frame_first, waiting);
    w->frame_first += taken;
    report_unresolved(w);
    return taken == waiting;
}

unsigned worker_send_packets(struct worker *w)
{
    if (w->frame_first < w->frame_count && !push_frames(w))
        return 0;
    unsigned room = loopback_room(&w->loopback);
    unsigned count = transport_prepare_packets(w->config.transport, w->outgoing,
                                               room < WORKER_BURST ? room : WORKER_BURST, w->now);
    w->frame_first = w->frame_count = 0;
    for (unsigned i = 0; i < count; i++) {
        if (w->outgoing[i].destination == w->config.address)
            loop_back(w, &w->outgoing[i]);
        else if (!worker_links_send(w, &w->outgoing[i]))
            add_frames(w, &w->outgoing[i]);
    }
    worker_links_flush(w);
    if (w->frame_count > 0)
        push_frames(w);
    return count;
}

void worker_send_probes(struct worker *w, const struct path_probe *probes, unsigned count)
{
    struct sent_frame frames[COMMAND_PROBES_MAX];
    for (unsigned i = 0; i < count; i++)
        frames[i] = (struct sent_frame){.destination = probes[i].destination,
                                        .source_port = probes[i].source_port,
                                        .destination_port = w->carrier ? LINK_SERVICE_PROBED_PORT : 0,
                                        .ttl = PROBE_TTL,
                                        .id = probes[i].id,
                                        .header_bytes = sizeof(w->probe_header),
                                        .header = (const uint8_t *)&w->probe_header};
    port_transmit(w->config.port, frames, count); /* what the port does not take is a lost probe */
    report_unresolved(w);
}
