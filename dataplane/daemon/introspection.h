/* SPDX-License-Identifier: BSD-3-Clause */
/* Lets an operator look inside through DPDK's telemetry socket (dpdk-telemetry.py): /weft/counters,
 * /weft/channels, /weft/paths, /weft/plan, /weft/sessions.
 *
 * Telemetry asks on threads of its own. They never touch the state of the main thread or of a worker: a
 * question is queued for the main thread, which fills in the answer, for a worker's part by a command, and
 * the telemetry thread waits for it for a second at most.
 */
#ifndef WEFT_DAEMON_INTROSPECTION_H
#define WEFT_DAEMON_INTROSPECTION_H

#include "dataplane/daemon/session_server.h"

struct control_link;
struct event_base;

struct introspection_config {
    struct event_base *base;
    struct host_port **ports;
    unsigned port_count;
    struct session_server *server;
    const struct control_link *control; /* NULL: there is none */
};
/* Once in a process: DPDK keeps the commands for ever. 0 or negative errno. */
int introspection_start(const struct introspection_config *config);
/* Questions are not answered any more. */
void introspection_stop(void);

#endif
