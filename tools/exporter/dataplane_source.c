/* SPDX-License-Identifier: BSD-3-Clause */
#include "tools/exporter/dataplane_source.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "tools/exporter/answer.h"
#include "tools/exporter/dataplane_metrics.h"

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
    struct socket_source base;
    enum awaited awaited;
    unsigned port, parts;
    struct dataplane_port ports[DATAPLANE_PORTS_MAX];
};

/* ---- the end of a refresh ---- */

static void write_page(struct dataplane_source *s)
{
    struct dataplane_view view = {.names = s->base.config.names, .port_count = s->port};
    for (unsigned i = 0; i < s->port; i++) {
        struct dataplane_port *p = &s->ports[i];
        double unanswered =
            answer_number(p->counters, "discovery_probes") - answer_number(p->counters, "discovery_answers");
        p->unanswered_probes = fmax(p->unanswered_probes, unanswered);
        view.ports[i] = (struct dataplane_port_view){p->counters, p->plan, p->totals, p->unanswered_probes};
    }
    metric_page_clear(&s->base.source.page);
    dataplane_metrics_write(&s->base.source.page, &view);
}

static void release(struct socket_source *source)
{
    struct dataplane_source *s = (struct dataplane_source *)source;
    for (unsigned i = 0; i < DATAPLANE_PORTS_MAX; i++) {
        json_decref(s->ports[i].counters);
        json_decref(s->ports[i].plan);
        s->ports[i].counters = s->ports[i].plan = NULL;
    }
}

static void finish(struct dataplane_source *s, const char *failure)
{
    if (failure == NULL)
        write_page(s);
    socket_source_end(&s->base, failure);
}

/* ---- questions ---- */

static void ask(struct dataplane_source *s, enum awaited what)
{
    char question[QUESTION_BYTES];
    unsigned start = what == AWAITED_CHANNELS ? s->ports[s->port].next_channel : 0;
    int bytes = snprintf(question, sizeof(question), "%s,%u,%u", commands[what], start, s->port);
    s->awaited = what;
    if (send(s->base.socket, question, (size_t)bytes, MSG_NOSIGNAL) < 0)
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

static void on_readable(struct socket_source *source)
{
    struct dataplane_source *s = (struct dataplane_source *)source;
    char bytes[ANSWER_BYTES];
    json_error_t error;
    ssize_t count = recv(source->socket, bytes, sizeof(bytes), 0);
    if (count < 0 && (errno == EAGAIN || errno == EINTR))
        return;
    json_t *answer = count > 0 ? json_loadb(bytes, (size_t)count, JSON_DISABLE_EOF_CHECK, &error) : NULL;
    if (answer != NULL)
        take_answer(s, answer);
    else
        finish(s, count > 0 ? "the answer is no JSON object" : "it has closed the connection");
    json_decref(answer);
}

/* ---- life ---- */

static void reset(struct socket_source *source)
{
    struct dataplane_source *s = (struct dataplane_source *)source;
    s->port = 0;
    s->awaited = AWAITED_GREETING;
}

static void destroy(struct source *source)
{
    struct dataplane_source *s = (struct dataplane_source *)source;
    socket_source_release(&s->base);
    for (unsigned i = 0; i < DATAPLANE_PORTS_MAX; i++)
        path_totals_destroy(s->ports[i].totals);
    free(s);
}

static const struct socket_source_kind kind = {.name = "dataplane",
                                               .type = SOCK_SEQPACKET,
                                               .reset = reset,
                                               .on_readable = on_readable,
                                               .release = release,
                                               .destroy = destroy};

struct source *dataplane_source_create(const struct socket_source_config *config)
{
    struct dataplane_source *s = calloc(1, sizeof(*s));
    if (s != NULL && socket_source_init(&s->base, config, &kind))
        return &s->base.source;
    free(s);
    return NULL;
}
