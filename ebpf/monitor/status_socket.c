/* SPDX-License-Identifier: BSD-3-Clause */
#include "ebpf/monitor/status_socket.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/event.h>

static const struct timeval WRITE_TIMEOUT = {.tv_sec = 5};

struct status_socket {
    struct status_socket_config config;
    struct unix_listener listener;
    struct event *acceptable;
};

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

static int start(struct status_socket *s, char error[UNIX_LISTENER_ERROR_BYTES])
{
    const struct status_socket_config *c = &s->config;
    int result = unix_listener_open(
        &(struct unix_listener_config){.path = c->path, .type = SOCK_STREAM, .group = c->group}, &s->listener,
        error);
    if (result != 0)
        return result;
    s->acceptable = event_new(c->base, s->listener.descriptor, EV_READ | EV_PERSIST, on_acceptable, s);
    if (s->acceptable && event_add(s->acceptable, NULL) == 0)
        return 0;
    snprintf(error, UNIX_LISTENER_ERROR_BYTES, "out of memory");
    return -ENOMEM;
}

int status_socket_create(const struct status_socket_config *config, struct status_socket **status,
                         char error[UNIX_LISTENER_ERROR_BYTES])
{
    struct status_socket *s = calloc(1, sizeof(*s));
    *status = NULL;
    if (!s) {
        snprintf(error, UNIX_LISTENER_ERROR_BYTES, "out of memory");
        return -ENOMEM;
    }
    s->config = *config;
    int result = start(s, error);
    if (result == 0)
        *status = s;
    else
        status_socket_destroy(s);
    return result;
}

void status_socket_destroy(struct status_socket *s)
{
    if (!s)
        return;
    if (s->acceptable)
        event_free(s->acceptable);
    if (s->listener.descriptor >= 0) {
        unix_listener_remove(&s->listener);
        close(s->listener.descriptor);
    }
    free(s);
}
