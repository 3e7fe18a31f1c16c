/* SPDX-License-Identifier: BSD-3-Clause */
/* How much of a core the transport takes for a data packet: two transports hand each other packets in memory,
 * in virtual time at 400 Gb/s, and no payload is touched. Reports packets a second of the sending side (data
 * out, acks and credits in) and of the receiving side (data in, acks and credits out), each by its own time.
 *
 *     bench_transport [PACKETS] [PATHS]
 *
 * Instructions a packet: valgrind --tool=callgrind --toggle-collect=sending_side (or receiving_side), divided
 * by PACKETS. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "dataplane/transport/transport.h"

enum {
    BURST = 32,
    PAYLOAD_BYTES = 4096,
    MESSAGE_BYTES = 16 << 20,
    MESSAGES = 4,
    RING = 4096
};
#define RATE_BYTES_PER_S 50000000000ull

struct wire {
    struct outgoing_packet packets[RING];
    unsigned count;
};

struct side {
    struct transport *t;
    uint32_t address;
    uint16_t rank_peers[2];
    int communicator;
    struct wire out;
    uint64_t busy_ns;
    uint64_t next_tag;
    unsigned in_progress;
};

static uint64_t clock_ns(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * NSEC_PER_SEC + (uint64_t)now.tv_nsec;
}

static void open_side(struct side *s, uint32_t rank, unsigned paths)
{
    struct transport_config config;
    transport_config_default(&config, RATE_BYTES_PER_S, 10 * NSEC_PER_USEC);
    config.address = 1 + rank;
    config.incarnation = 1 + rank;
    config.payload_bytes_max = PAYLOAD_BYTES;
    config.credit_budget_bytes = 4 << 20;
    s->address = config.address;
    s->t = transport_create(&config);
    struct path_entry entries[PACKET_PATHS_MAX];
    for (unsigned i = 0; i < paths; i++)
        entries[i].source_port = (uint16_t)(50000 + i);
    for (uint32_t i = 0; i < 2; i++)
        s->rank_peers[i] = (uint16_t)transport_add_peer(s->t, 1 + i, i);
    transport_set_paths(s->t, s->rank_peers[1 - rank], entries, paths, 0);
    struct communicator_config communicator = {.identity = 1,
                                               .rank = rank,
                                               .rank_count = 2,
                                               .rank_peers = s->rank_peers,
                                               .path_mode = PATH_MODE_WRAP};
    s->communicator = transport_open_communicator(s->t, &communicator, 0);
    if (config.paths_max < paths)
        printf("default paths_max is %u\n", config.paths_max);
}

/* Keeps MESSAGES messages in progress, and takes what has ended. */
static void keep_busy(struct side *s, uint32_t peer_rank, bool sends, nsec_t now)
{
    struct event event;
    while (transport_next_event(s->t, &event))
        s->in_progress -= event.kind == EVENT_SENT || event.kind == EVENT_RECEIVED;
    while (s->in_progress < MESSAGES) {
        struct flow_request flow = {.peer_rank = peer_rank, .tag = s->next_tag++, .bytes = MESSAGE_BYTES};
        if (sends)
            transport_send_batch(s->t, (uint32_t)s->communicator, &(struct flow_batch){&flow, 1}, now);
        else
            transport_receive_batch(s->t, (uint32_t)s->communicator, &(struct flow_batch){&flow, 1}, now);
        s->in_progress++;
    }
}

static void take_all(struct side *s, const struct side *from, nsec_t now)
{
    static uint8_t datagram[128 + PAYLOAD_BYTES];
    for (unsigned i = 0; i < from->out.count; i++) {
        const struct outgoing_packet *packet = &from->out.packets[i];
        memcpy(datagram, packet->header, packet->header_bytes);
        struct received_packet received = {.source = from->address,
                                           .source_port = packet->source_port,
                                           .length = (uint16_t)(packet->header_bytes + packet->length),
                                           .bytes = datagram};
        struct placement placement;
        transport_receive(s->t, &received, &placement, now);
    }
}

static void prepare(struct side *s, nsec_t now)
{
    unsigned count;
    s->out.count = 0;
    while (s->out.count + BURST <= RING &&
           (count = transport_prepare_packets(s->t, &s->out.packets[s->out.count], BURST, now)) > 0)
        s->out.count += count;
}

/* Named, and not inlined, for callgrind. */
__attribute__((noinline)) void sending_side(struct side *sender, const struct side *receiver, nsec_t now)
{
    take_all(sender, receiver, now);
    keep_busy(sender, 1, true, now);
    prepare(sender, now);
}

__attribute__((noinline)) void receiving_side(struct side *receiver, const struct side *sender, nsec_t now)
{
    take_all(receiver, sender, now);
    keep_busy(receiver, 0, false, now);
    prepare(receiver, now);
}

static uint64_t data_packets(const struct transport *t)
{
    struct transport_counters counters;
    transport_get_counters(t, &counters);
    return counters.data_packets_sent;
}

static void report(const char *name, const struct side *s, uint64_t packets)
{
    printf("%-10s %6.2f M data packets/s  %6.1f ns a packet\n", name,
           1e3 * (double)packets / (double)s->busy_ns, (double)s->busy_ns / (double)packets);
}

int main(int argc, char **argv)
{
    uint64_t wanted = argc > 1 ? strtoull(argv[1], NULL, 10) : 20000000;
    unsigned paths = argc > 2 ? (unsigned)atoi(argv[2]) : 8;
    static struct side sender, receiver;
    open_side(&sender, 0, paths);
    open_side(&receiver, 1, paths);
    nsec_t now = NSEC_PER_SEC;
    while (data_packets(sender.t) < wanted) {
        uint64_t begin = clock_ns();
        sending_side(&sender, &receiver, now);
        uint64_t middle = clock_ns();
        now += 5 * NSEC_PER_USEC;
        receiving_side(&receiver, &sender, now);
        uint64_t end = clock_ns();
        sender.busy_ns += middle - begin;
        receiver.busy_ns += end - middle;
        now += 5 * NSEC_PER_USEC;
    }
    struct transport_counters counters;
    transport_get_counters(sender.t, &counters);
    report("sending", &sender, counters.data_packets_sent);
    report("receiving", &receiver, counters.data_packets_sent);
    printf("per 1000 data packets: %.1f acks, %.1f retransmits\n",
           1e3 * (double)counters.acks_received / (double)counters.data_packets_sent,
           1e3 * (double)counters.retransmits / (double)counters.data_packets_sent);
    printf("memory of a channel: %u bytes, beside its window of %u bytes\n", transport_channel_bytes(),
           transport_channel_window_bytes(sender.t));
    transport_destroy(sender.t);
    transport_destroy(receiver.t);
    return 0;
}
