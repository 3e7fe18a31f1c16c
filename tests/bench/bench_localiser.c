/* SPDX-License-Identifier: BSD-3-Clause */
/* What a window of evidence costs: 1,024 hosts on 64 leaves under 16 spines, a round of an all-to-all among
 * groups of 17 and one of a ring, twenty rounds; all is well, and one link is slow. usage: bench_localiser */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "control/localiser/localiser.h"
#include "dataplane/transport/random.h"

enum {
    LEAVES = 64,
    SPINES = 16,
    HOSTS = 16,
    PORTS = LEAVES * HOSTS,
    PEERS = 16, /* that each port sends to in a round */
    ROUNDS = 20,
    WINDOWS = 5
};

static struct localiser_port ports[PORTS];

/* Of this process, which has one thread. */
static double clock_ms(void)
{
    struct timespec t;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (double)t.tv_sec * 1e3 + (double)t.tv_nsec / 1e6;
}

static struct localiser *create(void)
{
    struct localiser_config config;
    struct localiser_fabric fabric = {
        .leaf_count = LEAVES, .spine_count = SPINES, .port_count = PORTS, .ports = ports};
    char error[LOCALISER_ERROR_BYTES];
    struct localiser *l;
    for (uint32_t i = 0; i < PORTS; i++)
        ports[i] = (struct localiser_port){.address = 10u << 24 | (i + 1), .leaf = i / HOSTS};
    localiser_config_default(&config);
    if (localiser_create(&fabric, &config, &l, error) != 0) {
        fprintf(stderr, "%s\n", error);
        exit(1);
    }
    return l;
}

static void send(struct localiser *l, struct random_stream *random, uint64_t round, uint32_t source,
                 uint32_t peer, bool slow_link)
{
    uint32_t destination = (source + 1 + peer * 61) % PORTS;
    uint16_t path = (uint16_t)((source + peer) % SPINES);
    bool slow = slow_link && ports[source].leaf == 3 && path == 5;
    struct timing_record r = {.communicator = 1,
                              .sequence = round,
                              .bytes = 1 << 20,
                              .network_ns = (100000 + random_below(random, 10000)) * (slow ? 13 : 10) / 10,
                              .minimum_rtt_ns = 20000,
                              .source = ports[source].address,
                              .destination = ports[destination].address,
                              .rank = source,
                              .peer_rank = destination,
                              .rank_count = PORTS,
                              .packets = 256,
                              .path = path,
                              .operation = 4,
                              .kind = TIMING_SENT,
                              .pieces = 1};
    localiser_take_record(l, r.source, &r, round * 1000000000ull);
}

static void end(struct localiser *l, uint64_t round, uint32_t port)
{
    struct timing_record r = {.communicator = 1,
                              .sequence = round,
                              .network_ns = 1000000,
                              .source = ports[port].address,
                              .destination = ports[port].address,
                              .rank = port,
                              .rank_count = PORTS,
                              .path = TIMING_PATH_NONE,
                              .operation = 4,
                              .kind = TIMING_ENDED};
    localiser_take_record(l, r.source, &r, round * 1000000000ull);
}

/* Twenty rounds; the worst of them, too. */
static void run_window(struct localiser *l, struct random_stream *random, uint64_t from, bool slow_link)
{
    double taken = 0, judged = 0, worst = 0;
    struct verdict v;
    unsigned verdicts = 0;
    for (uint64_t round = from; round < from + ROUNDS; round++) {
        double begin = clock_ms();
        for (uint32_t port = 0; port < PORTS; port++)
            for (uint32_t peer = 0; peer < PEERS; peer++)
                send(l, random, round, port, peer, slow_link);
        for (uint32_t port = 0; port < PORTS; port++)
            end(l, round, port);
        double middle = clock_ms();
        localiser_tick(l, round * 1000000000ull);
        localiser_tick(l, round * 1000000000ull + 500000000);
        double after = clock_ms();
        taken += middle - begin;
        judged += after - middle;
        worst = after - middle > worst ? after - middle : worst;
        while (localiser_next_verdict(l, &v))
            verdicts++;
    }
    printf("%-12s %8.1f %8.1f %8.1f %8.1f %6u\n", slow_link ? "slow link" : "healthy", taken, judged,
           taken + judged, worst, verdicts);
}

int main(void)
{
    struct random_stream random = {.state = 1};
    struct localiser *l = create();
    printf("%u hosts, %u spines, windows of %u rounds of %u records; ms of processor time a window\n", PORTS,
           SPINES, ROUNDS, PORTS * (PEERS + 1));
    printf("%-12s %8s %8s %8s %8s %6s\n", "fabric", "intake", "judging", "both", "worst round", "said");
    for (unsigned i = 0; i < WINDOWS; i++)
        run_window(l, &random, i * ROUNDS, i + 2 >= WINDOWS);
    localiser_destroy(l);
    return 0;
}
