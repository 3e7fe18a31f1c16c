/* SPDX-License-Identifier: BSD-3-Clause */
/* Runs path discovery (path_discovery.h) for one port on the main thread's event loop: probes go to the
 * worker as commands, answers come back as notices, and whoever opens a communicator can wait until the paths
 * to its peers are known. */
#ifndef WEFT_DAEMON_PATH_SERVICE_H
#define WEFT_DAEMON_PATH_SERVICE_H

#include <sys/queue.h>

#include "dataplane/daemon/command.h"

struct event_base;
struct host_port;
struct path_service;

struct path_service *path_service_create(struct host_port *port, struct event_base *base,
                                         nsec_t verify_interval_ns);
void path_service_destroy(struct path_service *s);

/* Begins to look for paths to these peers; those that are known already are left as they are. 0 or -ENOMEM.
 */
struct path_peers {
    const uint32_t *addresses;
    const uint16_t *numbers; /* the transport's */
    unsigned count;
    unsigned leaf_prefix_bits;
    uint32_t own_address; /* peers behind our own leaf have one path, which needs no looking for */
};
int path_service_add(struct path_service *s, const struct path_peers *peers);

/* Calls `ready` once the first search for all these addresses has ended; never from within this call. The
 * addresses stay the caller's until then. */
struct path_waiter {
    TAILQ_ENTRY(path_waiter) link;
    const uint32_t *addresses;
    unsigned count;
    void (*ready)(struct path_waiter *waiter);
    void *context;
};
void path_service_wait(struct path_service *s, struct path_waiter *waiter);
void path_service_cancel(struct path_service *s, struct path_waiter *waiter);

/* As path_discovery_path_of_port(). A peer that has no paths to be found takes any port for its path 0. */
int path_service_path_of_port(struct path_service *s, uint32_t address, uint16_t port);
/* The port has learned where packets to this address go. */
void path_service_on_reachable(struct path_service *s, uint32_t address);
void path_service_on_notice(struct path_service *s, const struct notice *notice);

/* Looks for the paths to this peer (and its leaf) anew. */
void path_service_look_again(struct path_service *s, uint32_t address);

const struct path_discovery *path_service_discovery(const struct path_service *s);

#endif
