/* SPDX-License-Identifier: BSD-3-Clause */
/* How two dataplanes on RDMA NICs connect the queue pairs of one path: UDP datagrams to the port after
 * weft's.
 *
 * Each end keeps sending its offer until it is ready: its own queue pair under a serial drawn for it, and the
 * serial that it has heard of the other's. Whoever hears its own serial echoed knows that the other's address
 * is not forged, connects, and says so; whoever hears that the other is connected may send, and is ready.
 *
 *     A                                          B
 *     offer a, echo 0 ->
 *                                  <- offer b, echo a                    B keeps a queue pair
 *     offer a, echo b, connected ->                                      A is connected
 *                                  <- offer b, echo a, connected, ready  B may send
 *     offer a, echo b, connected, ready ->                               A may send
 *
 * Neither connects before it has heard that the pair suits the other: where a device's source ports follow
 * from the numbers of both queue pairs, an end whose path they do not take makes another one, until one does.
 *
 * An end that is connected to another serial than it hears (the other has made a new queue pair, or has been
 * restarted) challenges it to echo its own; that done, the old queue pair is given up.
 */
#ifndef WEFT_FORMATS_LINK_OFFER_H
#define WEFT_FORMATS_LINK_OFFER_H

#include <assert.h>
#include <stdint.h>

enum {
    LINK_OFFER_VERSION = 3,
    LINK_OFFER_PORT_DISTANCE = 1 /* from packet.h's PACKET_UDP_PORT, or whatever is configured in its place */
};

enum link_offer_flags {
    LINK_OFFER_CONNECTED = 1, /* the sender's queue pair receives from the one that it echoes */
    LINK_OFFER_READY = 2,     /* and the sender has heard the same of the other: no answer is needed */
    LINK_OFFER_CHALLENGE = 4, /* the queue pair belongs to another one: echo the serial first */
    LINK_OFFER_SUITS = 8      /* together with the queue pair that it echoes it takes the sender's path */
};

struct link_offer {
    uint8_t version; /* LINK_OFFER_VERSION */
    uint8_t flags;   /* enum link_offer_flags */
    uint8_t path;    /* of the sender, and so of the receiver: it crosses the same spine both ways */
    uint8_t mtu;     /* enum ibv_mtu */
    uint32_t incarnation;
    uint32_t serial;        /* of the sender's queue pair; never 0 */
    uint32_t echo;          /* the serial heard of the receiver; 0: none */
    uint32_t queue_pair;    /* 24 bits */
    uint32_t packet_number; /* 24 bits: where the sender's packets begin */
    uint32_t messages_max;  /* that the sender has room for, unread */
    uint32_t credit_key;    /* where the receiver writes how many of the sender's messages it has read */
    uint64_t credit_address;
};

static_assert(sizeof(struct link_offer) == 40, "link_offer");

#endif
