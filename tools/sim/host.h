/* SPDX-License-Identifier: BSD-3-Clause */
/* A host: the real transport, called as a dataplane would call it, and the applications' ranks on it. Packets
 * leave through the host's link at its rate, and arrive a turnaround after they have come. */
#ifndef SIM_HOST_H
#define SIM_HOST_H

#include <stdbool.h>

#include "dataplane/transport/transport.h"
#include "tools/sim/sim_packet.h"

struct simulation;
struct job_rank;
struct host;

enum {
    HOST_HELD_PACKETS_MAX = 2048 /* a paused host's receive ring */
};

/* The host is to be served at this time. Wakes stack: each is earlier than the one below it. */
struct host_wake {
    struct sim_event event;
    struct host *host;
    struct host_wake *below;
};

/* What every event of it needs comes first, in one cache line. */
struct host {
    _Alignas(64) uint32_t number;
    uint32_t address;
    struct transport *transport; /* NULL while it is down */
    struct host_wake *next_wake, *free_wakes;
    struct job_rank *first_rank; /* of the jobs on this host */
    bool paused;
    bool suspect; /* it was paused or restarted: others may believe it dead */
    bool serving;
    unsigned held;
    struct sim_event *first_held, *last_held; /* packets that wait for a paused host */
    uint64_t damaged, refused;                /* packets: checksum wrong; host down, or its ring full */
    struct transport_config config;
    struct transport_counters former; /* of earlier incarnations */
};

void host_init(struct simulation *s, struct host *host, uint32_t number);
void host_destroy(struct host *host);

/* The number that the host's transport knows the other host by; its paths are told if it is new. */
uint16_t host_peer(struct simulation *s, struct host *host, uint32_t other);

void host_on_packet(struct simulation *s, struct host *host, struct sim_packet *packet);
void host_on_wake(struct simulation *s, struct host_wake *wake);
/* Requests have been handed to the transport: lets it send, and takes its events. */
void host_serve(struct simulation *s, struct host *host);

/* The dataplane stops answering; what arrives waits, or is lost. */
void host_pause(struct simulation *s, struct host *host);
void host_resume(struct simulation *s, struct host *host);
/* The dataplane and the applications on it are gone. */
void host_kill(struct simulation *s, struct host *host);
/* A new dataplane, with a new incarnation. */
void host_start(struct simulation *s, struct host *host);

void host_add_counters(const struct host *host, struct transport_counters *sum);

#endif
