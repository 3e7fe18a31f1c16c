/* SPDX-License-Identifier: BSD-3-Clause */
/* The worker's side of an RDMA NIC: channels of the transport to queue pairs, one each.
 *
 *     numbered packets and probes: carrier_send ─▶ their link's queue ─▶ carrier_flush ─▶ verbs_link_send
 *     verbs_poll ─▶ transport_on_delivered, transport_receive, transport_on_path_failed
 *
 * A packet for a channel whose queue pair is not connected yet waits in the link's queue, which is as long as
 * a channel's window, and the main thread is told (link_service.h). When a queue pair fails, its queue is
 * emptied and the transport told: it asks the peer what has arrived and sends the rest elsewhere.
 */
#ifndef WEFT_DAEMON_CARRIER_H
#define WEFT_DAEMON_CARRIER_H

#include <stdbool.h>
#include <stdint.h>

#include "dataplane/transport/transport.h"

struct carrier;
struct verbs;
struct verbs_link;

struct carrier_config {
    struct verbs *verbs;
    struct transport *transport;
    unsigned peers_max;
    uint16_t payload_bytes_max;
};
/* NULL when memory is short. */
struct carrier *carrier_create(const struct carrier_config *config);
void carrier_destroy(struct carrier *c);

/* Which channel of which peer. */
struct link_name {
    uint32_t address;
    uint8_t path;
};

/* ---- memory ---- */

struct region_keys {
    uint64_t base;
    uint32_t local, remote;
};
void carrier_set_region(struct carrier *c, uint32_t region, const struct region_keys *keys);
/* Work that the NIC has not done yet refers to the region. */
bool carrier_uses_region(const struct carrier *c, uint32_t region);
/* What waits and refers to it goes without its payload, as nobody wants that any more. */
void carrier_forget_region(struct carrier *c, uint32_t region);

/* ---- links ---- */

/* A queue pair that is connected: what comes on it is taken. With `ready`, the peer's is connected too, and
 * what waits is sent. 0, -EBUSY (the channel has another one, or what came on that one is not taken yet) or
 * -ENOSPC. */
int carrier_take_link(struct carrier *c, const struct link_name *name, struct verbs_link *link, bool ready);
/* The channel's queue pair, if it has one, is given up: link news follow. */
void carrier_break_link(struct carrier *c, const struct link_name *name, nsec_t now);
/* The main thread has stopped the queue pair: what had come on it is taken, then it is forgotten. */
void carrier_end_link(struct carrier *c, const struct link_name *name, nsec_t now);

enum link_news_kind {
    LINK_WANTED, /* something waits for a queue pair */
    LINK_DOWN    /* the queue pair has failed: stop it, then carrier_end_link() */
};
struct link_news {
    enum link_news_kind kind;
    struct link_name name;
    uint16_t source_port; /* WANTED: of the path */
    const char *reason;   /* DOWN */
};
/* The oldest news, until carrier_told() says that the main thread has them. */
bool carrier_news(struct carrier *c, struct link_news *news);
void carrier_told(struct carrier *c);

/* ---- packets ---- */

/* Whether a packet of this type has a number in its channel, and so goes on its queue pair. */
bool carrier_is_numbered(uint8_t type);

/* Takes a packet that belongs on a queue pair; its payload stays where it is until the NIC has read it.
 * False: it is one of those that go as datagrams. A probe of a path that is believed dead is to find out what
 * its queue pair can do; one that asks for a sign of life goes as a datagram, so that it comes through before
 * there is one. */
bool carrier_send(struct carrier *c, const struct outgoing_packet *packet, const uint8_t *payload);
/* After the last of several: they go to the NIC now, those that follow each other in a message as one. */
void carrier_flush(struct carrier *c);
/* The source port of the next datagram. Datagrams have another destination port than queue pairs, so their
 * path is nobody's: each takes another, lest a dead spine swallow all that two hosts say to each other. */
uint16_t carrier_datagram_port(struct carrier *c);
enum {
    CARRIER_DATAGRAM_COPIES_MAX = 6
};
/* How often a datagram of this type is sent, from another port each time. One is enough, as it is repeated
 * when it gets lost; but what waits for the word on a dead path should not wait for that, and in a fabric of
 * two spines every other port leads to the dead one. */
unsigned carrier_datagram_copies(uint8_t type);
/* Sees a datagram before the transport does. True: the transport must not see it now; it is kept, or comes
 * again. */
bool carrier_sees_datagram(struct carrier *c, uint32_t source, const uint8_t *bytes, unsigned length,
                           nsec_t now);

/* What the NIC has done. Each header that has come is given to `receive`, whose payload is in place. Returns
 * how much there was. A NIC delivers once: a numbered packet that the transport cannot take yet, for want of
 * a session or of room, is given again. */
struct carrier_receiver {
    enum drop_reason (*receive)(void *context, const struct received_packet *packet);
    void *context;
};
void carrier_set_receiver(struct carrier *c, const struct carrier_receiver *receiver);
unsigned carrier_poll(struct carrier *c, nsec_t now);
/* Before a sleep: the next completion makes `carrier_bell_fd()` readable. True: there is one already. */
bool carrier_arm(struct carrier *c, nsec_t now);
int carrier_bell_fd(const struct carrier *c);

struct carrier_counters {
    uint64_t packets_carried, packets_waited;        /* waited: for a queue pair, or for room in it */
    uint64_t probes_dropped;                         /* for want of a queue pair */
    uint64_t no_link;                                /* packets for which no queue pair was left */
    uint64_t foreign_payload;                        /* headers that came with payload they may not have */
    uint64_t packets_held;                           /* that the transport could not take at once */
    uint64_t links_failed;                           /* of the NIC's own accord */
    uint64_t received_of_nobody, received_malformed; /* verbs.h */
};
void carrier_get_counters(const struct carrier *c, struct carrier_counters *counters);

#endif
