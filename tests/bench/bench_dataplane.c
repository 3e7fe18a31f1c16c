/* SPDX-License-Identifier: BSD-3-Clause */
/* Transport over port, one core sending and one receiving: messages in packets of 4 KiB go from region to
 * region over a wire in memory. The sender's port gathers, as a network card does, so every payload is read
 * once, by the receiver's core, and written once, to its place. Beside it stands what that core reaches when
 * it does nothing but memcpy() the same bytes between the same regions in the same pieces: no figure of this
 * program can be better than that.
 *
 *     bench_dataplane [REGION_KIB [ROUNDS [PATHS [ROUND_MIB]]]]
 *
 * A round moves 512 MiB by default and follows the one before without a pause; best and median round are
 * printed, since a core that is shared loses whole rounds. The region is 512 KiB by default, the slice in
 * which collective libraries hand their buffers to a network: with the sender's it fills a cache of 1 MiB.
 * Larger regions measure the memory behind the caches, by both figures.
 *
 * Instructions a packet, of the function named:
 *     valgrind --tool=callgrind --fair-sched=yes --toggle-collect=FUNCTION bench_dataplane 512 1 1 16
 * divided by the packets it prints: transmit (of all frames, acks included), datagram_read, place_frames
 * (less the payload: the string instruction that copies counts once for each byte), port_release. Empty polls
 * make port_receive's number useless.
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
    BURST = 64,
    IN_PROGRESS = 4,
    ROUNDS_MAX = 1000
};
#define RATE_BYTES_PER_S 50000000000ull /* 400 Gb/s: the transport's pace is not the limit */

struct side {
    struct transport *t;
    struct port *port;
    uint8_t *region;
    struct port_memory *memory; /* the region, for sending */
    uint16_t rank_peers[2];
    int communicator;
    uint32_t rank;
    uint64_t submitted, ended;
} __attribute__((aligned(64)));

static uint64_t region_bytes = 512 << 10, round_bytes = 512 << 20;
static unsigned rounds = 16, path_count = 1;
static nsec_t round_ends_ns[1 + ROUNDS_MAX]; /* the first round is the warm-up */
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

static uint64_t round_messages(void)
{
    return round_bytes / message_bytes();
}

static uint64_t messages(void)
{
    return (1 + rounds) * round_messages();
}

static void submit(struct side *s, nsec_t now)
{
    for (; s->submitted < messages() && s->submitted < s->ended + IN_PROGRESS; s->submitted++) {
        struct flow_request flow = {.peer_rank = 1 - s->rank,
                                    .tag = s->submitted,
                                    .offset = s->submitted % IN_PROGRESS * message_bytes(),
                                    .bytes = message_bytes()};
        if (s->rank == 0)
            transport_send_batch(s->t, (uint32_t)s->communicator, &(struct flow_batch){&flow, 1}, now);
        else
            transport_receive_batch(s->t, (uint32_t)s->communicator, &(struct flow_batch){&flow, 1}, now);
    }
}

static __attribute__((noinline)) void place_frames(struct side *s, const struct received_frame *frames,
                                                   unsigned count, nsec_t now)
{
    for (unsigned i = 0; i < count; i++) {
        const struct received_frame *frame = &frames[i];
        struct received_packet packet = {.source = frame->source,
                                         .source_port = frame->source_port,
                                         .ecn = frame->ecn,
                                         .length = frame->length + frame->payload_bytes,
                                         .bytes = frame->bytes};
        struct placement placement;
        transport_receive(s->t, &packet, &placement, now);
        if (placement.length > 0)
            received_frame_copy(frame, (uint32_t)(placement.payload - frame->bytes),
                                s->region + placement.offset, placement.length);
    }
}

static void take_frames(struct side *s, nsec_t now)
{
    struct received_frame frames[BURST];
    unsigned count = port_receive(s->port, frames, BURST);
    if (count == 0)
        return;
    place_frames(s, frames, count, now);
    port_release(s->port, frames, count);
}

static __attribute__((noinline)) void transmit(struct side *s, const struct outgoing_packet *packets,
                                               unsigned count)
{
    struct sent_frame frames[BURST];
    for (unsigned i = 0; i < count; i++)
        frames[i] = (struct sent_frame){.destination = packets[i].destination,
                                        .source_port = packets[i].source_port,
                                        .ttl = 64,
                                        .ecn_capable = packets[i].ecn_capable,
                                        .header_bytes = packets[i].header_bytes,
                                        .header = packets[i].header,
                                        .payload_bytes = packets[i].length,
                                        .payload = s->region + packets[i].offset,
                                        .memory = s->memory};
    for (unsigned sent = 0; sent < count && !atomic_load(&finished);)
        sent += port_transmit(s->port, frames + sent, count - sent);
}

static void take_events(struct side *s)
{
    struct event event;
    while (transport_next_event(s->t, &event)) {
        s->ended += event.kind == EVENT_SENT || event.kind == EVENT_RECEIVED;
        if (event.kind == EVENT_SENT && s->ended % round_messages() == 0)
            round_ends_ns[s->ended / round_messages() - 1] = clock_ns();
    }
    if (s->rank == 0 && s->ended == messages())
        atomic_store(&finished, true);
}

static void run_on(uint32_t processor)
{
    cpu_set_t set;
    CPU_ZERO(&set);
    CPU_SET(processor, &set);
    sched_setaffinity(0, sizeof(set), &set);
}

static void *run_side(void *argument)
{
    struct side *s = argument;
    struct outgoing_packet packets[BURST];
    run_on(s->rank);
    port_thread_register();
    while (!atomic_load(&started))
        sched_yield();
    while (!atomic_load(&finished)) {
        nsec_t now = clock_ns();
        submit(s, now);
        take_frames(s, now);
        take_events(s);
        unsigned count = transport_prepare_packets(s->t, packets, BURST, now);
        if (count > 0)
            transmit(s, packets, count);
    }
    return NULL;
}

static void open_transport(struct side *s)
{
    struct transport_config config;
    struct path_entry paths[PACKET_PATHS_MAX];
    transport_config_default(&config, RATE_BYTES_PER_S, 20 * NSEC_PER_USEC);
    config.address = s->rank == 0 ? SENDER : RECEIVER;
    config.incarnation = 1 + s->rank;
    config.payload_bytes_max = PAYLOAD_BYTES;
    config.credit_budget_bytes = 4 << 20;
    config.rto_min_ns = 20 * NSEC_PER_MSEC; /* the cores may be shared */
    s->t = transport_create(&config);
    for (unsigned i = 0; i < path_count; i++)
        paths[i].source_port = (uint16_t)(50000 + i);
    s->rank_peers[0] = (uint16_t)transport_add_peer(s->t, SENDER, 0);
    s->rank_peers[1] = (uint16_t)transport_add_peer(s->t, RECEIVER, 1);
    transport_set_paths(s->t, s->rank_peers[1 - s->rank], paths, path_count, 0);
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
    char error[PORT_ERROR_BYTES] = "no memory for its region";
    struct port_config config = {.device = rank == 0 ? "memory:bench/0" : "memory:bench/1",
                                 .address = rank == 0 ? SENDER : RECEIVER,
                                 .udp_port = PACKET_UDP_PORT,
                                 .mtu = MTU};
    s->rank = rank;
    s->region = aligned_alloc(PAYLOAD_BYTES, region_bytes);
    if (s->region == NULL || port_open(&config, &s->port, error) != 0 ||
        port_memory_register(s->port, s->region, region_bytes, &s->memory) != 0) {
        fprintf(stderr, "bench_dataplane: %s\n", error);
        exit(EXIT_FAILURE);
    }
    port_set_next_hop(s->port, rank == 0 ? RECEIVER : SENDER, ethernet);
    for (uint64_t i = 0; i < region_bytes; i++)
        s->region[i] = rank == 0 ? (uint8_t)(i * 31 >> 3) : 0;
    open_transport(s);
}

static void run_both(struct side *sides)
{
    pthread_t threads[2];
    for (unsigned i = 0; i < 2; i++)
        pthread_create(&threads[i], NULL, run_side, &sides[i]);
    atomic_store(&started, true);
    for (unsigned i = 0; i < 2; i++)
        pthread_join(threads[i], NULL);
}

static int compare(const void *a, const void *b)
{
    const nsec_t *left = a, *right = b;
    return *left < *right ? -1 : *left > *right;
}

struct summary {
    double best_ns, median_ns; /* a packet */
};

/* Of `count` rounds, the i-th having lasted from ends_ns[i] to ends_ns[i + 1]. */
static struct summary summarize(const nsec_t *ends_ns, unsigned count)
{
    nsec_t durations_ns[ROUNDS_MAX];
    const double packets = (double)(round_bytes / PAYLOAD_BYTES);
    for (unsigned i = 0; i < count; i++)
        durations_ns[i] = ends_ns[i + 1] - ends_ns[i];
    qsort(durations_ns, count, sizeof(durations_ns[0]), compare);
    return (struct summary){.best_ns = (double)durations_ns[0] / packets,
                            .median_ns = (double)durations_ns[count / 2] / packets};
}

static void print(const char *what, const struct summary *s)
{
    printf("%s: best %.1f Gb/s, %.0f ns a packet, %.2f M packets/s; median %.1f Gb/s, %.0f ns\n", what,
           PAYLOAD_BYTES * 8 / s->best_ns, s->best_ns, 1e3 / s->best_ns, PAYLOAD_BYTES * 8 / s->median_ns,
           s->median_ns);
}

/* On the receiver's processor; afterwards it holds what the sender's does. */
static void measure_memcpy(const struct side *sides)
{
    enum {
        COPY_ROUNDS = 8
    };
    nsec_t ends_ns[1 + COPY_ROUNDS];
    run_on(1);
    for (unsigned round = 0; round <= COPY_ROUNDS; round++) {
        for (uint64_t copied = 0; copied < round_bytes; copied += PAYLOAD_BYTES)
            memcpy(sides[1].region + copied % region_bytes, sides[0].region + copied % region_bytes,
                   PAYLOAD_BYTES);
        ends_ns[round] = clock_ns();
    }
    struct summary summary = summarize(ends_ns, COPY_ROUNDS);
    print("bare memcpy()", &summary);
}

static void report(const struct side *sides)
{
    struct transport_counters counters;
    struct summary summary = summarize(round_ends_ns, rounds);
    bool right = memcmp(sides[0].region, sides[1].region, region_bytes) == 0;
    transport_get_counters(sides[0].t, &counters);
    print("payload placed", &summary);
    printf("region %llu KiB, packets of %u bytes, %u paths; %llu packets, %llu retransmits, %s\n",
           (unsigned long long)region_bytes >> 10, PAYLOAD_BYTES, path_count,
           (unsigned long long)counters.data_packets_sent, (unsigned long long)counters.retransmits,
           right ? "every byte right" : "WRONG BYTES");
    if (!right)
        exit(EXIT_FAILURE);
}

static void read_arguments(int count, char **arguments)
{
    if (count > 1)
        region_bytes = strtoull(arguments[1], NULL, 10) << 10;
    if (count > 2)
        rounds = (unsigned)strtoul(arguments[2], NULL, 10);
    if (count > 3)
        path_count = (unsigned)strtoul(arguments[3], NULL, 10);
    if (count > 4)
        round_bytes = strtoull(arguments[4], NULL, 10) << 20;
    if (region_bytes >= IN_PROGRESS * PAYLOAD_BYTES && round_bytes > 0 &&
        round_bytes % message_bytes() == 0 && rounds > 0 && rounds <= ROUNDS_MAX && path_count > 0 &&
        path_count <= PACKET_PATHS_MAX)
        return;
    fprintf(stderr,
            "usage: bench_dataplane [REGION_KIB [ROUNDS [PATHS [ROUND_MIB]]]]\nREGION_KIB: a power of two, "
            "16 and more; "
            "ROUNDS: 1 to %u; PATHS: 1 to %u; ROUND_MIB: a multiple of a quarter region\n",
            ROUNDS_MAX, PACKET_PATHS_MAX);
    exit(EXIT_FAILURE);
}

int main(int count, char **arguments)
{
    const char *const eal[] = {"--no-shconf", "--no-telemetry"};
    char error[PORT_ERROR_BYTES];
    static struct side sides[2];
    read_arguments(count, arguments);
    if (port_library_start(eal, 2, error) != 0) {
        fprintf(stderr, "bench_dataplane: %s\n", error);
        return EXIT_FAILURE;
    }
    for (uint32_t rank = 0; rank < 2; rank++)
        open_side(&sides[rank], rank);
    run_both(sides);
    report(sides);
    measure_memcpy(sides);
    return EXIT_SUCCESS;
}
