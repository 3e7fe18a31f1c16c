/* SPDX-License-Identifier: BSD-3-Clause */
/* What the main thread asks of a worker, and what a worker tells the main thread.
 *
 * The main thread does everything slow: it allocates, maps, logs and resolves. A command and everything it
 * points to is the main thread's, lent to the worker until it comes back as an answer. A notice is a copy;
 * notices may be lost when the main thread is late, and each is one that will be said again.
 */
#ifndef WEFT_DAEMON_COMMAND_H
#define WEFT_DAEMON_COMMAND_H

#include "dataplane/daemon/carrier.h"
#include "dataplane/daemon/path_discovery.h"
#include "dataplane/transport/transport.h"
#include "nic/port.h"

struct worker_session;

enum command_kind {
    COMMAND_ATTACH,             /* result: 0 or -ENOSPC */
    COMMAND_DETACH,             /* answered once nothing refers to the session's memory any more */
    COMMAND_ADD_REGION,         /* result: its number, or -ENOSPC */
    COMMAND_REMOVE_REGION,      /* result: 0, -ENOENT or -EBUSY */
    COMMAND_ADD_PEERS,          /* result: 0, or -ENOSPC; fills `numbers` */
    COMMAND_OPEN_COMMUNICATOR,  /* result: its handle, -ENOSPC or -EEXIST */
    COMMAND_CLOSE_COMMUNICATOR, /* result: 0 or -ENOENT; answered when its last transfer has ended */
    COMMAND_SET_PATHS,
    COMMAND_SEND_PROBES,
    COMMAND_TIME_PATH, /* result: 0, or -ENOENT: no packet was sent */
    COMMAND_SET_NEXT_HOP,
    COMMAND_TAKE_LINK, /* result: 0, -EBUSY or -ENOSPC: see carrier.h, as for the next two */
    COMMAND_BREAK_LINK,
    COMMAND_END_LINK,
    COMMAND_USE_PLAN, /* the plan that was used before is the main thread's again with the answer */
    COMMAND_SNAPSHOT
};

enum {
    COMMAND_PROBES_MAX = 16,
    SNAPSHOT_CHANNELS_MAX = 32
};

/* What a worker shows of itself. */
struct worker_snapshot {
    unsigned first_channel; /* in: index to begin at; out: index to go on with, 0: that was all */
    unsigned channel_count;
    struct channel_info channels[SNAPSHOT_CHANNELS_MAX];
    struct transport_counters transport;
    struct port_counters port;
    unsigned transfers, transfers_max;
    uint64_t rounds, sleeps, notices_lost, loopback_packets;
    bool has_links; /* an RDMA NIC */
    struct carrier_counters links;
};

struct command {
    enum command_kind kind;
    int64_t result;
    /* Called on the main thread with the answer; frees the command. */
    void (*done)(struct command *command);
    void *context; /* of `done` */
    struct worker_session *session;
    union {
        struct {
            void *base;
            uint64_t bytes;
            uint32_t number; /* remove */
            struct region_keys keys;
        } region;
        struct {
            const uint32_t *addresses;
            uint16_t *numbers;
            unsigned count;
            unsigned leaf_prefix_bits;
        } peers;
        struct communicator_config open;
        uint32_t close; /* handle */
        struct path_change paths;
        struct {
            struct path_probe probes[COMMAND_PROBES_MAX];
            unsigned count;
        } probes;
        struct {
            uint64_t cookie;
            uint16_t peer;
            uint8_t path;
        } time_path;
        struct {
            uint32_t destination;
            uint8_t ethernet[6];
        } next_hop;
        struct {
            struct link_name name;
            struct verbs_link *link; /* take */
            bool ready;
        } link;
        const struct path_plan *plan; /* NULL: none */
        struct worker_snapshot *snapshot;
    };
};

enum notice_kind {
    NOTICE_TIME_EXCEEDED, /* a router has answered a probe */
    NOTICE_PATH_DOWN,
    NOTICE_PATH_UP,
    NOTICE_PATH_TIMED,  /* a lone packet has come back */
    NOTICE_LINK_WANTED, /* carrier.h */
    NOTICE_LINK_DOWN,
    NOTICE_UNRESOLVED, /* no next hop is known for an address */
    NOTICE_DEMAND      /* a communicator sends steps of a shape, or longer ones than before */
};

struct notice {
    uint32_t kind;    /* enum notice_kind */
    uint32_t address; /* UNRESOLVED, LINK_*: of whom */
    uint16_t peer;    /* PATH_*: the transport's number */
    uint16_t path;
    uint16_t source_port;           /* LINK_WANTED */
    const char *reason;             /* LINK_DOWN */
    uint64_t cookie, round_trip_ns; /* PATH_TIMED */
    struct path_answer answer;
    struct notice_demand {
        uint32_t session, communicator; /* slot, and handle in that session */
        uint32_t shape;                 /* enum step_shape */
        uint64_t flow_bytes;            /* of the longest flow so far */
    } demand;
};

/* A zeroed command; NULL, which is logged, when memory is short. */
struct command *command_new(enum command_kind kind, void (*done)(struct command *command), void *context);
void command_free(struct command *command);

#endif
