/* SPDX-License-Identifier: BSD-3-Clause */
/* The inside of a connection, shared by the files connection*.c. */
#ifndef WEFT_DAEMON_CONNECTION_STATE_H
#define WEFT_DAEMON_CONNECTION_STATE_H

#include <event2/event.h>

#include "dataplane/daemon/connection.h"
#include "dataplane/daemon/host_port.h"
#include "nic/verbs/verbs.h"

#define CONNECTION_OFFER_MIN_NS (20 * NSEC_PER_MSEC)
#define CONNECTION_OFFER_MAX_NS NSEC_PER_SEC

/* IDLE -> OFFERED (we have a queue pair) -> CONNECTED (to the peer's; the worker has it) -> READY (the peer
 * is connected too) -> STOPPING (it failed; the worker takes what had come) -> OFFERED, with the next one: an
 * end that does not know yet that its queue pair is of no use learns it from the offer, and would wait for
 * ever if all that it sent was acknowledged. An offer that nobody here wants and nobody answers is taken
 * back: IDLE. */
enum connection_state {
    CONNECTION_IDLE,
    CONNECTION_OFFERED,
    CONNECTION_CONNECTED,
    CONNECTION_READY,
    CONNECTION_STOPPING
};

struct connection {
    const struct connection_basis *basis;
    struct link_name name;
    enum connection_state state;
    struct verbs_link *link;
    uint16_t source_port;    /* that its packets are to carry; 0: any */
    uint16_t connected_port; /* what it was when the present queue pair was connected */
    uint16_t wire_port;      /* that its packets carry */
    bool suits;              /* the path, together with the peer's */
    unsigned tries;          /* queue pairs in a row that did not */
    uint32_t serial;         /* of our queue pair; 0: there is none */
    uint32_t peer_serial;    /* heard last, and connected to from CONNECTED on */
    bool wanted;             /* by our worker */
    bool handed;             /* the worker has taken it */
    bool peer_connected;
    unsigned offers; /* since it was made */
    nsec_t interval_ns;
    struct event *timer;
};

/* ---- connection.c ---- */

/* Has a queue pair made and offered. When there is none left, it is tried again as long as it is wanted. */
void connection_make(struct connection *c);
void connection_forget(struct connection *c);
/* The timer goes off after this time. */
void connection_schedule(struct connection *c, nsec_t interval_ns);
/* The source port that its packets are to carry: what is not known yet takes the transport's first. */
uint16_t connection_port(const struct connection *c);
/* Gives the queue pair to the worker, which takes what comes on it; with `ready`, it may send as well. */
void connection_hand(struct connection *c, bool ready);
void connection_become_ready(struct connection *c);
/* Has the worker break the queue pair. What is not connected yet may become what is wanted; what its worker
 * does not have yet is looked at when it has. */
void connection_give_up(struct connection *c);

/* ---- connection_offers.c ---- */

void connection_send_offer(struct connection *c, uint32_t echo, bool challenge);

#endif
