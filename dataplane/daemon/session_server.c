/* SPDX-License-Identifier: BSD-3-Clause */
#include "dataplane/daemon/session_server.h"

#include <errno.h>
#include <grp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <event2/event.h>

enum {
    BACKLOG = 64
};
static const char DEFAULT_GROUP[] = "weft";

struct session_server {
    struct session_server_config config;
    struct sockaddr_un name;
    int socket; /* -1: none */
    struct event *acceptable;
    LIST_HEAD(, session) sessions;
    unsigned session_count;
    unsigned turn; /* ports are dealt out in turn */
};

static int fail(char error[SESSION_SERVER_ERROR_BYTES], int result, const char *what, const char *path)
{
    snprintf(error, SESSION_SERVER_ERROR_BYTES, "socket %.107s: %s: %s", path, what, strerror(-result));
    return result;
}

/* A file left by a daemon that was killed refuses connections; one in use must stay. */
static int remove_stale(struct session_server *server, char error[SESSION_SERVER_ERROR_BYTES])
{
    struct stat status;
    const char *path = server->name.sun_path;
    if (lstat(path, &status) != 0)
        return 0;
    if (!S_ISSOCK(status.st_mode))
        return fail(error, -EEXIST, "something that is not a socket is in its place", path);
    int probe = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
    if (probe < 0)
        return fail(error, -errno, "cannot look whether it is in use", path);
    bool in_use = connect(probe, (struct sockaddr *)&server->name, sizeof(server->name)) == 0;
    close(probe);
    if (in_use)
        return fail(error, -EADDRINUSE, "another weft-dataplane serves it; stop that or set `socket`", path);
    return unlink(path) == 0 ? 0 : fail(error, -errno, "cannot remove what is left of it", path);
}

static void create_folder(const char *path)
{
    char folder[sizeof(((struct sockaddr_un *)0)->sun_path)];
    snprintf(folder, sizeof(folder), "%s", path);
    char *slash = strrchr(folder, '/');
    if (slash && slash != folder) {
        *slash = '\0';
        mkdir(folder, 0755); /* bind says what is wrong if this does not help */
    }
}

static int set_group(struct session_server *server, char error[SESSION_SERVER_ERROR_BYTES])
{
    const char *wanted = server->config.config->group;
    const struct group *group = getgrnam(wanted ? wanted : DEFAULT_GROUP);
    const char *path = server->name.sun_path;
    if (!group && !wanted) {
        log_info("there is no group %s: only this user and its group may attach", DEFAULT_GROUP);
        return 0;
    }
    if (!group)
        return fail(error, -ENOENT, "there is no such group; create it or change `group`", wanted);
    return chown(path, (uid_t)-1, group->gr_gid) == 0 ? 0 : fail(error, -errno, "cannot set its group", path);
}

static int start_listening(struct session_server *server, char error[SESSION_SERVER_ERROR_BYTES])
{
    const char *path = server->name.sun_path;
    server->socket = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (server->socket < 0)
        return fail(error, -errno, "cannot create it", path);
    mode_t mask = umask(0117); /* 0660 from the first moment */
    int bound = bind(server->socket, (struct sockaddr *)&server->name, sizeof(server->name));
    int reason = errno;
    umask(mask);
    if (bound != 0) {
        close(server->socket);
        server->socket = -1;
        return fail(error, -reason, "cannot bind to it", path);
    }
    int result = set_group(server, error);
    if (result == 0 && listen(server->socket, BACKLOG) != 0)
        result = fail(error, -errno, "cannot listen on it", path);
    return result;
}

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

int session_server_create(const struct session_server_config *config, struct session_server **result,
                          char error[SESSION_SERVER_ERROR_BYTES])
{
    struct session_server *server = calloc(1, sizeof(*server));
    *result = NULL;
    if (!server) {
        snprintf(error, SESSION_SERVER_ERROR_BYTES, "out of memory");
        return -ENOMEM;
    }
    *server = (struct session_server){.config = *config, .name = {.sun_family = AF_UNIX}, .socket = -1};
    snprintf(server->name.sun_path, sizeof(server->name.sun_path), "%s", config->config->socket);
    LIST_INIT(&server->sessions);
    create_folder(server->name.sun_path);
    int status = remove_stale(server, error);
    if (status == 0)
        status = start_listening(server, error);
    if (status == 0) {
        server->acceptable =
            event_new(config->base, server->socket, EV_READ | EV_PERSIST, on_acceptable, server);
        if (!server->acceptable || event_add(server->acceptable, NULL) != 0)
            status = fail(error, -ENOMEM, "cannot wait on it", server->name.sun_path);
    }
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
    if (server->socket >= 0) {
        close(server->socket);
        unlink(server->name.sun_path);
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
