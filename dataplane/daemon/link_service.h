/* SPDX-License-Identifier: BSD-3-Clause */
/* The main thread's side of an RDMA NIC: opens it, registers applications' memory with it, and connects the
 * queue pairs that the worker's carrier asks for with those of other dataplanes (formats/link_offer.h). */
#ifndef WEFT_DAEMON_LINK_SERVICE_H
#define WEFT_DAEMON_LINK_SERVICE_H

#include <stdbool.h>
#include <stdint.h>

#include "dataplane/daemon/carrier.h"
#include "dataplane/daemon/command.h"

enum {
    LINK_SERVICE_ERROR_BYTES = 256
};
/* Routers hash the destination port, too: paths are those that probes to RoCE's own port take. One that
 * reached a NIC would be dropped there, as it is no RDMA packet. */
#define LINK_SERVICE_PROBED_PORT   4791
#define LINK_SERVICE_DEVICE_PREFIX "verbs:"

struct event_base;
struct host_port;
struct link_service;
struct verbs_memory;

/* `device` follows the prefix: a name, an address or a GID, and ",source_ports=numbers" where the device
 * takes no notice of flow labels (connection.h). `address` 0: the device's first. Finds the device; it is
 * opened when the service starts, which must be under the worker's credentials. 0 or negative errno with
 * `error` in words. */
int link_service_open(const char *device, uint32_t address, struct link_service **service,
                      char error[LINK_SERVICE_ERROR_BYTES]);
struct link_service_start {
    struct host_port *port;
    struct event_base *base;
    uint16_t udp_port; /* of weft's packets */
    uint32_t incarnation;
};
int link_service_start(struct link_service *s, const struct link_service_start *start,
                       char error[LINK_SERVICE_ERROR_BYTES]);
/* The worker must have ended. NULL is allowed. */
void link_service_destroy(struct link_service *s);

const char *link_service_interface(const struct link_service *s);
uint32_t link_service_address(const struct link_service *s);
/* Beside a worker that is to use it. NULL when memory is short. */
struct carrier *link_service_create_carrier(struct link_service *s, const struct carrier_config *config);
void link_service_destroy_carrier(struct carrier *carrier);

/* Registers memory of an application; `base` of the keys is its address. */
int link_service_register(struct link_service *s, void *base, uint64_t bytes, struct verbs_memory **memory,
                          struct region_keys *keys, char error[LINK_SERVICE_ERROR_BYTES]);
void link_service_release(struct verbs_memory *memory);

/* How often the NIC has sent again, whoever used it. False: it does not say, or `s` is NULL. */
bool link_service_retransmits(const struct link_service *s, uint64_t *count);

/* These may connect with us. 0 or -ENOMEM. */
int link_service_add_peers(struct link_service *s, const uint32_t *addresses, unsigned count);
void link_service_on_notice(struct link_service *s, const struct notice *notice);
void link_service_paths_changed(struct link_service *s);

#endif
