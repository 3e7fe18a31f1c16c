/* SPDX-License-Identifier: BSD-3-Clause */
#include "ebpf/monitor/status_socket.h"

#include <errno.h>
#include <grp.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/event.h>

#define DEFAULT_GROUP "weft"

enum {
    BACKLOG = 16
};
static const struct timeval WRITE_TIMEOUT = {.tv_sec = 5};

struct status_socket {
    struct status_socket_config config;
    struct sockaddr_un address;
    int listener; /* -1: none */
    struct event *acceptable;
};

static int fail(char error[STATUS_SOCKET_ERROR_BYTES], const char *path, const char *what, int result)
{
    snprintf(error, STATUS_SOCKET_ERROR_BYTES, "socket %s: %s: %s", path, what, strerror(-result));
    return result;
}

static void end(struct bufferevent *connection, void *context)
{
    (void)context;
    bufferevent_free(connection);
}

static void end_on_event(struct bufferevent *connection, short events, void *context)
{
    (void)events;
    end(connection, context);
}

static void on_acceptable(evutil_socket_t listener, short events, void *context)
{
    struct status_socket *s = context;
    (void)events;
    int socket = accept4(listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (socket < 0)
        return;
    struct bufferevent *connection = bufferevent_socket_new(s->config.base, socket, BEV_OPT_CLOSE_ON_FREE);
    char *text = connection ? s->config.make_report(s->config.context) : NULL;
    if (!text) {
        connection ? bufferevent_free(connection) : (void)close(socket);
        return;
    }
    bufferevent_setcb(connection, NULL, end, end_on_event, NULL);
    bufferevent_set_timeouts(connection, NULL, &WRITE_TIMEOUT);
    bufferevent_write(connection, text, strlen(text));
    free(text);
}

/* True when somebody answers there. */
static bool is_in_use(const struct sockaddr_un *address)
{
    int socket_fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    bool used = connect(socket_fd, (const struct sockaddr *)address, sizeof(*address)) == 0;
    close(socket_fd);
    return used;
}

static int set_group(const struct status_socket *s)
{
    const char *wanted = s->config.group ? s->config.group : DEFAULT_GROUP;
    const struct group *group = getgrnam(wanted);
    if (!group)
        return s->config.group ? -ENOENT : 0;
    return chown(s->config.path, (uid_t)-1, group->gr_gid) == 0 ? 0 : -errno;
}

static int start(struct status_socket *s, char error[STATUS_SOCKET_ERROR_BYTES])
{
    const char *path = s->config.path;
    if (is_in_use(&s->address))
        return fail(error, path, "another weft-monitor answers there; stop it or choose another `socket`",
                    -EADDRINUSE);
    unlink(path);
    mode_t mask = umask(0117);
    int result =
        bind(s->listener, (const struct sockaddr *)&s->address, sizeof(s->address)) == 0 ? 0 : -errno;
    umask(mask);
    if (result != 0)
        return fail(error, path, "cannot be made; does its folder exist?", result);
    result = set_group(s);
    if (result != 0)
        return fail(error, path, "cannot be given to the group; create it or change `group`", result);
    if (listen(s->listener, BACKLOG) != 0)
        return fail(error, path, "cannot listen", -errno);
    s->acceptable = event_new(s->config.base, s->listener, EV_READ | EV_PERSIST, on_acceptable, s);
    return s->acceptable && event_add(s->acceptable, NULL) == 0 ? 0 : fail(error, path, "no event", -ENOMEM);
}

int status_socket_create(const struct status_socket_config *config, struct status_socket **status,
                         char error[STATUS_SOCKET_ERROR_BYTES])
{
    struct status_socket *s = calloc(1, sizeof(*s));
    *status = NULL;
    if (!s)
        return fail(error, config->path, "no memory", -ENOMEM);
    s->config = *config;
    s->address.sun_family = AF_UNIX;
    snprintf(s->address.sun_path, sizeof(s->address.sun_path), "%s", config->path);
    s->listener = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    int result = s->listener < 0 ? fail(error, config->path, "no socket", -errno) : start(s, error);
    if (result != 0) {
        if (s->listener >= 0)
            close(s->listener);
        free(s);
        return result;
    }
    *status = s;
    return 0;
}

void status_socket_destroy(struct status_socket *s)
{
    if (!s)
        return;
    event_free(s->acceptable);
    close(s->listener);
    unlink(s->config.path);
    free(s);
}
