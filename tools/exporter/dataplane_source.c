/* SPDX-License-Identifier: BSD-3-Clause */
#include "tools/exporter/dataplane_source.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <event2/event.h>

#include "tools/exporter/answer.h"
#include "tools/exporter/dataplane_metrics.h"
#include "tools/exporter/unix_socket.h"

enum {
    ANSWER_BYTES = 64 << 10, /* DPDK sends at most 16 KiB */
    QUESTION_BYTES = 64,
    CHANNEL_PARTS_MAX = 64 /* of a port, in one refresh; 32 channels each */
};

/* What is awaited: the greeting, then these for each port. */
enum awaited {
    AWAITED_GREETING,
    AWAITED_COUNTERS,
    AWAITED_PLAN,
    AWAITED_CHANNELS
};
static const char *const commands[] = {[AWAITED_COUNTERS] = "/weft/counters",
                                       [AWAITED_PLAN] = "/weft/plan",
                                       [AWAITED_CHANNELS] = "/weft/channels"};

struct dataplane_port {
    json_t *counters, *plan; /* of this refresh */
    struct path_totals *totals;
    unsigned next_channel; /* where this or the next refresh goes on */
    double unanswered_probes;
};

struct dataplane_source {
    struct source source;
    struct dataplane_source_config config;
    int socket;             /* -1: none */
    struct event *readable; /* while a refresh lasts */
    struct event *timer;    /* ends one that takes too long, or could not be begun */
    const char *failure;    /* of what the timer tells */
    enum awaited awaited;
    unsigned port, parts;
    struct dataplane_port ports[DATAPLANE_PORTS_MAX];
};

/* ---- the end of a refresh ---- */

static void write_page(struct dataplane_source *s)
{
    struct dataplane_view view = {.names = s->config.names, .port_count = s->port};
    for (unsigned i = 0; i < s->port; i++) {
        struct dataplane_port *p = &s->ports[i];
        double unanswered =
            answer_number(p->counters, "discovery_probes") - answer_number(p->counters, "discovery_answers");
        p->unanswered_probes = fmax(p->unanswered_probes, unanswered);
        view.ports[i] = (struct dataplane_port_view){p->counters, p->plan, p->totals, p->unanswered_probes};
    }
    metric_page_clear(&s->source.page);
    dataplane_metrics_write(&s->source.page, &view);
}

static void release(struct dataplane_source *s)
{
    if (s->readable != NULL)
        event_free(s->readable);
    s->readable = NULL;
    if (s->socket >= 0)
        close(s->socket);
    s->socket = -1;
    for (unsigned i = 0; i < DATAPLANE_PORTS_MAX; i++) {
        json_decref(s->ports[i].counters);
        json_decref(s->ports[i].plan);
        s->ports[i].counters = s->ports[i].plan = NULL;
    }
}

static void finish(struct dataplane_source *s, const char *failure)
{
    evtimer_del(s->timer);
    if (failure == NULL)
        write_page(s);
    release(s);
    source_end(&s->source, failure);
}

/* ---- questions ---- */

static void ask(struct dataplane_source *s, enum awaited what)
{
    char question[QUESTION_BYTES];
    unsigned start = what == AWAITED_CHANNELS ? s->ports[s->port].next_channel : 0;
    int bytes = snprintf(question, sizeof(question), "%s,%u,%u", commands[what], start, s->port);
    s->awaited = what;
    if (send(s->socket, question, (size_t)bytes, MSG_NOSIGNAL) < 0)
        finish(s, strerror(errno));
}

static void ask_port(struct dataplane_source *s)
{
    s->parts = 0;
    if (s->port < DATAPLANE_PORTS_MAX)
        ask(s, AWAITED_COUNTERS);
    else
        finish(s, NULL);
}

/* ---- answers ---- */

static void take_counters(struct dataplane_source *s, const json_t *content)
{
    struct dataplane_port *p = &s->ports[s->port];
    if (!json_is_object(content)) { /* there is no such port */
        finish(s, s->port > 0 ? NULL : "it has no /weft/counters: is this a weft-dataplane?");
        return;
    }
    if (p->totals == NULL)
        p->totals = path_totals_create();
    p->counters = json_incref((json_t *)content);
    if (p->totals == NULL)
        finish(s, "out of memory");
    else
        ask(s, AWAITED_PLAN);
}

static void take_channels(struct dataplane_source *s, const json_t *content)
{
    struct dataplane_port *p = &s->ports[s->port];
    json_int_t next = json_integer_value(json_object_get(content, "next"));
    path_totals_take(p->totals, content);
    bool is_last = next <= (json_int_t)p->next_channel || next > INT32_MAX;
    p->next_channel = is_last ? 0 : (unsigned)next;
    if (is_last)
        path_totals_end_round(p->totals);
    if (!is_last && ++s->parts < CHANNEL_PARTS_MAX) {
        ask(s, AWAITED_CHANNELS);
        return;
    }
    s->port++;
    ask_port(s);
}

static void take_answer(struct dataplane_source *s, const json_t *answer)
{
    const json_t *content =
        s->awaited != AWAITED_GREETING ? json_object_get(answer, commands[s->awaited]) : NULL;
    switch (s->awaited) {
    case AWAITED_GREETING:
        if (json_is_integer(json_object_get(answer, "max_output_len")))
            ask_port(s);
        else
            finish(s, "it does not greet as DPDK's telemetry does");
        break;
    case AWAITED_COUNTERS:
        take_counters(s, content);
        break;
    case AWAITED_PLAN:
        s->ports[s->port].plan = json_incref((json_t *)content);
        ask(s, AWAITED_CHANNELS);
        break;
    case AWAITED_CHANNELS:
        take_channels(s, content);
        break;
    }
}

static void on_readable(evutil_socket_t socket, short events, void *context)
{
    struct dataplane_source *s = context;
    char bytes[ANSWER_BYTES];
    json_error_t error;
    (void)events;
    ssize_t count = recv(socket, bytes, sizeof(bytes), 0);
    if (count < 0 && (errno == EAGAIN || errno == EINTR))
        return;
    json_t *answer = count > 0 ? json_loadb(bytes, (size_t)count, JSON_DISABLE_EOF_CHECK, &error) : NULL;
    if (answer != NULL)
        take_answer(s, answer);
    else
        finish(s, count > 0 ? "the answer is no JSON object" : "it has closed the connection");
    json_decref(answer);
}

static void on_timer(evutil_socket_t unused, short events, void *context)
{
    struct dataplane_source *s = context;
    (void)unused;
    (void)events;
    finish(s, s->failure);
}

static void begin(struct source *source)
{
    struct dataplane_source *s = (struct dataplane_source *)source;
    struct timeval patience = {.tv_sec = s->config.timeout_ms / 1000,
                               .tv_usec = s->config.timeout_ms % 1000 * 1000};
    s->port = 0;
    s->awaited = AWAITED_GREETING;
    s->failure = "it takes too long";
    s->socket = unix_socket_connect(s->config.socket, SOCK_SEQPACKET);
    if (s->socket >= 0)
        s->readable = event_new(s->config.base, s->socket, EV_READ | EV_PERSIST, on_readable, s);
    if (s->readable == NULL || event_add(s->readable, NULL) != 0) {
        s->failure = s->socket < 0 ? strerror(-s->socket) : "out of memory";
        patience = (struct timeval){0};
    }
    evtimer_add(s->timer, &patience);
}

/* ---- life ---- */

static void destroy(struct source *source)
{
    struct dataplane_source *s = (struct dataplane_source *)source;
    release(s);
    if (s->timer != NULL)
        event_free(s->timer);
    for (unsigned i = 0; i < DATAPLANE_PORTS_MAX; i++)
        path_totals_destroy(s->ports[i].totals);
    metric_page_free(&s->source.page);
    free(s);
}

struct source *dataplane_source_create(const struct dataplane_source_config *config)
{
    struct dataplane_source *s = calloc(1, sizeof(*s));
    if (s == NULL)
        return NULL;
    *s = (struct dataplane_source){
        .source = {.name = "dataplane", .place = config->socket, .begin = begin, .destroy = destroy},
        .config = *config,
        .socket = -1};
    s->timer = evtimer_new(config->base, on_timer, s);
    if (s->timer != NULL)
        return &s->source;
    destroy(&s->source);
    return NULL;
}
