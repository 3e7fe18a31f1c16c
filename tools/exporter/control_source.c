/* SPDX-License-Identifier: BSD-3-Clause */
#include "tools/exporter/control_source.h"

#include <errno.h>
#include <event2/event.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tools/exporter/fabric_metrics.h"

enum {
    ANSWER_BYTES_MAX = 64 << 20,
    EVENT_ROUNDS_MAX = 64, /* of a refresh; the rest comes with the next one */
    PATH_BYTES = 64
};

enum question {
    QUESTION_FABRIC,
    QUESTION_LINKS,
    QUESTION_HOSTS,
    QUESTION_PLANS,
    QUESTION_VERDICTS,
    QUESTION_EVENTS,
    QUESTIONS
};

/* One question of a refresh. */
struct asked {
    struct control_source *source;
    enum question question;
    json_t *answer;
    /* What the answer was read from: most of the time there is no news, and reading takes longest. */
    struct text_buffer bytes;
};

struct control_source {
    struct source source;
    struct http_client *client;
    long timeout_ms;
    struct event *later; /* ends a refresh that could not be begun */
    struct asked asked[QUESTIONS];
    unsigned awaited, event_rounds;
    char failure[SOURCE_FAILURE_BYTES]; /* the first of this refresh; "" for none */
    struct event_counts *events;
    struct plan_counts plans;
    struct verdict_counts verdicts;
};

static const char *const paths[QUESTIONS] = {
    [QUESTION_FABRIC] = "/v1/fabric",     [QUESTION_LINKS] = "/v1/links",
    [QUESTION_HOSTS] = "/v1/hosts",       [QUESTION_PLANS] = "/v1/plan/history",
    [QUESTION_VERDICTS] = "/v1/verdicts", [QUESTION_EVENTS] = "/v1/events"};

static void fail(struct control_source *s, enum question question, const char *why)
{
    if (s->failure[0] == '\0')
        snprintf(s->failure, sizeof(s->failure), "%s: %.180s", paths[question], why);
}

/* ---- the end of a refresh ---- */

static void count_news(struct control_source *s)
{
    plan_counts_take(&s->plans, s->asked[QUESTION_PLANS].answer);
    verdict_counts_take(&s->verdicts, s->asked[QUESTION_VERDICTS].answer);
}

static void write_page(struct control_source *s)
{
    const struct fabric_view view = {
        .fabric = s->asked[QUESTION_FABRIC].answer,
        .links = json_object_get(s->asked[QUESTION_LINKS].answer, "links"),
        .hosts = json_object_get(s->asked[QUESTION_HOSTS].answer, "hosts"),
        .verdicts = s->asked[QUESTION_VERDICTS].answer,
        .events = s->events,
        .plans = &s->plans,
        .verdict_counts = &s->verdicts,
    };
    metric_page_clear(&s->source.page);
    fabric_metrics_write(&s->source.page, &view);
}

static void finish(struct control_source *s)
{
    if (s->failure[0] == '\0') {
        count_news(s);
        write_page(s);
    }
    source_end(&s->source, s->failure[0] != '\0' ? s->failure : NULL);
}

/* ---- questions ---- */

static bool ask(struct asked *asked);

/* A control without a localiser gives no verdicts. */
static bool is_absent(const struct asked *asked, int status)
{
    return asked->question == QUESTION_VERDICTS && status == 404;
}

static void forget(struct asked *asked)
{
    json_decref(asked->answer);
    asked->answer = NULL;
    text_buffer_clear(&asked->bytes);
}

static bool is_as_before(const struct asked *asked, const struct http_answer *answer)
{
    return asked->answer != NULL && !asked->bytes.failed && asked->bytes.count == answer->bytes &&
           memcmp(asked->bytes.bytes, answer->body, answer->bytes) == 0;
}

static void read_answer(struct asked *asked, const struct http_answer *answer)
{
    struct control_source *s = asked->source;
    char why[64];
    if (answer->status != 200) {
        snprintf(why, sizeof(why), "HTTP status %d", answer->status);
        forget(asked);
        if (!is_absent(asked, answer->status))
            fail(s, asked->question, answer->status == 0 ? answer->failure : why);
        return;
    }
    if (is_as_before(asked, answer))
        return;
    forget(asked);
    asked->answer = json_loadb((const char *)answer->body, answer->bytes, 0, NULL);
    text_buffer_add(&asked->bytes, (const char *)answer->body, answer->bytes);
    if (!json_is_object(asked->answer))
        fail(s, asked->question, "the answer is no JSON object");
}

static void on_answer(void *context, const struct http_answer *answer)
{
    struct asked *asked = context;
    struct control_source *s = asked->source;
    s->awaited--;
    read_answer(asked, answer);
    if (asked->question == QUESTION_EVENTS && s->failure[0] == '\0' &&
        event_counts_take(s->events, asked->answer) && s->event_rounds++ < EVENT_ROUNDS_MAX && !ask(asked))
        fail(s, asked->question, "out of memory");
    if (s->awaited == 0)
        finish(s);
}

static bool ask(struct asked *asked)
{
    struct control_source *s = asked->source;
    char path[PATH_BYTES];
    snprintf(path, sizeof(path), "%s", paths[asked->question]);
    if (asked->question == QUESTION_EVENTS)
        snprintf(path, sizeof(path), "%s?after=%llu&count=%d", paths[QUESTION_EVENTS],
                 (unsigned long long)event_counts_after(s->events), EVENT_COUNTS_AT_ONCE);
    const struct http_request request = {.path = path,
                                         .timeout_ms = s->timeout_ms,
                                         .answer_bytes_max = ANSWER_BYTES_MAX,
                                         .done = on_answer,
                                         .context = asked};
    bool is_asked = http_client_start(s->client, &request) != NULL;
    s->awaited += is_asked;
    return is_asked;
}

static void on_later(evutil_socket_t unused, short events, void *context)
{
    (void)unused;
    (void)events;
    finish(context);
}

static void begin(struct source *source)
{
    struct control_source *s = (struct control_source *)source;
    s->failure[0] = '\0';
    s->event_rounds = 0;
    for (enum question q = 0; q < QUESTIONS; q++) {
        s->asked[q].source = s;
        s->asked[q].question = q;
        if (!ask(&s->asked[q]))
            fail(s, q, "out of memory");
    }
    if (s->awaited == 0)
        event_active(s->later, EV_TIMEOUT, 0);
}

/* ---- life ---- */

static void destroy(struct source *source)
{
    struct control_source *s = (struct control_source *)source;
    http_client_destroy(s->client);
    for (unsigned i = 0; i < QUESTIONS; i++) {
        json_decref(s->asked[i].answer);
        text_buffer_free(&s->asked[i].bytes);
    }
    if (s->later != NULL)
        event_free(s->later);
    event_counts_destroy(s->events);
    metric_page_free(&s->source.page);
    free(s);
}

int control_source_create(const struct control_source_config *config, struct source **created,
                          char error[HTTP_CLIENT_ERROR_BYTES])
{
    struct control_source *s = calloc(1, sizeof(*s));
    *created = NULL;
    if (s == NULL) {
        snprintf(error, HTTP_CLIENT_ERROR_BYTES, "out of memory");
        return -ENOMEM;
    }
    s->source = (struct source){.name = "control",
                                .place = config->control->socket != NULL ? config->control->socket
                                                                         : config->control->url,
                                .begin = begin,
                                .destroy = destroy};
    s->timeout_ms = config->timeout_ms;
    plan_counts_init(&s->plans);
    s->events = event_counts_create();
    s->later = evtimer_new(config->base, on_later, s);
    snprintf(error, HTTP_CLIENT_ERROR_BYTES, "out of memory");
    int result = s->events != NULL && s->later != NULL
                     ? http_client_create(config->base, config->control, &s->client, error)
                     : -ENOMEM;
    if (result != 0)
        destroy(&s->source);
    else
        *created = &s->source;
    return result;
}
