/* SPDX-License-Identifier: BSD-3-Clause */
/* Runs lone packets (lone_packets.h) for one port on the main thread's event loop: they go to the worker as
 * commands, and what they took comes back as notices. */
#ifndef WEFT_DAEMON_LONE_SERVICE_H
#define WEFT_DAEMON_LONE_SERVICE_H

#include "dataplane/daemon/host_port.h"
#include "dataplane/daemon/lone_packets.h"

struct event_base;
struct lone_service;

/* `finished` is called from the event loop when there is something to report. NULL when memory is short. */
struct lone_service *lone_service_create(struct host_port *port, struct event_base *base,
                                         void (*finished)(void *context), void *context);
void lone_service_destroy(struct lone_service *s); /* NULL is allowed */

/* What there is no room for is not done: whoever asked hears nothing of it. */
void lone_service_ask(struct lone_service *s, const struct lone_wish *wish);
void lone_service_on_timed(struct lone_service *s, uint64_t cookie, nsec_t round_trip_ns);
struct lone_packets *lone_service_packets(struct lone_service *s);

#endif
