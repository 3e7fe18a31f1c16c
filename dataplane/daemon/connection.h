/* SPDX-License-Identifier: BSD-3-Clause */
/* One path to one peer, as the main thread of a host with an RDMA NIC sees it: the queue pair that its
 * packets take, from the first offer (formats/link_offer.h) until it is given up, and then the next. */
#ifndef WEFT_DAEMON_CONNECTION_H
#define WEFT_DAEMON_CONNECTION_H

#include "dataplane/daemon/carrier.h"
#include "dataplane/daemon/offer_socket.h"

struct connection;
struct event_base;
struct host_port;

/* What all connections of a NIC share; it must outlive them. */
struct connection_basis {
    struct verbs *verbs;
    struct host_port *port; /* of the worker that is given the queue pairs */
    struct event_base *base;
    struct offer_socket *offers;
    uint32_t address, incarnation; /* our own */
    /* Where ports follow from numbers: which path the port takes to the peer; -1: not known yet. */
    int (*path_of_port)(struct host_port *port, uint32_t address, uint16_t source_port);
};
/* NULL when memory is short. */
struct connection *connection_create(const struct connection_basis *basis, const struct link_name *name);
/* The worker must have ended. */
void connection_destroy(struct connection *c);
const struct link_name *connection_name(const struct connection *c);

/* The worker has something to send; `source_port` is what packets of the path are to carry, 0: any. */
void connection_on_wanted(struct connection *c, uint16_t source_port);
/* The worker has given the queue pair up. */
void connection_on_down(struct connection *c, const char *reason);
/* The path is reached by this source port from now on: a queue pair with another one is given up. 0: by none;
 * whether the queue pair still works is the NIC's to say. */
void connection_on_path_found(struct connection *c, uint16_t source_port);
/* What the peer says of its queue pair; `source_port` is of the path, 0: not known. */
void connection_on_offer(struct connection *c, const struct link_offer *offer, uint16_t source_port);

#endif
