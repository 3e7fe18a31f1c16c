/* SPDX-License-Identifier: BSD-3-Clause */
/* What host_port*.c share. */
#ifndef WEFT_DAEMON_HOST_PORT_STATE_H
#define WEFT_DAEMON_HOST_PORT_STATE_H

#include <sys/queue.h>

#include <event2/util.h>

#include "dataplane/daemon/host_port.h"
#include "dataplane/daemon/link_service.h"

/* A command that waits for room in the worker's mailbox. */
struct waiting_command {
    STAILQ_ENTRY(waiting_command) link;
    struct command *command;
};

struct host_port {
    char *device;
    struct port *port;
    struct link_service *links; /* of an RDMA NIC; NULL: it has none */
    struct link_service_start links_start;
    struct carrier *carrier;
    uint16_t peers_max;
    struct transport *transport;
    struct worker *worker;
    struct path_service *paths;
    struct neighbours *neighbours;
    struct event_base *base;
    struct event *bell;
    uint32_t address, incarnation;
    uint64_t rate_bytes_per_s;
    uint16_t payload_bytes_max;
    void (*on_broken)(void *context);
    void *broken_context;
    struct host_port_listener listener;
    STAILQ_HEAD(, waiting_command) waiting;
};

/* Of the event loop: answers and notices of the worker have come. */
void host_port_on_bell(evutil_socket_t bell, short events, void *context);

#endif
