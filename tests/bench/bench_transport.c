/* SPDX-License-Identifier: BSD-3-Clause */
/* How much of a core the transport takes for a data packet: two transports hand each other packets in memory,
 * in virtual time, and no payload is touched. Reports packets a second of the sending side (data out, acks
 * and credits in) and of the receiving side (data in, acks and credits out), each by its own time.
 *
 *     bench_transport [PACKETS] [PATHS] [RATE_GBPS] [ROUND_TRIP_US]
 *
 * Time passes as in a worker that keeps its port busy: every visit finds the eight packets that the port may
 * send in a burst, and each packet is half a round trip under way. So turns and acks are those of the rate
 * and the round trip, and the line below the speeds says that the rate was reached.
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
    VISIT_PACKETS = 8,
    VISIT_PACKETS_MAX = 256 /* acks and credits among them */
};

/* What was sent in one visit. */
struct visit {
    struct outgoing_packet packets[VISIT_PACKETS_MAX];
    unsigned count;
};

/* What the runs are of. */
struct setting {
    uint64_t packets, rate_bytes_per_s;
    unsigned paths;
    nsec_t round_trip_ns, visit_ns;
    unsigned visits_kept; /* those under way, and the one that is being written */
};

struct side {
    struct transport *t;
    uint32_t address;
    uint16_t rank_peers[2];
    int communicator;
    struct visit *sent; /* setting.visits_kept, in turn */
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

static void open_side(struct side *s, uint32_t rank, const struct setting *setting)
{
    struct transport_config config;
    transport_config_default(&config, setting->rate_bytes_per_s, setting->round_trip_ns);
    config.address = 1 + rank;
    config.incarnation = 1 + rank;
    config.payload_bytes_max = PAYLOAD_BYTES;
    config.credit_budget_bytes = 4 << 20;
    s->address = config.address;
    s->t = transport_create(&config);
    s->sent = calloc(setting->visits_kept, sizeof(*s->sent));
    struct path_entry entries[PACKET_PATHS_MAX];
    for (unsigned i = 0; i < setting->paths; i++)
        entries[i].source_port = (uint16_t)(50000 + i);
    for (uint32_t i = 0; i < 2; i++)
        s->rank_peers[i] = (uint16_t)transport_add_peer(s->t, 1 + i, i);
    transport_set_paths(s->t, s->rank_peers[1 - rank], entries, setting->paths, 0);
    struct communicator_config communicator = {.identity = 1,
                                               .rank = rank,
                                               .rank_count = 2,
                                               .rank_peers = s->rank_peers,
                                               .path_mode = PATH_MODE_WRAP};
    s->communicator = transport_open_communicator(s->t, &communicator, 0);
    if (config.paths_max < setting->paths)
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

static void take(struct side *s, uint32_t source, const struct visit *visit, nsec_t now)
{
    static uint8_t datagram[128 + PAYLOAD_BYTES];
    for (unsigned i = 0; i < visit->count; i++) {
        const struct outgoing_packet *packet = &visit->packets[i];
        memcpy(datagram, packet->header, packet->header_bytes);
        struct received_packet received = {.source = source,
                                           .source_port = packet->source_port,
                                           .length = (uint16_t)(packet->header_bytes + packet->length),
                                           .bytes = datagram};
        struct placement placement;
        transport_receive(s->t, &received, &placement, now);
    }
}

static void prepare(struct side *s, struct visit *visit, nsec_t now)
{
    unsigned count;
    visit->count = 0;
    while (visit->count + BURST <= VISIT_PACKETS_MAX &&
           (count = transport_prepare_packets(s->t, &visit->packets[visit->count], BURST, now)) > 0)
        visit->count += count;
}

/* Named, and not inlined, for callgrind. */
__attribute__((noinline)) void sending_side(struct side *sender, const struct visit *arrived,
                                            struct visit *sent, nsec_t now)
{
    take(sender, 2, arrived, now);
    keep_busy(sender, 1, true, now);
    prepare(sender, sent, now);
}

__attribute__((noinline)) void receiving_side(struct side *receiver, const struct visit *arrived,
                                              struct visit *sent, nsec_t now)
{
    take(receiver, 1, arrived, now);
    keep_busy(receiver, 0, false, now);
    prepare(receiver, sent, now);
}

static uint64_t data_packets(const struct transport *t)
{
    struct transport_counters counters;
    transport_get_counters(t, &counters);
    return counters.data_packets_sent;
}

/* Returns how long the run took in virtual time. */
static nsec_t run(struct side *sender, struct side *receiver, const struct setting *setting)
{
    nsec_t now = NSEC_PER_SEC;
    for (uint64_t visits = 0; data_packets(sender->t) < setting->packets; visits++) {
        unsigned arrives = (visits + 1) % setting->visits_kept, leaves = visits % setting->visits_kept;
        uint64_t begin = clock_ns();
        sending_side(sender, &receiver->sent[arrives], &sender->sent[leaves], now);
        uint64_t middle = clock_ns();
        receiving_side(receiver, &sender->sent[arrives], &receiver->sent[leaves], now);
        receiver->busy_ns += clock_ns() - middle;
        sender->busy_ns += middle - begin;
        now += setting->visit_ns;
    }
    return now - NSEC_PER_SEC;
}

static void report(const char *name, const struct side *s, uint64_t packets)
{
    printf("%-10s %6.2f M data packets/s  %6.1f ns a packet\n", name,
           1e3 * (double)packets / (double)s->busy_ns, (double)s->busy_ns / (double)packets);
}

static void report_run(const struct side *sender, const struct side *receiver, nsec_t took_ns)
{
    struct transport_counters counters;
    transport_get_counters(sender->t, &counters);
    double packets = (double)counters.data_packets_sent;
    report("sending", sender, counters.data_packets_sent);
    report("receiving", receiver, counters.data_packets_sent);
    printf("in virtual time: %.1f Gb/s of payload\n", 8 * (double)counters.data_bytes_sent / (double)took_ns);
    printf("per 1000 data packets: %.1f acks, %.1f retransmits\n",
           1e3 * (double)counters.acks_received / packets, 1e3 * (double)counters.retransmits / packets);
    printf("memory of a channel: %u bytes, beside its window of %u bytes\n", transport_channel_bytes(),
           transport_channel_window_bytes(sender->t));
}

static struct setting read_setting(int argc, char **argv)
{
    struct setting s = {.packets = argc > 1 ? strtoull(argv[1], NULL, 10) : 20000000,
                        .paths = argc > 2 ? (unsigned)atoi(argv[2]) : 8};
    s.rate_bytes_per_s = (argc > 3 ? strtoull(argv[3], NULL, 10) : 100) * 125000000;
    s.round_trip_ns = (argc > 4 ? strtoull(argv[4], NULL, 10) : 20) * NSEC_PER_USEC;
    s.visit_ns = VISIT_PACKETS * PAYLOAD_BYTES * NSEC_PER_SEC / s.rate_bytes_per_s;
    s.visits_kept = (unsigned)(s.round_trip_ns / 2 / s.visit_ns) + 1;
    return s;
}

int main(int argc, char **argv)
{
    struct setting setting = read_setting(argc, argv);
    static struct side sender, receiver;
    open_side(&sender, 0, &setting);
    open_side(&receiver, 1, &setting);
    nsec_t took_ns = run(&sender, &receiver, &setting);
    report_run(&sender, &receiver, took_ns);
    transport_destroy(sender.t);
    transport_destroy(receiver.t);
    free(sender.sent);
    free(receiver.sent);
    return 0;
}
