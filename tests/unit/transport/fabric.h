/* SPDX-License-Identifier: BSD-3-Clause */
/* Some transports and a network of nothing but delay between them, in virtual time: what the stories in the
 * transport's tests are told with. Packets carry real bytes from region to region; a fault function decides
 * what the network does to each. Paths are told apart by source port: PATH_PORT(i) takes path i. It models no
 * queues: the simulator does. */
#ifndef WEFT_TESTS_FABRIC_H
#define WEFT_TESTS_FABRIC_H

#include <stddef.h>

#include "dataplane/transport/transport.h"

enum {
    FABRIC_HOSTS_MAX = 8,
    FABRIC_EVENTS_MAX = 8192,
    FABRIC_LEGS_MAX = 64,
    FABRIC_COMMUNICATOR = 0x1234 /* identity of the communicator of all hosts */
};
#define PATH_PORT(path) ((uint16_t)(50000 + (path)))
#define FABRIC_DELAY_NS (5 * NSEC_PER_USEC) /* one way */

struct fabric_packet {
    nsec_t at;
    uint64_t order;
    unsigned from, to;
    uint16_t source_port;
    uint8_t ecn;
    bool trimmed;
    uint16_t length;
    _Alignas(8) uint8_t bytes[];
};

enum fault {
    FAULT_NONE,
    FAULT_LOSE,
    FAULT_DOUBLE,
    FAULT_MARK,
    FAULT_TRIM, /* of a data packet only its header arrives */
    FAULT_DELAY /* by ten one-way delays: reorders */
};
struct fabric;
typedef enum fault (*fault_function)(struct fabric *f, const struct fabric_packet *packet);

struct fabric_host {
    struct transport *transport;
    struct transport_config config;
    uint8_t *memory; /* region 0 */
    uint16_t rank_peers[FABRIC_HOSTS_MAX];
    int communicator;
    struct event events[FABRIC_EVENTS_MAX];
    unsigned event_count;
    struct message_leg legs[FABRIC_LEGS_MAX]; /* the first of all messages sent */
    unsigned leg_count;
};

struct fabric {
    nsec_t now;
    uint64_t order;
    unsigned host_count, path_count;
    size_t memory_bytes;
    struct fabric_host hosts[FABRIC_HOSTS_MAX];
    struct fabric_packet **queue; /* binary heap by (at, order) */
    unsigned queue_count, queue_capacity;
    fault_function fault;
    uint64_t seed; /* for fault functions */
    uint64_t packets, lost;
};

struct fabric_config {
    unsigned hosts, paths;
    size_t memory_bytes; /* of each host's region */
    enum path_mode mode;
    const char *congestion; /* NULL: none */
    void (*tune)(struct transport_config *config);
};
/* Hosts 0.. are ranks 0.. of one communicator, open on all, with `paths` paths between any two (each host a
 * leaf of its own). */
struct fabric *fabric_create(const struct fabric_config *config);
void fabric_destroy(struct fabric *f);
/* A new transport with a new incarnation takes the host's place, its communicator open again. */
void fabric_restart(struct fabric *f, unsigned host);
/* The host is gone: what is sent to it is lost. */
void fabric_kill(struct fabric *f, unsigned host);

/* One flow of `bytes` between regions at the given offsets; the cookie is the tag. */
struct fabric_flow {
    unsigned from, to;
    uint64_t tag;
    uint64_t from_offset, to_offset;
    uint64_t bytes;
    uint32_t chunk_bytes;
};
enum submit_result fabric_send(struct fabric *f, const struct fabric_flow *flow);
enum submit_result fabric_receive(struct fabric *f, const struct fabric_flow *flow);

/* Lets time pass until `until` or until nothing is left to happen before it. */
void fabric_run(struct fabric *f, nsec_t until);
/* How many events of the kind and status the host has had. */
unsigned fabric_count(const struct fabric *f, unsigned host, enum event_kind kind, enum event_status status);
/* The host's event for this cookie, or NULL. */
const struct event *fabric_find(const struct fabric *f, unsigned host, enum event_kind kind, uint64_t cookie);
struct transport_counters fabric_counters(const struct fabric *f, unsigned host);

#endif
