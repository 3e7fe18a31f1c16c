/* SPDX-License-Identifier: BSD-3-Clause */
/* Port against port on a wire in memory: one core builds and sends frames whose payload stays where it
 * lies, another receives, checks and copies each payload to its place. Prints packets and payload bits per
 * second.
 *
 *     bench_port [PAYLOAD_BYTES [REGION_MIB [MILLION_PACKETS]]]
 */
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "nic/port.h"

enum {
    SENDER = 0x0a010001,
    RECEIVER = 0x0a020001,
    HEADER_BYTES = 40,
    BURST = 64,
    MTU = 4200
};

struct side {
    struct port *port;
    uint8_t *region;
    struct port_memory *memory; /* the region, for sending */
    unsigned processor;
    uint64_t packets; /* to send or to receive */
    uint64_t duration_ns;
};

static uint32_t payload_bytes = 4096;
static uint64_t region_bytes = 16ull << 20;
static atomic_bool started;

static uint64_t now_ns(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

static uint64_t place(uint64_t packet)
{
    return packet % (region_bytes / payload_bytes) * payload_bytes;
}

static void begin(const struct side *side)
{
    cpu_set_t processor;
    CPU_ZERO(&processor);
    CPU_SET(side->processor, &processor);
    sched_setaffinity(0, sizeof(processor), &processor);
    port_thread_register();
    while (!atomic_load(&started))
        sched_yield();
}

static void *send_all(void *argument)
{
    struct side *side = argument;
    uint64_t headers[BURST][HEADER_BYTES / 8] = {0}, sent = 0;
    struct sent_frame frames[BURST];
    begin(side);
    uint64_t start_ns = now_ns();
    while (sent < side->packets) {
        for (unsigned i = 0; i < BURST; i++) {
            headers[i][0] = sent + i;
            frames[i] = (struct sent_frame){.destination = RECEIVER,
                                            .source_port = 50000,
                                            .ttl = 64,
                                            .header_bytes = HEADER_BYTES,
                                            .header = (const uint8_t *)headers[i],
                                            .payload_bytes = payload_bytes,
                                            .payload = side->region + place(sent + i),
                                            .memory = side->memory};
        }
        sent += port_transmit(side->port, frames, BURST);
    }
    side->duration_ns = now_ns() - start_ns;
    return NULL;
}

static void *receive_all(void *argument)
{
    struct side *side = argument;
    struct received_frame frames[BURST];
    uint64_t received = 0;
    begin(side);
    uint64_t start_ns = now_ns();
    while (received < side->packets) {
        unsigned count = port_receive(side->port, frames, BURST);
        for (unsigned i = 0; i < count; i++) {
            uint64_t packet;
            memcpy(&packet, frames[i].bytes, sizeof(packet));
            received_frame_copy(&frames[i], HEADER_BYTES, side->region + place(packet), payload_bytes);
        }
        port_release(side->port, frames, count);
        received += count;
    }
    side->duration_ns = now_ns() - start_ns;
    return NULL;
}

static struct port *open_end(const char *device, uint32_t address)
{
    struct port_config config = {.device = device, .address = address, .udp_port = 4793, .mtu = MTU};
    struct port *port;
    char error[PORT_ERROR_BYTES];
    if (port_open(&config, &port, error) == 0)
        return port;
    fprintf(stderr, "bench_port: %s\n", error);
    exit(EXIT_FAILURE);
}

static uint8_t *make_region(void)
{
    uint8_t *region = malloc(region_bytes);
    if (region == NULL)
        exit(EXIT_FAILURE);
    for (uint64_t i = 0; i < region_bytes; i++)
        region[i] = (uint8_t)(i * 31 >> 3);
    return region;
}

static void run(uint64_t packets)
{
    const uint8_t ethernet[6] = {2};
    pthread_t sending, receiving;
    struct side sender = {.port = open_end("memory:bench/0", SENDER), .processor = 0, .packets = packets};
    struct side receiver = {.port = open_end("memory:bench/1", RECEIVER), .processor = 1, .packets = packets};
    sender.region = make_region();
    receiver.region = make_region();
    if (port_memory_register(sender.port, sender.region, region_bytes, &sender.memory) != 0)
        exit(EXIT_FAILURE);
    memset(receiver.region, 0, region_bytes);
    port_set_next_hop(sender.port, RECEIVER, ethernet);
    pthread_create(&sending, NULL, send_all, &sender);
    pthread_create(&receiving, NULL, receive_all, &receiver);
    atomic_store(&started, true);
    pthread_join(sending, NULL);
    pthread_join(receiving, NULL);
    double seconds = (double)receiver.duration_ns * 1e-9;
    bool right =
        packets * payload_bytes < region_bytes || memcmp(sender.region, receiver.region, region_bytes) == 0;
    printf("payload %u bytes, region %lu MiB: %.2f M packets/s, %.1f Gb/s of payload, %.0f ns a packet, %s\n",
           payload_bytes, region_bytes >> 20, (double)packets / seconds * 1e-6,
           (double)packets * payload_bytes * 8 / seconds * 1e-9, seconds / (double)packets * 1e9,
           right ? "every byte right" : "WRONG BYTES");
    exit(right ? EXIT_SUCCESS : EXIT_FAILURE);
}

int main(int count, char **arguments)
{
    const char *const eal[] = {"--no-shconf", "--no-telemetry"};
    char error[PORT_ERROR_BYTES];
    uint64_t packets = count > 3 ? strtoull(arguments[3], NULL, 10) * 1000000 : 4000000;
    if (count > 1)
        payload_bytes = (uint32_t)strtoul(arguments[1], NULL, 10);
    if (count > 2)
        region_bytes = strtoull(arguments[2], NULL, 10) << 20;
    region_bytes -= region_bytes % payload_bytes;
    if (port_library_start(eal, 2, error) != 0) {
        fprintf(stderr, "bench_port: %s\n", error);
        return EXIT_FAILURE;
    }
    run(packets - packets % BURST);
}
