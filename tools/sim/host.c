/* SPDX-License-Identifier: BSD-3-Clause */
#include "tools/sim/host.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "tools/sim/job.h"
#include "tools/sim/memory.h"
#include "tools/sim/path_reports.h"
#include "tools/sim/simulation.h"

enum {
    FIRST_ADDRESS = 0x0a000001,
    BURST_PACKETS = 32,
    SERVE_AGAIN_NS = 20, /* a worker that polls comes round after this */
    NIC_BACKLOG_PACKETS_MAX = 256,
    ANSWER_BYTES_MAX = 200, /* a host that goes on answers all that it has held at once */
    REPEATED_ACKS = 20000
};

/* ---- life ---- */

static void start_transport(struct host *host)
{
    host->transport = transport_create(&host->config);
    if (host->transport == NULL) {
        fprintf(stderr, "weft-sim: transport_create refuses the configuration\n");
        exit(1);
    }
}

void host_init(struct simulation *s, struct host *host, uint32_t number)
{
    *host = (struct host){.number = number, .address = FIRST_ADDRESS + number, .config = s->config.transport};
    host->config.address = host->address;
    host->config.incarnation = 1 + (uint32_t)(mix64_pair(s->config.seed, 3 + number) >> 33);
    host->config.seed = mix64_pair(s->config.seed, 0x10000 + number);
    host->config.rate_bytes_per_s = s->config.topology.host_link.rate_bytes_per_s;
    start_transport(host);
}

static void free_wakes(struct host_wake *wake)
{
    while (wake != NULL) {
        struct host_wake *below = wake->below;
        free(wake);
        wake = below;
    }
}

void host_destroy(struct host *host)
{
    transport_destroy(host->transport);
    free_wakes(host->next_wake);
    free_wakes(host->free_wakes);
}

uint16_t host_peer(struct simulation *s, struct host *host, uint32_t other)
{
    const struct topology *t = &s->topology;
    struct path_entry entries[PACKET_PATHS_MAX];
    uint16_t ports[PACKET_PATHS_MAX];
    int peer = transport_add_peer(host->transport, FIRST_ADDRESS + other, topology_leaf_of(t, other));
    assert(peer >= 0);
    unsigned count = topology_path_count(t, host->number, other);
    topology_find_ports(t, host->number, other, ports);
    for (unsigned i = 0; i < count; i++)
        entries[i].source_port = ports[i];
    transport_set_paths(host->transport, (uint16_t)peer, entries, count, simulation_now(s));
    return (uint16_t)peer;
}

/* ---- waking ---- */

static void wake_at(struct simulation *s, struct host *host, nsec_t at)
{
    if (at == NSEC_NEVER || (host->next_wake != NULL && host->next_wake->event.at <= at))
        return;
    struct host_wake *wake = host->free_wakes;
    if (wake != NULL)
        host->free_wakes = wake->below;
    else
        wake = memory_take(1, sizeof(*wake));
    *wake = (struct host_wake){.event = {.kind = SIMULATION_WAKE}, .host = host, .below = host->next_wake};
    host->next_wake = wake;
    event_queue_add(&s->queue, &wake->event, at);
}

void host_on_wake(struct simulation *s, struct host_wake *wake)
{
    struct host *host = wake->host;
    assert(host->next_wake == wake);
    host->next_wake = wake->below;
    wake->below = host->free_wakes;
    host->free_wakes = wake;
    host_serve(s, host);
}

/* ---- sending ---- */

static void transmit(struct simulation *s, struct host *host, struct sim_packet *packet)
{
    link_transmit(&s->links, &s->topology.links[host->number], host->number, packet);
}

static uint64_t content_of(struct simulation *s, const struct host *host, const struct outgoing_packet *out)
{
    struct payload what = {
        .host = host->number, .region = out->region, .length = out->length, .offset = out->offset};
    return out->length > 0 ? operation_read(&s->operations, &what, simulation_now(s)) : 0;
}

static struct sim_packet *make_packet(struct simulation *s, const struct host *host,
                                      const struct outgoing_packet *out)
{
    struct sim_packet *packet = packet_pool_take(&s->packets);
    packet->event.kind = SIMULATION_PACKET;
    packet->source = host->number;
    packet->destination = out->destination - FIRST_ADDRESS;
    packet->wire_bytes = s->config.transport.wire_overhead_bytes + out->header_bytes + out->length;
    packet->source_port = out->source_port;
    packet->payload_bytes = (uint16_t)out->length;
    packet->header_bytes = (uint8_t)out->header_bytes;
    packet->ecn = out->ecn_capable ? 2 : 0;
    packet->damaged = false;
    packet->trimmed = false;
    packet->content = content_of(s, host, out);
    memcpy(packet->header, out->header, out->header_bytes);
    return packet;
}

static void repeat_ack(struct simulation *s, struct host *host, const struct outgoing_packet *out)
{
    const struct packet_header *header = (const struct packet_header *)out->header;
    if (header->type != PACKET_ACK || !simulation_sabotages(s, SABOTAGE_REPEAT_ACKS))
        return;
    for (unsigned i = 0; i < REPEATED_ACKS; i++)
        transmit(s, host, make_packet(s, host, out));
}

static void check_backlog(struct simulation *s, const struct host *host)
{
    const struct link *nic = &s->topology.links[host->number];
    uint64_t most =
        (uint64_t)NIC_BACKLOG_PACKETS_MAX * (s->config.transport.payload_bytes_max + ANSWER_BYTES_MAX) +
        (uint64_t)HOST_HELD_PACKETS_MAX * ANSWER_BYTES_MAX;
    uint64_t backlog_bytes = link_backlog_bytes(nic, simulation_now(s));
    if (backlog_bytes > most)
        complain(&s->complaints, simulation_now(s), COMPLAINT_GROWTH, "host%u's port is %llu bytes behind",
                 host->number, (unsigned long long)backlog_bytes);
}

static void send_packets(struct simulation *s, struct host *host)
{
    struct outgoing_packet out[BURST_PACKETS];
    unsigned count;
    while ((count = transport_prepare_packets(host->transport, out, BURST_PACKETS, simulation_now(s))) > 0) {
        for (unsigned i = 0; i < count; i++) {
            repeat_ack(s, host, &out[i]);
            transmit(s, host, make_packet(s, host, &out[i]));
        }
        check_backlog(s, host);
    }
}

/* ---- events ---- */

static void note_path_event(struct simulation *s, const struct host *host, const struct event *event)
{
    bool up = event->kind == EVENT_PATH_UP;
    simulation_tell(s, "host%u: path %u to peer %u is %s", host->number, event->path, event->peer,
                    up ? "up" : "down");
    planning_on_report(s, &(struct path_report){
                              .host = host->number,
                              .other = transport_peer_address(host->transport, event->peer) - FIRST_ADDRESS,
                              .path = event->path,
                              .dead = !up});
    if (up)
        return;
    s->last_path_death_at = simulation_now(s);
    if (s->first_path_death_at == 0)
        s->first_path_death_at = simulation_now(s);
}

static void take_events(struct simulation *s, struct host *host)
{
    struct event event;
    while (transport_next_event(host->transport, &event)) {
        if (s->watch.on_event != NULL)
            s->watch.on_event(s->watch.context, host, &event);
        if (event.kind == EVENT_PATH_DOWN || event.kind == EVENT_PATH_UP)
            note_path_event(s, host, &event);
        else if (event.kind != EVENT_SENT || !simulation_sabotages(s, SABOTAGE_LOSE_EVENT))
            job_on_event(s, host, &event);
    }
    job_retry(s, host);
}

void host_serve(struct simulation *s, struct host *host)
{
    if (host->transport == NULL || host->paused || host->serving)
        return;
    host->serving = true;
    take_events(s, host);
    send_packets(s, host);
    take_events(s, host);
    host->serving = false;
    nsec_t at = transport_next_wakeup(host->transport), soonest = simulation_now(s) + SERVE_AGAIN_NS;
    wake_at(s, host, at > soonest ? at : soonest);
}

/* ---- receiving ---- */

static void place(struct simulation *s, struct host *host, const struct sim_packet *packet,
                  const struct placement *placement)
{
    struct payload what = {.host = host->number,
                           .region = placement->region,
                           .length = placement->length,
                           .offset = placement->offset,
                           .content = packet->content};
    if (simulation_sabotages(s, SABOTAGE_PLACE_NOWHERE))
        return;
    if (simulation_sabotages(s, SABOTAGE_FLIP_BYTE))
        what.content ^= 1;
    if (simulation_sabotages(s, SABOTAGE_PLACE_ELSEWHERE))
        what.offset += what.length;
    if (simulation_sabotages(s, SABOTAGE_PLACE_TWICE))
        operation_place(&s->operations, &what, simulation_now(s));
    operation_place(&s->operations, &what, simulation_now(s));
}

/* A packet is swallowed and its number acknowledged all the same. */
static void forge_ack(struct simulation *s, struct sim_packet *packet)
{
    struct packet_header *header = (struct packet_header *)packet->header;
    if (header->type != PACKET_DATA || !simulation_sabotages(s, SABOTAGE_FORGE_ACK))
        return;
    header->type = PACKET_VOID;
    packet->header_bytes = sizeof(*header);
    packet->payload_bytes = 0;
}

static void receive(struct simulation *s, struct host *host, struct sim_packet *packet)
{
    forge_ack(s, packet);
    struct received_packet received = {.source = FIRST_ADDRESS + packet->source,
                                       .source_port = packet->source_port,
                                       .ecn = packet->ecn,
                                       .trimmed = packet->trimmed,
                                       .length = (uint16_t)(packet->header_bytes + packet->payload_bytes),
                                       .bytes = packet->header};
    struct placement placement;
    transport_receive(host->transport, &received, &placement, simulation_now(s));
    if (placement.length > 0)
        place(s, host, packet, &placement);
    packet_pool_give(&s->packets, packet);
}

static void hold(struct host *host, struct sim_packet *packet)
{
    packet->event.next = NULL;
    if (host->first_held == NULL)
        host->first_held = &packet->event;
    else
        host->last_held->next = &packet->event;
    host->last_held = &packet->event;
    host->held++;
}

void host_on_packet(struct simulation *s, struct host *host, struct sim_packet *packet)
{
    bool full = host->paused && host->held >= HOST_HELD_PACKETS_MAX;
    host->damaged += packet->damaged;
    host->refused += host->transport == NULL || full;
    if (packet->damaged || host->transport == NULL || full) {
        packet_pool_give(&s->packets, packet);
    } else if (host->paused) {
        hold(host, packet);
    } else {
        receive(s, host, packet);
        host_serve(s, host);
    }
}

/* ---- faults ---- */

static void drop_held(struct simulation *s, struct host *host)
{
    while (host->first_held != NULL) {
        struct sim_event *next = host->first_held->next;
        packet_pool_give(&s->packets, (struct sim_packet *)host->first_held);
        host->first_held = next;
    }
    host->held = 0;
}

void host_pause(struct simulation *s, struct host *host)
{
    simulation_tell(s, "host%u: paused", host->number);
    host->paused = true;
    host->suspect = true;
}

void host_resume(struct simulation *s, struct host *host)
{
    simulation_tell(s, "host%u: goes on", host->number);
    host->paused = false;
    if (host->transport == NULL)
        drop_held(s, host);
    while (host->first_held != NULL) {
        struct sim_event *first = host->first_held;
        host->first_held = first->next;
        host->held--;
        receive(s, host, (struct sim_packet *)first);
        host_serve(s, host);
    }
    host_serve(s, host);
}

void host_kill(struct simulation *s, struct host *host)
{
    if (host->transport == NULL)
        return;
    simulation_tell(s, "host%u: killed", host->number);
    host_add_counters(host, &host->former);
    transport_destroy(host->transport);
    host->transport = NULL;
    host->suspect = true;
    drop_held(s, host);
    planning_on_host_killed(s, host);
    job_on_host_killed(s, host);
}

void host_start(struct simulation *s, struct host *host)
{
    if (host->transport != NULL)
        return;
    simulation_tell(s, "host%u: started", host->number);
    host->config.incarnation += 1;
    start_transport(host);
    planning_follow(s, host);
}

static void add(uint64_t *sum, const uint64_t *what)
{
    for (size_t i = 0; i < sizeof(struct transport_counters) / sizeof(uint64_t); i++)
        sum[i] += what[i];
}

void host_add_counters(const struct host *host, struct transport_counters *sum)
{
    struct transport_counters now = {0};
    if (host->transport != NULL)
        transport_get_counters(host->transport, &now);
    if (&host->former != sum)
        add((uint64_t *)sum, (const uint64_t *)&host->former);
    add((uint64_t *)sum, (const uint64_t *)&now);
}
