/* SPDX-License-Identifier: BSD-3-Clause */
/* One port of this host and all that belongs to it: the packet port, the transport, the worker that runs
 * them, path discovery and next hops. On the main thread. */
#ifndef WEFT_DAEMON_HOST_PORT_H
#define WEFT_DAEMON_HOST_PORT_H

#include "dataplane/daemon/command.h"
#include "dataplane/daemon/config.h"
#include "dataplane/daemon/neighbours.h"
#include "dataplane/daemon/path_service.h"
#include "dataplane/daemon/worker.h"
#include "dataplane/process/log.h"

enum {
    HOST_PORT_ERROR_BYTES = 320
};

struct host_port;

/* Opens port number `index` of the configuration; the worker is not running yet. 0 or negative errno with
 * `error` in words. */
int host_port_open(const struct config *config, unsigned index, struct event_base *base,
                   struct host_port **port, char error[HOST_PORT_ERROR_BYTES]);
int host_port_start(struct host_port *p, char error[HOST_PORT_ERROR_BYTES]);
void host_port_close(struct host_port *p);

/* Who wants to know what becomes of paths, sends and communicators of the port. */
struct host_port_listener {
    void *context;
    void (*path)(void *context, uint16_t peer, uint8_t path, bool alive);
    void (*timed)(void *context, uint64_t cookie, nsec_t round_trip_ns); /* of COMMAND_TIME_PATH */
    void (*paths_changed)(void *context);                                /* the catalogue */
    void (*demand)(void *context, const struct notice_demand *demand);
    void (*communicators_changed)(void *context); /* one was opened or closed */
};
/* NULL: nobody any more. */
void host_port_listen(struct host_port *p, const struct host_port_listener *listener);
void host_port_paths_changed(struct host_port *p);
void host_port_communicators_changed(struct host_port *p);

/* Called when the worker may have found an application's rings malformed. */
void host_port_on_broken(struct host_port *p, void (*on_broken)(void *context), void *context);

uint32_t host_port_address(const struct host_port *p);
uint32_t host_port_incarnation(const struct host_port *p);
uint64_t host_port_rate_bytes_per_s(const struct host_port *p);
uint16_t host_port_payload_bytes_max(const struct host_port *p);
const char *host_port_device(const struct host_port *p);
struct worker *host_port_worker(struct host_port *p);
struct path_service *host_port_paths(struct host_port *p);
struct neighbours *host_port_neighbours(struct host_port *p);
/* Of an RDMA NIC; NULL: the port has none. */
struct link_service *host_port_links(struct host_port *p);

/* Hands a command to the worker now or, when too many are under way, as soon as it can. `done` is called from
 * the event loop, never from here. */
void host_port_post(struct host_port *p, struct command *command);

#endif
