/* SPDX-License-Identifier: BSD-3-Clause */
#include "tests/unit/transport/fabric.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "dataplane/transport/congestion.h"
#include "dataplane/transport/random.h"

enum {
    FIRST_ADDRESS = 0x0a000001
};

static uint32_t address_of(unsigned host)
{
    return FIRST_ADDRESS + host;
}

/* ---- the packets under way ---- */

static bool earlier(const struct fabric_packet *a, const struct fabric_packet *b)
{
    return a->at != b->at ? a->at < b->at : a->order < b->order;
}

static void push(struct fabric *f, struct fabric_packet *packet)
{
    if (f->queue_count == f->queue_capacity) {
        f->queue_capacity = f->queue_capacity ? 2 * f->queue_capacity : 256;
        f->queue = realloc(f->queue, f->queue_capacity * sizeof(*f->queue));
    }
    unsigned i = f->queue_count++;
    for (; i > 0 && earlier(packet, f->queue[(i - 1) / 2]); i = (i - 1) / 2)
        f->queue[i] = f->queue[(i - 1) / 2];
    f->queue[i] = packet;
}

static struct fabric_packet *pop(struct fabric *f)
{
    struct fabric_packet *first = f->queue[0], *last = f->queue[--f->queue_count];
    unsigned i = 0;
    for (unsigned child; (child = 2 * i + 1) < f->queue_count; i = child) {
        if (child + 1 < f->queue_count && earlier(f->queue[child + 1], f->queue[child]))
            child++;
        if (!earlier(f->queue[child], last))
            break;
        f->queue[i] = f->queue[child];
    }
    f->queue[i] = last;
    return first;
}

/* ---- hosts ---- */

static void open_host(struct fabric *f, unsigned host)
{
    struct fabric_host *h = &f->hosts[host];
    h->transport = transport_create(&h->config);
    assert(h->transport != NULL);
    struct path_entry paths[PACKET_PATHS_MAX];
    for (unsigned i = 0; i < f->path_count; i++)
        paths[i].source_port = PATH_PORT(i);
    for (unsigned i = 0; i < f->host_count; i++) {
        int peer = transport_add_peer(h->transport, address_of(i), i);
        h->rank_peers[i] = (uint16_t)peer;
        transport_set_paths(h->transport, (uint16_t)peer, paths, i == host ? 1 : f->path_count, f->now);
    }
}

static void open_communicator(struct fabric *f, unsigned host, enum path_mode mode)
{
    struct fabric_host *h = &f->hosts[host];
    struct communicator_config config = {.identity = FABRIC_COMMUNICATOR,
                                         .rank = host,
                                         .rank_count = f->host_count,
                                         .rank_peers = h->rank_peers,
                                         .path_mode = mode,
                                         .owner = 7,
                                         .owner_handle = host};
    h->communicator = transport_open_communicator(h->transport, &config, f->now);
}

struct fabric *fabric_create(const struct fabric_config *config)
{
    struct fabric *f = calloc(1, sizeof(*f));
    f->now = NSEC_PER_SEC;
    f->host_count = config->hosts;
    f->path_count = config->paths;
    f->memory_bytes = config->memory_bytes;
    for (unsigned i = 0; i < f->host_count; i++) {
        struct fabric_host *h = &f->hosts[i];
        transport_config_default(&h->config, 1250000000, 2 * FABRIC_DELAY_NS);
        h->config.address = address_of(i);
        h->config.incarnation = 100 + i;
        h->config.seed = 1000 + i;
        h->config.paths_max = (uint16_t)(f->path_count > 8 ? f->path_count : 8);
        h->config.peers_max = FABRIC_HOSTS_MAX;
        h->config.messages_max = 256;
        h->config.pieces_max = 4096;
        h->config.payload_bytes_max = 1024;
        h->config.congestion = congestion_control_by_name(config->congestion ? config->congestion : "none");
        if (config->tune != NULL)
            config->tune(&h->config);
        h->memory = calloc(1, f->memory_bytes ? f->memory_bytes : 1);
        open_host(f, i);
    }
    for (unsigned i = 0; i < f->host_count; i++)
        open_communicator(f, i, config->mode);
    return f;
}

void fabric_destroy(struct fabric *f)
{
    while (f->queue_count > 0)
        free(pop(f));
    free(f->queue);
    for (unsigned i = 0; i < f->host_count; i++) {
        transport_destroy(f->hosts[i].transport);
        free(f->hosts[i].memory);
    }
    free(f);
}

void fabric_kill(struct fabric *f, unsigned host)
{
    transport_destroy(f->hosts[host].transport);
    f->hosts[host].transport = NULL;
}

void fabric_restart(struct fabric *f, unsigned host)
{
    fabric_kill(f, host);
    f->hosts[host].config.incarnation += 1000;
    f->hosts[host].event_count = 0;
    open_host(f, host);
    open_communicator(f, host, PATH_MODE_WRAP);
}

/* ---- traffic ---- */

static struct flow_request request_of(const struct fabric_flow *flow, unsigned peer_rank, uint64_t offset)
{
    return (struct flow_request){.cookie = flow->tag,
                                 .peer_rank = peer_rank,
                                 .tag = flow->tag,
                                 .offset = offset,
                                 .bytes = flow->bytes,
                                 .chunk_bytes = flow->chunk_bytes};
}

enum submit_result fabric_send(struct fabric *f, const struct fabric_flow *flow)
{
    struct fabric_host *h = &f->hosts[flow->from];
    struct flow_request request = request_of(flow, flow->to, flow->from_offset);
    request.chunk_bytes = 0;
    return transport_send_batch(h->transport, (uint32_t)h->communicator, &(struct flow_batch){&request, 1},
                                f->now);
}

enum submit_result fabric_receive(struct fabric *f, const struct fabric_flow *flow)
{
    struct fabric_host *h = &f->hosts[flow->to];
    struct flow_request request = request_of(flow, flow->from, flow->to_offset);
    return transport_receive_batch(h->transport, (uint32_t)h->communicator, &(struct flow_batch){&request, 1},
                                   f->now);
}

static struct fabric_packet *carry(struct fabric *f, unsigned from, const struct outgoing_packet *out,
                                   nsec_t at)
{
    struct fabric_packet *packet = malloc(sizeof(*packet) + out->header_bytes + out->length);
    *packet = (struct fabric_packet){.at = at,
                                     .order = f->order++,
                                     .from = from,
                                     .to = out->destination - FIRST_ADDRESS,
                                     .source_port = out->source_port,
                                     .ecn = out->ecn_capable ? 2 : 0,
                                     .length = (uint16_t)(out->header_bytes + out->length)};
    memcpy(packet->bytes, out->header, out->header_bytes);
    if (out->length > 0) {
        assert(out->offset + out->length <= f->memory_bytes);
        memcpy(packet->bytes + out->header_bytes, f->hosts[from].memory + out->offset, out->length);
    }
    return packet;
}

static void trim(struct fabric_packet *packet)
{
    if (((const struct packet_header *)packet->bytes)->type != PACKET_DATA ||
        packet->length == sizeof(struct packet_data))
        return;
    packet->trimmed = true;
    packet->length = sizeof(struct packet_data);
}

static void transmit(struct fabric *f, unsigned from, const struct outgoing_packet *out)
{
    struct fabric_packet *packet = carry(f, from, out, f->now + FABRIC_DELAY_NS);
    f->packets++;
    enum fault fault = f->fault != NULL && packet->to != from ? f->fault(f, packet) : FAULT_NONE;
    switch (fault) {
    case FAULT_NONE:
        break;
    case FAULT_LOSE:
        f->lost++;
        free(packet);
        return;
    case FAULT_DOUBLE:
        push(f, carry(f, from, out, f->now + 2 * FABRIC_DELAY_NS));
        break;
    case FAULT_MARK:
        packet->ecn = packet->ecn == 2 ? 3 : packet->ecn;
        break;
    case FAULT_TRIM:
        trim(packet);
        break;
    case FAULT_DELAY:
        packet->at += 10 * FABRIC_DELAY_NS;
        break;
    }
    push(f, packet);
}

static void take_events(struct fabric_host *h)
{
    struct event event;
    while (transport_next_event(h->transport, &event)) {
        assert(h->event_count < FABRIC_EVENTS_MAX);
        h->events[h->event_count++] = event;
        while (h->leg_count < FABRIC_LEGS_MAX && transport_next_leg(h->transport, &h->legs[h->leg_count]))
            h->leg_count++;
    }
}

static void serve(struct fabric *f, unsigned host)
{
    struct fabric_host *h = &f->hosts[host];
    struct outgoing_packet out[32];
    unsigned count;
    if (h->transport == NULL)
        return;
    take_events(h);
    while ((count = transport_prepare_packets(h->transport, out, 32, f->now)) > 0) {
        for (unsigned i = 0; i < count; i++)
            transmit(f, host, &out[i]);
    }
    take_events(h);
}

/* A NIC that carries the channels says so when a packet has arrived; what is not numbered it does not carry.
 */
static void tell_sender(struct fabric *f, const struct fabric_packet *packet)
{
    struct fabric_host *from = &f->hosts[packet->from];
    struct packet_header header;
    memcpy(&header, packet->bytes, sizeof(header));
    bool numbered = header.type == PACKET_DATA || header.type == PACKET_CREDIT ||
                    header.type == PACKET_CREDIT_PLACED || header.type == PACKET_ABORT ||
                    header.type == PACKET_VOID || header.type == PACKET_TOO_LONG;
    if (from->config.reliable_nic && from->transport != NULL && numbered)
        transport_on_delivered(from->transport, address_of(packet->to), &header, f->now);
}

static void deliver(struct fabric *f, struct fabric_packet *packet)
{
    struct fabric_host *h = &f->hosts[packet->to];
    struct received_packet received = {.source = address_of(packet->from),
                                       .source_port = packet->source_port,
                                       .ecn = packet->ecn,
                                       .trimmed = packet->trimmed,
                                       .length = packet->length,
                                       .bytes = packet->bytes};
    struct placement placement;
    if (h->transport != NULL) {
        transport_receive(h->transport, &received, &placement, f->now);
        if (placement.length > 0) {
            assert(placement.offset + placement.length <= f->memory_bytes);
            memcpy(h->memory + placement.offset, placement.payload, placement.length);
        }
        tell_sender(f, packet);
        serve(f, packet->to);
    }
    free(packet);
}

static nsec_t next_wakeup(const struct fabric *f)
{
    nsec_t next = f->queue_count > 0 ? f->queue[0]->at : NSEC_NEVER;
    for (unsigned i = 0; i < f->host_count; i++) {
        nsec_t at = f->hosts[i].transport ? transport_next_wakeup(f->hosts[i].transport) : NSEC_NEVER;
        next = at < next ? at : next;
    }
    return next;
}

void fabric_run(struct fabric *f, nsec_t until)
{
    for (unsigned i = 0; i < f->host_count; i++)
        serve(f, i);
    for (nsec_t next; (next = next_wakeup(f)) <= until;) {
        f->now = next > f->now ? next : f->now;
        while (f->queue_count > 0 && f->queue[0]->at <= f->now)
            deliver(f, pop(f));
        for (unsigned i = 0; i < f->host_count; i++)
            serve(f, i);
    }
    if (until != NSEC_NEVER && until > f->now)
        f->now = until;
}

unsigned fabric_count(const struct fabric *f, unsigned host, enum event_kind kind, enum event_status status)
{
    unsigned count = 0;
    for (unsigned i = 0; i < f->hosts[host].event_count; i++)
        count += f->hosts[host].events[i].kind == kind && f->hosts[host].events[i].status == status;
    return count;
}

const struct event *fabric_find(const struct fabric *f, unsigned host, enum event_kind kind, uint64_t cookie)
{
    for (unsigned i = 0; i < f->hosts[host].event_count; i++) {
        if (f->hosts[host].events[i].kind == kind && f->hosts[host].events[i].cookie == cookie)
            return &f->hosts[host].events[i];
    }
    return NULL;
}

struct transport_counters fabric_counters(const struct fabric *f, unsigned host)
{
    struct transport_counters counters;
    transport_get_counters(f->hosts[host].transport, &counters);
    return counters;
}
