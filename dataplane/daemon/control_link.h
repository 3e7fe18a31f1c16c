/* SPDX-License-Identifier: BSD-3-Clause */
/* The daemon's side of control, when its configuration names one: an agent for each port. Whatever is wrong
 * with control, the dataplane serves. */
#ifndef WEFT_DAEMON_CONTROL_LINK_H
#define WEFT_DAEMON_CONTROL_LINK_H

#include "dataplane/daemon/config.h"
#include "dataplane/daemon/control_agent.h"

struct control_link;

struct control_link_config {
    struct event_base *base;
    const struct http_place *control;
    struct host_port **ports;
    unsigned port_count;
    struct session_server *server;
};
/* NULL when no control is configured, or it is of no use, which is logged. */
struct control_link *control_link_create(const struct control_link_config *config);
/* After the ports have been closed: until then workers use plans. NULL is allowed. */
void control_link_destroy(struct control_link *link);

/* For introspection: of the port with this number; false when it has no agent. */
bool control_link_view(const struct control_link *link, unsigned port, struct control_agent_view *view);

#endif
