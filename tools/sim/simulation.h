/* SPDX-License-Identifier: BSD-3-Clause */
/* A fabric and its hosts, each running the real transport, in virtual time: nothing in it reads a clock, and
 * the same configuration and seed give the same run, event for event.
 *
 * What it is good for: where packets go, how queues fill, what is lost and found again, what completes when.
 * What it does not model: shared switch buffers and pause frames, the time software needs (a constant
 * turnaround stands for it), routing protocols (a link is withdrawn when the scenario says so), memory and
 * PCIe buses.
 */
#ifndef SIM_SIMULATION_H
#define SIM_SIMULATION_H

#include <stdio.h>

#include "dataplane/client/schedule.h"
#include "tools/sim/host.h"
#include "tools/sim/operation.h"
#include "tools/sim/planning.h"
#include "tools/sim/topology.h"

struct job;

/* A transport broken on purpose, or rather what it says: so that each checker can be seen to fire. */
enum sabotage {
    SABOTAGE_NONE,
    SABOTAGE_FLIP_BYTE,       /* a payload is altered behind the port's checksum */
    SABOTAGE_PLACE_TWICE,     /* a payload is placed twice */
    SABOTAGE_PLACE_ELSEWHERE, /* ... or in another place */
    SABOTAGE_PLACE_NOWHERE,   /* ... or not at all */
    SABOTAGE_FORGE_ACK,       /* a packet is lost, and the sender told that it arrived */
    SABOTAGE_LOSE_EVENT,      /* an application is not told of an end */
    SABOTAGE_KEEP_CREDIT,     /* a receive is posted that nobody knows of */
    SABOTAGE_REPEAT_ACKS,     /* an ack is sent twenty thousand times */
    SABOTAGES
};

struct simulation_config {
    struct topology_config topology;
    struct transport_config transport; /* of every host: address, incarnation, seed and rate are filled in */
    bool content;                      /* check every byte: operation.h */
    uint64_t seed;
    nsec_t control_delay_ns; /* from a host's report of a path to the plan that heeds it: planning.h */
    nsec_t base_rtt_ns;      /* of an idle fabric for a full packet and its ack: simulation_base_rtt_ns() */
    enum sabotage sabotage;
    uint64_t sabotage_at; /* at the so-manieth occasion */
    FILE *story;          /* told what happens; NULL: silent */
};

enum simulation_event {
    SIMULATION_PACKET, /* struct sim_packet: at the end of its link */
    SIMULATION_WAKE,   /* struct host_wake */
    SIMULATION_CALL    /* struct simulation_call */
};

/* Sees the events of hosts before their jobs do, and may take the legs of messages that were sent. */
struct simulation_watch {
    void (*on_event)(void *context, struct host *host, const struct event *event); /* NULL: nobody watches */
    void *context;
};

struct simulation {
    struct simulation_config config;
    struct simulation_watch watch;
    struct event_queue queue;
    struct packet_pool packets;
    struct link_context links;
    struct topology topology;
    struct host *hosts;
    struct operation_table operations;
    struct complaints complaints;
    struct planning planning;
    struct job **jobs;
    size_t job_count, job_capacity;
    unsigned jobs_unfinished;
    uint64_t hops;                                  /* packets that have come to the end of a link */
    uint64_t events;                                /* everything taken from the queue */
    nsec_t first_path_death_at, last_path_death_at; /* found by a host; 0: none */
    uint64_t histogram[LINK_HISTOGRAM];
    struct schedule_step step; /* scratch of jobs */
    uint64_t sabotage_occasions;
    bool stopped;
};

struct simulation *simulation_create(const struct simulation_config *config);
void simulation_destroy(struct simulation *s);

static inline nsec_t simulation_now(const struct simulation *s)
{
    return s->queue.now;
}

/* Calls the function at that time. */
typedef void (*simulation_function)(struct simulation *s, void *context, uint64_t argument);
void simulation_call_at(struct simulation *s, nsec_t at, simulation_function function, void *context,
                        uint64_t argument);
/* Lets time pass until `until`, until simulation_stop(), or until nothing is left to happen. */
void simulation_run(struct simulation *s, nsec_t until);
void simulation_stop(struct simulation *s);

/* A full data packet there, over the longest path, and its ack back, both hosts' turnaround included. */
nsec_t simulation_base_rtt_ns(const struct topology_config *config, uint32_t packet_bytes);

/* True at the occasion that the configuration names for this kind of sabotage. */
bool simulation_sabotages(struct simulation *s, enum sabotage kind);

void simulation_tell(struct simulation *s, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Sum over all hosts, former incarnations included. */
void simulation_counters(const struct simulation *s, struct transport_counters *sum);

#endif
