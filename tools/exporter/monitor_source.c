/* SPDX-License-Identifier: BSD-3-Clause */
#include "tools/exporter/monitor_source.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <event2/event.h>

#include "tools/exporter/monitor_metrics.h"
#include "tools/exporter/unix_socket.h"

enum {
    ANSWER_BYTES_MAX = 16 << 20,
    PART_BYTES = 64 << 10
};

struct monitor_source {
    struct source source;
    struct monitor_source_config config;
    int socket;             /* -1: none */
    struct event *readable; /* while a refresh lasts */
    struct event *timer;    /* ends one that takes too long, or could not be begun */
    const char *failure;    /* of what the timer tells */
    struct text_buffer answer;
};

static void finish(struct monitor_source *s, const char *failure)
{
    evtimer_del(s->timer);
    if (s->readable != NULL)
        event_free(s->readable);
    s->readable = NULL;
    if (s->socket >= 0)
        close(s->socket);
    s->socket = -1;
    source_end(&s->source, failure);
}

static void read_answer(struct monitor_source *s)
{
    json_error_t error;
    json_t *json = s->answer.failed ? NULL : json_loadb(s->answer.bytes, s->answer.count, 0, &error);
    metric_page_clear(&s->source.page);
    bool is_written = monitor_metrics_write(&s->source.page, s->config.names, json);
    json_decref(json);
    finish(s, is_written ? NULL : "the answer is no JSON object");
}

static void on_readable(evutil_socket_t socket, short events, void *context)
{
    struct monitor_source *s = context;
    char part[PART_BYTES];
    (void)events;
    ssize_t count = recv(socket, part, sizeof(part), 0);
    if (count > 0 && s->answer.count < ANSWER_BYTES_MAX)
        text_buffer_add(&s->answer, part, (size_t)count);
    else if (count > 0)
        finish(s, "the answer is too long");
    else if (count == 0)
        read_answer(s);
    else if (errno != EAGAIN && errno != EINTR)
        finish(s, strerror(errno));
}

static void on_timer(evutil_socket_t unused, short events, void *context)
{
    struct monitor_source *s = context;
    (void)unused;
    (void)events;
    finish(s, s->failure);
}

static void begin(struct source *source)
{
    struct monitor_source *s = (struct monitor_source *)source;
    struct timeval patience = {.tv_sec = s->config.timeout_ms / 1000,
                               .tv_usec = s->config.timeout_ms % 1000 * 1000};
    text_buffer_clear(&s->answer);
    s->failure = "it takes too long";
    s->socket = unix_socket_connect(s->config.socket, SOCK_STREAM);
    if (s->socket >= 0)
        s->readable = event_new(s->config.base, s->socket, EV_READ | EV_PERSIST, on_readable, s);
    if (s->readable == NULL || event_add(s->readable, NULL) != 0) {
        s->failure = s->socket < 0 ? strerror(-s->socket) : "out of memory";
        patience = (struct timeval){0};
    }
    evtimer_add(s->timer, &patience);
}

static void destroy(struct source *source)
{
    struct monitor_source *s = (struct monitor_source *)source;
    if (s->readable != NULL)
        event_free(s->readable);
    if (s->timer != NULL)
        event_free(s->timer);
    if (s->socket >= 0)
        close(s->socket);
    text_buffer_free(&s->answer);
    metric_page_free(&s->source.page);
    free(s);
}

struct source *monitor_source_create(const struct monitor_source_config *config)
{
    struct monitor_source *s = calloc(1, sizeof(*s));
    if (s == NULL)
        return NULL;
    *s = (struct monitor_source){
        .source = {.name = "monitor", .place = config->socket, .begin = begin, .destroy = destroy},
        .config = *config,
        .socket = -1};
    s->timer = evtimer_new(config->base, on_timer, s);
    if (s->timer != NULL)
        return &s->source;
    destroy(&s->source);
    return NULL;
}
