/* SPDX-License-Identifier: BSD-3-Clause */
#include "dataplane/daemon/plan_wait.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include <event2/event.h>

#include "dataplane/daemon/backoff.h"
#include "dataplane/formats/address.h"
#include "dataplane/process/http_client.h"

enum {
    PATH_BYTES = 96,
    WAIT_MS = 20000, /* control answers by then, with a plan or without */
    ANSWER_TIMEOUT_MS = 5000,
    PLAN_BYTES_MAX = 256 << 20
};

struct plan_wait {
    struct plan_wait_config config;
    struct plan_intake *intake;
    struct event *timer;
    struct http_exchange *exchange; /* under way */
    struct backoff backoff;
    uint64_t taken, refused;
};

static void ask_in(struct plan_wait *w, unsigned wait_ms)
{
    struct timeval wait = {.tv_sec = wait_ms / 1000, .tv_usec = wait_ms % 1000 * 1000};
    evtimer_add(w->timer, &wait);
}

static void take(struct plan_wait *w, const struct http_answer *answer)
{
    char error[PLAN_ERROR_BYTES];
    if (plan_intake_take(w->intake, answer->body, answer->bytes, error) == 0) {
        w->taken++;
        backoff_reset(&w->backoff);
        log_info("plan of epoch %" PRIu64 " is in force", plan_intake_epoch(w->intake));
        w->config.in_force(w->config.context);
        ask_in(w, 0);
        return;
    }
    w->refused++;
    log_error("control's plan is not taken: %s; the one of epoch %" PRIu64 " stays", error,
              plan_intake_epoch(w->intake));
    ask_in(w, backoff_next_ms(&w->backoff));
}

static void on_answer(void *context, const struct http_answer *answer)
{
    struct plan_wait *w = context;
    w->exchange = NULL;
    if (answer->status == 200) {
        take(w, answer);
    } else if (answer->status == 204) {
        backoff_reset(&w->backoff);
        ask_in(w, 0);
    } else if (w->config.unanswered(w->config.context)) {
        ask_in(w, backoff_next_ms(&w->backoff));
    }
}

static void ask(struct plan_wait *w)
{
    char address[ADDRESS_TEXT_BYTES], path[PATH_BYTES];
    if (w->exchange)
        return;
    snprintf(path, sizeof(path), "/v1/agents/%s/plan?after=%" PRIu64 "&wait_ms=%d",
             address_text(host_port_address(w->config.port), address), plan_intake_epoch(w->intake), WAIT_MS);
    w->exchange =
        http_client_start(w->config.http, &(struct http_request){.path = path,
                                                                 .timeout_ms = WAIT_MS + ANSWER_TIMEOUT_MS,
                                                                 .answer_bytes_max = PLAN_BYTES_MAX,
                                                                 .done = on_answer,
                                                                 .context = w});
}

static void on_timer(evutil_socket_t unused, short events, void *context)
{
    (void)unused;
    (void)events;
    ask(context);
}

void plan_wait_resume(struct plan_wait *w, bool at_once)
{
    if (at_once) {
        backoff_reset(&w->backoff);
        evtimer_del(w->timer);
    }
    if (!evtimer_pending(w->timer, NULL))
        ask(w);
}

struct plan_intake *plan_wait_intake(const struct plan_wait *w)
{
    return w->intake;
}

uint64_t plan_wait_taken(const struct plan_wait *w)
{
    return w->taken;
}

uint64_t plan_wait_refused(const struct plan_wait *w)
{
    return w->refused;
}

struct plan_wait *plan_wait_create(const struct plan_wait_config *config)
{
    struct plan_wait *w = calloc(1, sizeof(*w));
    if (!w)
        return NULL;
    w->config = *config;
    w->backoff.random.state = host_port_incarnation(config->port);
    w->intake = plan_intake_create(config->port);
    w->timer = evtimer_new(config->base, on_timer, w);
    if (w->intake && w->timer)
        return w;
    plan_wait_destroy(w);
    return NULL;
}

void plan_wait_destroy(struct plan_wait *w)
{
    if (!w)
        return;
    if (w->exchange)
        http_exchange_cancel(w->exchange);
    if (w->timer)
        event_free(w->timer);
    plan_intake_destroy(w->intake);
    free(w);
}
