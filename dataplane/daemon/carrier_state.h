/* SPDX-License-Identifier: BSD-3-Clause */
/* The inside of a carrier, shared by the files carrier*.c. */
#ifndef WEFT_DAEMON_CARRIER_STATE_H
#define WEFT_DAEMON_CARRIER_STATE_H

#include <assert.h>
#include <sys/queue.h>

#include "dataplane/daemon/carrier.h"
#include "dataplane/daemon/region_table.h"
#include "dataplane/formats/packet_run.h"
#include "nic/verbs/verbs.h"

enum {
    WAITING_MAX = PACKET_WINDOW_MAX + 16, /* a channel's window, and probes */
    NO_LINK_MAX = 64
};

static_assert(PACKET_HEADER_BYTES_MAX <= (int)VERBS_HEADER_BYTES_MAX, "a header fits a message");
static_assert(sizeof(struct packet_run) <= VERBS_HEADER_BYTES_MAX, "and so does a run's");

/* A packet that has not arrived yet, as far as is known. */
struct carried {
    const uint8_t *payload;
    uint64_t remote_address;
    uint32_t remote_key;
    uint32_t payload_bytes;
    uint32_t region;
    uint16_t header_bytes;
    uint16_t run_packets; /* once posted: how many went as one, this one first */
    uint8_t header[PACKET_HEADER_BYTES_MAX];
};

/* A message of the NIC's that has come: a packet, or a run of them. */
struct arrival {
    struct verbs_completion completion;
    unsigned packets, taken; /* by the transport, the first ones */
    uint32_t packet_bytes;   /* of payload, but the last one */
};

/* One channel's queue pair and what is sent on it. Once used, a link stays its channel's. */
struct link {
    struct link_name name;
    uint16_t source_port; /* of the last packet */
    struct verbs_link *verbs;
    bool ready;                 /* to send */
    bool down;                  /* it has failed; the main thread will stop it */
    bool asked;                 /* the main thread knows that a queue pair is wanted */
    bool told_down;             /* and that this one is down */
    bool heard;                 /* a numbered packet has come on this queue pair */
    bool heard_ever;            /* or on one before */
    uint16_t generation;        /* of the channel of the last of these */
    unsigned held;              /* arrivals that are not taken yet */
    bool asked_to_close;        /* the peer's question waits until the queue pair is stopped */
    struct packet_header close; /* the last question */
    const char *reason;
    STAILQ_ENTRY(link) news;
    bool has_news;
    STAILQ_ENTRY(link) waiting;
    bool waits; /* it has packets that are not posted */
    uint64_t first, posted, end;
    struct carried queue[WAITING_MAX];
};

STAILQ_HEAD(link_list, link);

struct peer_links {
    uint32_t address; /* 0: free */
    struct link *links[PACKET_PATHS_MAX];
};

struct region_use {
    struct region_keys keys; /* local 0: no such region */
    uint32_t posted;
};

struct carrier {
    struct carrier_config config;
    struct carrier_receiver receiver;
    struct carrier_counters counters;
    uint64_t datagrams;
    struct link *links; /* a pool, touched when used */
    unsigned link_count, links_max;
    struct peer_links *peers; /* open addressing by address */
    uint32_t peer_mask, peer_count;
    struct link_list news, waiting;
    struct arrival *held; /* as many as there are buffers, untouched until used */
    unsigned held_count;
    struct link_name no_link[NO_LINK_MAX]; /* paths for which none is left, to be told to the transport */
    unsigned no_link_count;
    struct region_use regions[REGIONS_MAX];
};

/* ---- carrier_table.c ---- */

/* NULL: nothing has been sent or received on it. */
struct link *carrier_find_link(const struct carrier *c, const struct link_name *name);
/* NULL: there are as many as the NIC has room for, or too many peers. */
struct link *carrier_find_or_add_link(struct carrier *c, const struct link_name *name);
void carrier_add_news(struct carrier *c, struct link *link);
void carrier_ask_for_queue_pair(struct carrier *c, struct link *link);

/* ---- carrier_queue.c ---- */

/* The place of packet `number` of the link; there is room for WAITING_MAX from link.first on. */
struct carried *link_queue_at(struct link *link, uint64_t number);
/* What is in the queue and not posted is, by the next carrier_flush(). */
void carrier_add_waiting(struct carrier *c, struct link *link);
/* Posts what the link's queue pair has room for. */
void carrier_post_waiting(struct carrier *c, struct link *link);
/* The oldest posted packet has arrived, or will not: its memory is the NIC's no more. */
struct carried *carrier_take_posted(struct carrier *c, struct link *link);
/* Forgets all that has not arrived. */
void carrier_empty_queue(struct carrier *c, struct link *link);

/* ---- carrier_run.c ---- */

/* How many packets, from the first that is not posted on, go as one; 1 or more. */
unsigned carrier_run_packets(struct link *link);
/* The header of a run that begins with this packet. */
void carrier_run_begin(const struct carried *first, struct packet_run *run);
/* False: payload came with a header that may not have it. */
bool carrier_open_arrival(const struct carrier *c, const struct verbs_completion *completion,
                          struct arrival *arrival);
/* The first packet that is not taken: its bytes and length. They may be in `header`. */
void carrier_next_of_arrival(const struct arrival *arrival, struct packet_data *header,
                             struct received_packet *packet);

/* ---- carrier_held.c ---- */

/* Gives the transport what has come, and its buffer back, or holds it until it can be taken. */
void carrier_receive(struct carrier *c, struct arrival *arrival);
/* Tries again; how many were taken. */
unsigned carrier_receive_held(struct carrier *c);

/* ---- carrier_links.c ---- */

/* The queue pair is of no use any more: its channel's packets go elsewhere. */
void carrier_fail_link(struct carrier *c, struct link *link, const char *reason, nsec_t now);

/* ---- carrier_send.c ---- */

/* Gives up the paths for which no queue pair was left when something was sent. */
void carrier_tell_refused(struct carrier *c, nsec_t now);

#endif
