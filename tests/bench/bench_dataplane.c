/* SPDX-License-Identifier: BSD-3-Clause */
/* Transport over port, one core sending and one receiving: messages of 4 KiB packets go from region to region
 * over a wire in memory, every payload copied into a packet and out of it to its place. Reports payload bits
 * a second, and checks the bytes at the end.
 *
 *     bench_dataplane [REGION_MIB [MESSAGES]]
 */
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "dataplane/transport/transport.h"
#include "nic/port.h"

enum {
    SENDER = 0x0a010001,
    RECEIVER = 0x0a020001,
    PAYLOAD_BYTES = 4096,
    MTU = 4300,
    BURST = 32,
    IN_PROGRESS = 4,
    PATHS = 8
};
#define RATE_BYTES_PER_S 50000000000ull /* 400 Gb/s: the transport's pace is not the limit */

struct side {
    struct transport *t;
    struct port *port;
    uint8_t *region;
    uint16_t rank_peers[2];
    int communicator;
    uint32_t rank;
    uint64_t submitted, ended;
};

static uint64_t region_bytes = 16ull << 20, messages = 800;
static atomic_bool started, finished;

static nsec_t clock_ns(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (nsec_t)now.tv_sec * NSEC_PER_SEC + (nsec_t)now.tv_nsec;
}

static uint64_t message_bytes(void)
{
    return region_bytes / IN_PROGRESS;
}

static void submit(struct side *s, nsec_t now)
{
    for (; s->submitted < messages && s->submitted < s->ended + IN_PROGRESS; s->submitted++) {
        struct flow_request flow = {.peer_rank = 1 - s->rank,
                                    .tag = s->submitted,
                                    .offset = s->submitted % IN_PROGRESS * message_bytes(),
                                    .bytes = message_bytes()};
        if (s->rank == 0)
            transport_send_batch(s->t, (uint32_t)s->communicator, &flow, 1, now);
        else
            transport_receive_batch(s->t, (uint32_t)s->communicator, &flow, 1, now);
    }
}

static void take_frames(struct side *s, nsec_t now)
{
    struct received_frame frames[BURST];
    unsigned count = port_receive(s->port, frames, BURST);
    for (unsigned i = 0; i < count; i++) {
        struct received_packet packet = {.source = frames[i].source,
                                         .source_port = frames[i].source_port,
                                         .ecn = frames[i].ecn,
                                         .length = frames[i].length,
                                         .bytes = frames[i].bytes};
        struct placement placement;
        transport_receive(s->t, &packet, &placement, now);
        if (placement.length > 0)
            memcpy(s->region + placement.offset, placement.payload, placement.length);
    }
    port_release(s->port, frames, count);
}

static void send_frames(struct side *s, nsec_t now)
{
    struct outgoing_packet packets[BURST];
    struct sent_frame frames[BURST];
    unsigned count = transport_prepare_packets(s->t, packets, BURST, now);
    for (unsigned i = 0; i < count; i++)
        frames[i] = (struct sent_frame){.destination = packets[i].destination,
                                        .source_port = packets[i].source_port,
                                        .ttl = 64,
                                        .ecn_capable = packets[i].ecn_capable,
                                        .header_bytes = packets[i].header_bytes,
                                        .header = packets[i].header,
                                        .payload_bytes = packets[i].length,
                                        .payload = s->region + packets[i].offset};
    for (unsigned sent = 0; sent < count && !atomic_load(&finished);)
        sent += port_transmit(s->port, frames + sent, count - sent);
}

static void *run_side(void *argument)
{
    struct side *s = argument;
    struct event event;
    cpu_set_t processor;
    CPU_ZERO(&processor);
    CPU_SET(s->rank, &processor);
    sched_setaffinity(0, sizeof(processor), &processor);
    port_thread_register();
    while (!atomic_load(&started))
        sched_yield();
    while (!atomic_load(&finished)) {
        nsec_t now = clock_ns();
        submit(s, now);
        take_frames(s, now);
        while (transport_next_event(s->t, &event))
            s->ended += event.kind == EVENT_SENT || event.kind == EVENT_RECEIVED;
        send_frames(s, now);
        if (s->rank == 0 && s->ended == messages)
            atomic_store(&finished, true);
    }
    return NULL;
}

static void open_transport(struct side *s)
{
    struct transport_config config;
    transport_config_default(&config, RATE_BYTES_PER_S, 20 * NSEC_PER_USEC);
    config.address = s->rank == 0 ? SENDER : RECEIVER;
    config.incarnation = 1 + s->rank;
    config.payload_bytes_max = PAYLOAD_BYTES;
    config.credit_budget_bytes = 4 << 20;
    config.rto_min_ns = 20 * NSEC_PER_MSEC; /* the cores may be shared */
    s->t = transport_create(&config);
    struct path_entry paths[PATHS];
    for (unsigned i = 0; i < PATHS; i++)
        paths[i].source_port = (uint16_t)(50000 + i);
    s->rank_peers[0] = (uint16_t)transport_add_peer(s->t, SENDER, 0);
    s->rank_peers[1] = (uint16_t)transport_add_peer(s->t, RECEIVER, 1);
    transport_set_paths(s->t, s->rank_peers[1 - s->rank], paths, PATHS, 0);
    struct communicator_config communicator = {.identity = 1,
                                               .rank = s->rank,
                                               .rank_count = 2,
                                               .rank_peers = s->rank_peers,
                                               .path_mode = PATH_MODE_WRAP};
    s->communicator = transport_open_communicator(s->t, &communicator, clock_ns());
}

static void open_side(struct side *s, uint32_t rank)
{
    static const uint8_t ethernet[6] = {2};
    char error[PORT_ERROR_BYTES];
    struct port_config config = {.device = rank == 0 ? "memory:bench/0" : "memory:bench/1",
                                 .address = rank == 0 ? SENDER : RECEIVER,
                                 .udp_port = PACKET_UDP_PORT,
                                 .mtu = MTU};
    s->rank = rank;
    s->region = malloc(region_bytes);
    if (s->region == NULL || port_open(&config, &s->port, error) != 0) {
        fprintf(stderr, "bench_dataplane: %s\n", s->region == NULL ? "no memory" : error);
        exit(EXIT_FAILURE);
    }
    port_set_next_hop(s->port, rank == 0 ? RECEIVER : SENDER, ethernet);
    for (uint64_t i = 0; i < region_bytes; i++)
        s->region[i] = rank == 0 ? (uint8_t)(i * 31 >> 3) : 0;
    open_transport(s);
}

static void report(const struct side *sender, const struct side *receiver, nsec_t elapsed_ns)
{
    struct transport_counters counters;
    transport_get_counters(sender->t, &counters);
    bool right = memcmp(sender->region, receiver->region, region_bytes) == 0;
    printf("%.1f Gb/s of payload in packets of %u bytes, %.0f ns a packet, %llu retransmits, %s\n",
           (double)messages * (double)message_bytes() * 8 / (double)elapsed_ns, PAYLOAD_BYTES,
           (double)elapsed_ns / (double)counters.data_packets_sent, (unsigned long long)counters.retransmits,
           right ? "every byte right" : "WRONG BYTES");
    exit(right ? EXIT_SUCCESS : EXIT_FAILURE);
}

int main(int count, char **arguments)
{
    const char *const eal[] = {"--no-shconf", "--no-telemetry"};
    char error[PORT_ERROR_BYTES];
    static struct side sides[2];
    pthread_t threads[2];
    if (count > 1)
        region_bytes = strtoull(arguments[1], NULL, 10) << 20;
    if (count > 2)
        messages = strtoull(arguments[2], NULL, 10);
    if (port_library_start(eal, 2, error) != 0) {
        fprintf(stderr, "bench_dataplane: %s\n", error);
        return EXIT_FAILURE;
    }
    for (uint32_t rank = 0; rank < 2; rank++)
        open_side(&sides[rank], rank);
    for (unsigned i = 0; i < 2; i++)
        pthread_create(&threads[i], NULL, run_side, &sides[i]);
    nsec_t begin = clock_ns();
    atomic_store(&started, true);
    for (unsigned i = 0; i < 2; i++)
        pthread_join(threads[i], NULL);
    report(&sides[0], &sides[1], clock_ns() - begin);
}
