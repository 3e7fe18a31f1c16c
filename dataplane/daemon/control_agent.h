/* SPDX-License-Identifier: BSD-3-Clause */
/* What one host port has to do with control (control/API.md, "For dataplanes"): it reports all that it knows,
 * at once when that has changed, and waits for its plan, which the worker then follows. Control may be away
 * for as long as it likes: the last plan stays, and the agent goes on asking, more and more rarely, for ever.
 * On the main thread. */
#ifndef WEFT_DAEMON_CONTROL_AGENT_H
#define WEFT_DAEMON_CONTROL_AGENT_H

#include "dataplane/daemon/host_port.h"

struct control_agent;
struct http_client;
struct session_server;

struct control_agent_config {
    struct event_base *base;
    struct http_client *http;
    struct host_port *port;
    struct session_server *server; /* whose sessions' communicators on this port are reported */
};
/* NULL when memory is short. */
struct control_agent *control_agent_create(const struct control_agent_config *config);
/* After the port has been closed: until then its worker uses the plan. NULL is allowed. */
void control_agent_destroy(struct control_agent *a);

/* Something that is reported has changed: a report goes out soon, with what else changes meanwhile. */
void control_agent_on_change(struct control_agent *a);
/* A path has died or is back (a notice of the worker): reported at once. */
void control_agent_on_path(struct control_agent *a, uint16_t peer, uint8_t path, bool alive);

/* For introspection. */
struct control_agent_view {
    bool connected; /* the last report was answered */
    uint64_t plan_epoch, plan_hash;
    uint64_t reports, reports_failed, plans_taken, plans_refused;
};
void control_agent_view(const struct control_agent *a, struct control_agent_view *view);

#endif
