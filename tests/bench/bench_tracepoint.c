/* SPDX-License-Identifier: BSD-3-Clause */
/* What a tracepoint costs the core that passes it: while nobody listens, and (as root) while weft-monitor's
 * programs do. The record is filled each time, as the dataplane does. Reports the best of several rounds,
 * since other work on the machine only ever adds; and what 5,000 messages a second take of the dataplane's
 * core, each of which is sent over one path and received.
 *
 *     bench_tracepoint [ROUNDS]
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "dataplane/formats/tracepoint.h"
#include "ebpf/monitor/probes.h"

enum {
    UNHEARD = 20000000,
    HEARD = 4000,
    ROUNDS = 50,
    MESSAGES_A_SECOND = 5000,
    RECORDS_A_MESSAGE = 2
};

TRACEPOINT_DEFINE(message_sent);

static uint64_t taken;

static uint64_t clock_ns(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec;
}

static __attribute__((noinline)) void fire(uint64_t i)
{
    struct timing_record record = {.kind = TIMING_SENT,
                                   .communicator = 1,
                                   .sequence = i,
                                   .source = 0x0a010001,
                                   .destination = 0x0a020001,
                                   .network_ns = i % 4096 * 1000,
                                   .bytes = 1 << 20,
                                   .packets = 256,
                                   .path = i % 8,
                                   .pieces = 1};
    TRACEPOINT_FIRE(message_sent, &record);
}

static __attribute__((noinline)) void pass(uint64_t count)
{
    for (uint64_t i = 0; i < count; i++) {
        if (TRACEPOINT_IS_WATCHED(message_sent))
            fire(i);
        __asm__ volatile("" ::: "memory");
    }
}

static __attribute__((noinline)) void pass_nothing(uint64_t count)
{
    for (uint64_t i = 0; i < count; i++)
        __asm__ volatile("" ::: "memory");
}

static double best_ns(void (*work)(uint64_t), uint64_t count, unsigned rounds, struct probes *probes)
{
    double best = 1e12;
    for (unsigned round = 0; round < rounds; round++) {
        uint64_t begin = clock_ns();
        work(count);
        double each = (double)(clock_ns() - begin) / (double)count;
        best = each < best ? each : best;
        if (probes)
            probes_drain(probes);
    }
    return best;
}

static void take(void *context, const struct timing_record *record)
{
    (void)context;
    taken += record->kind == TIMING_SENT;
}

static void measure_heard(unsigned rounds)
{
    struct probes *probes;
    char error[PROBES_ERROR_BYTES];
    struct probes_config config = {.leaf_prefix_bits = 24, .ring_bytes = 4 << 20, .take = take};
    struct mapped_file self = {
        .name = "bench_tracepoint", .path = "/proc/self/exe", .library = library_of_weft()};
    if (probes_open(&config, &probes, error) != 0) {
        printf("listened to: not measured: %s\n", error);
        return;
    }
    if (probes_attach(probes, &self) == 0)
        printf("listened to: not measured: this kernel does not attach\n");
    else {
        double ns = best_ns(pass, HEARD, rounds, probes);
        printf("listened to: %.0f ns; %.2f %% of a core at %u messages/s of %u records; %llu of %u records "
               "taken\n",
               ns, ns * MESSAGES_A_SECOND * RECORDS_A_MESSAGE / 1e7, MESSAGES_A_SECOND, RECORDS_A_MESSAGE,
               (unsigned long long)taken, rounds * HEARD);
    }
    probes_close(probes);
}

int main(int argument_count, char **arguments)
{
    unsigned rounds = argument_count > 1 ? (unsigned)atoi(arguments[1]) : ROUNDS;
    double loop = best_ns(pass_nothing, UNHEARD, 5, NULL), with = best_ns(pass, UNHEARD, 5, NULL);
    printf("nobody listens: %.2f ns\n", with - loop);
    measure_heard(rounds);
    return 0;
}
