/* SPDX-License-Identifier: BSD-3-Clause */
#include "tools/exporter/socket_source.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <event2/event.h>

/* A socket that does not block, or negative errno; -EAGAIN when nobody takes the connection at once. */
static int connect_to(const char *path, int type)
{
    struct sockaddr_un name = {.sun_family = AF_UNIX};
    if (strlen(path) >= sizeof(name.sun_path))
        return -ENAMETOOLONG;
    strcpy(name.sun_path, path);
    int descriptor = socket(AF_UNIX, type | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (descriptor < 0)
        return -errno;
    if (connect(descriptor, (struct sockaddr *)&name, sizeof(name)) == 0)
        return descriptor;
    int result = -errno;
    close(descriptor);
    return result;
}

static void disconnect(struct socket_source *s)
{
    if (s->readable != NULL)
        event_free(s->readable);
    s->readable = NULL;
    if (s->socket >= 0)
        close(s->socket);
    s->socket = -1;
    if (s->kind->release != NULL)
        s->kind->release(s);
}

void socket_source_end(struct socket_source *s, const char *failure)
{
    evtimer_del(s->timer);
    disconnect(s);
    source_end(&s->source, failure);
}

static void on_readable(evutil_socket_t unused, short events, void *context)
{
    struct socket_source *s = context;
    (void)unused;
    (void)events;
    s->kind->on_readable(s);
}

static void on_timer(evutil_socket_t unused, short events, void *context)
{
    struct socket_source *s = context;
    (void)unused;
    (void)events;
    socket_source_end(s, s->failure);
}

static void begin(struct source *source)
{
    struct socket_source *s = (struct socket_source *)source;
    struct timeval patience = {.tv_sec = s->config.timeout_ms / 1000,
                               .tv_usec = s->config.timeout_ms % 1000 * 1000};
    if (s->kind->reset != NULL)
        s->kind->reset(s);
    s->failure = "it takes too long";
    s->socket = connect_to(s->config.socket, s->kind->type);
    if (s->socket >= 0)
        s->readable = event_new(s->config.base, s->socket, EV_READ | EV_PERSIST, on_readable, s);
    if (s->readable == NULL || event_add(s->readable, NULL) != 0) {
        s->failure = s->socket < 0 ? strerror(-s->socket) : "out of memory";
        patience = (struct timeval){0};
    }
    evtimer_add(s->timer, &patience);
}

bool socket_source_init(struct socket_source *s, const struct socket_source_config *config,
                        const struct socket_source_kind *kind)
{
    *s = (struct socket_source){
        .source = {.name = kind->name, .place = config->socket, .begin = begin, .destroy = kind->destroy},
        .config = *config,
        .kind = kind,
        .socket = -1,
        .timer = evtimer_new(config->base, on_timer, s)};
    return s->timer != NULL;
}

void socket_source_release(struct socket_source *s)
{
    disconnect(s);
    event_free(s->timer);
    metric_page_free(&s->source.page);
}
