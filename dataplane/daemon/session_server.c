/* SPDX-License-Identifier: BSD-3-Clause */
#include "dataplane/daemon/session_server.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <event2/event.h>

struct session_server {
    struct session_server_config config;
    struct unix_listener listener;
    struct event *acceptable;
    LIST_HEAD(, session) sessions;
    unsigned session_count;
    unsigned turn; /* ports are dealt out in turn */
};

static void on_acceptable(evutil_socket_t listener, short events, void *context)
{
    struct session_server *server = context;
    (void)events;
    int socket = accept4(listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (socket < 0)
        return;
    if (server->session_count == SESSIONS_CONNECTED_MAX) {
        log_warning("an application was turned away: %u are connected", server->session_count);
        close(socket);
        return;
    }
    struct host_port *port = server->config.ports[server->turn++ % server->config.port_count];
    session_create(server, port, socket);
}

static void check_broken(void *context)
{
    struct session_server *server = context;
    struct session *session, *next;
    for (session = LIST_FIRST(&server->sessions); session; session = next) {
        next = LIST_NEXT(session, link);
        session_check_broken(session);
    }
}

static int start(struct session_server *server, char error[UNIX_LISTENER_ERROR_BYTES])
{
    const struct config *config = server->config.config;
    int result = unix_listener_open(&(struct unix_listener_config){.path = config->socket,
                                                                   .type = SOCK_SEQPACKET,
                                                                   .group = config->group},
                                    &server->listener, error);
    if (result != 0)
        return result;
    server->acceptable = event_new(server->config.base, server->listener.descriptor, EV_READ | EV_PERSIST,
                                   on_acceptable, server);
    if (server->acceptable && event_add(server->acceptable, NULL) == 0)
        return 0;
    snprintf(error, UNIX_LISTENER_ERROR_BYTES, "out of memory");
    return -ENOMEM;
}

int session_server_create(const struct session_server_config *config, struct session_server **result,
                          char error[UNIX_LISTENER_ERROR_BYTES])
{
    struct session_server *server = calloc(1, sizeof(*server));
    *result = NULL;
    if (!server) {
        snprintf(error, UNIX_LISTENER_ERROR_BYTES, "out of memory");
        return -ENOMEM;
    }
    *server = (struct session_server){.config = *config};
    LIST_INIT(&server->sessions);
    int status = start(server, error);
    if (status != 0) {
        session_server_destroy(server);
        return status;
    }
    for (unsigned i = 0; i < config->port_count; i++)
        host_port_on_broken(config->ports[i], check_broken, server);
    *result = server;
    return 0;
}

void session_server_destroy(struct session_server *server)
{
    if (!server)
        return;
    if (server->acceptable)
        event_free(server->acceptable);
    if (server->listener.descriptor >= 0) {
        unix_listener_remove(&server->listener);
        close(server->listener.descriptor);
    }
    while (LIST_FIRST(&server->sessions))
        session_abandon(LIST_FIRST(&server->sessions));
    free(server);
}

void session_server_use_config(struct session_server *server, const struct config *config)
{
    server->config.config = config;
}

const struct config *session_server_config_now(const struct session_server *server)
{
    return server->config.config;
}

struct event_base *session_server_base(const struct session_server *server)
{
    return server->config.base;
}

void session_server_add(struct session_server *server, struct session *session)
{
    LIST_INSERT_HEAD(&server->sessions, session, link);
    server->session_count++;
}

void session_server_forget(struct session_server *server, struct session *session)
{
    LIST_REMOVE(session, link);
    server->session_count--;
}

struct session_communicator *session_server_find_communicator(const struct session_server *server,
                                                              const struct host_port *port,
                                                              const struct notice_demand *demand)
{
    struct session *s;
    struct session_communicator *c;
    LIST_FOREACH(s, &server->sessions, link)
    {
        if (s->port != port || s->state != SESSION_ATTACHED || s->worker_session->slot != demand->session)
            continue;
        SLIST_FOREACH(c, &s->communicators, link)
        if (c->handle == demand->communicator)
            return c;
    }
    return NULL;
}

struct session *session_server_first(const struct session_server *server)
{
    return LIST_FIRST(&server->sessions);
}
