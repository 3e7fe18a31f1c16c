/* SPDX-License-Identifier: BSD-3-Clause */
/* The Unix socket on which applications attach, and the list of those that have. */
#ifndef WEFT_DAEMON_SESSION_SERVER_H
#define WEFT_DAEMON_SESSION_SERVER_H

#include "dataplane/daemon/config.h"
#include "dataplane/daemon/session.h"
#include "dataplane/process/unix_listener.h"

struct event_base;
struct session_server;

enum {
    SESSIONS_CONNECTED_MAX = 256 /* attached or not */
};

struct session_server_config {
    struct event_base *base;
    const struct config *config; /* read when needed: may change while running */
    struct host_port **ports;
    unsigned port_count;
};
/* Listens. 0 or negative errno with `error` in words. */
int session_server_create(const struct session_server_config *config, struct session_server **server,
                          char error[UNIX_LISTENER_ERROR_BYTES]);
/* Closes the listening socket and removes its file. Sessions that are left are not served any more; the
 * workers must have been stopped. */
void session_server_destroy(struct session_server *server);
/* Another configuration holds from now on. */
void session_server_use_config(struct session_server *server, const struct config *config);

/* ---- for sessions ---- */

const struct config *session_server_config_now(const struct session_server *server);
struct event_base *session_server_base(const struct session_server *server);
void session_server_add(struct session_server *server, struct session *session);
void session_server_forget(struct session_server *server, struct session *session);

/* The communicator that the worker of this port speaks of; NULL if it is closed by now. */
struct session_communicator *session_server_find_communicator(const struct session_server *server,
                                                              const struct host_port *port,
                                                              const struct notice_demand *demand);

/* For introspection: the first session; go on with LIST_NEXT(session, link). */
struct session *session_server_first(const struct session_server *server);

#endif
