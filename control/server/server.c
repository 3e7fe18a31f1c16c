/* SPDX-License-Identifier: BSD-3-Clause */
#include "control/server/server.h"

#include <errno.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include <event2/event.h>

#include "control/core/diagnosis.h"
#include "control/server/core_parts.h"
#include "control/server/front.h"
#include "control/server/hooks.h"
#include "control/server/planner_thread.h"
#include "control/server/privileges.h"
#include "dataplane/process/clock.h"
#include "dataplane/process/notify.h"

enum {
    SIGNALS = 3
};
#define NSEC_PER_SEC  1000000000ull
#define NSEC_PER_USEC 1000ull

struct server {
    const char *config_file;
    struct control_config *config;
    struct event_base *base;
    struct core_parts parts;
    struct core *core; /* of `parts` */
    struct hooks *hooks;
    struct planner_thread *planner;
    struct event *planned, *timer, *signals[SIGNALS];
    struct front front;
    uint64_t clock_offset_ns; /* from the monotonic clock to 1970 */
    uint64_t up_since_ns, events_seen, epoch_seen, verdicts_seen;
};

/* ---- time ---- */

/* Since 1970 at the start, and from there on by the clock that never goes back. */
static uint64_t now_ns(const struct server *s)
{
    return clock_ns(CLOCK_MONOTONIC) + s->clock_offset_ns;
}

static void arm(struct server *s)
{
    uint64_t at_ns = core_next_wakeup(s->core), now = now_ns(s);
    if (at_ns == UINT64_MAX) {
        evtimer_del(s->timer);
        return;
    }
    uint64_t wait_ns = at_ns > now ? at_ns - now : 0;
    struct timeval wait = {.tv_sec = (time_t)(wait_ns / NSEC_PER_SEC),
                           .tv_usec = (suseconds_t)(wait_ns % NSEC_PER_SEC / NSEC_PER_USEC) + 1};
    if (wait.tv_usec >= 1000000)
        wait.tv_usec = 999999;
    evtimer_add(s->timer, &wait);
}

/* ---- what follows from what has come in ---- */

static void log_events(struct server *s)
{
    const struct store_event *events;
    unsigned count;
    while ((count = core_events(s->core, s->events_seen, &events, CORE_EVENTS_KEPT)) > 0) {
        for (unsigned i = 0; i < count; i++) {
            void (*const log[])(const char *, ...) = {
                [STORE_INFO] = log_info, [STORE_WARNING] = log_warning, [STORE_ERROR] = log_error};
            log[events[i].level]("%s: %s", events[i].kind, events[i].text);
        }
        s->events_seen = events[count - 1].sequence;
    }
}

static void tell_hooks(struct server *s)
{
    const struct diagnosed *d;
    while ((d = core_verdict_after(s->core, s->verdicts_seen)) != NULL) {
        char *json = core_verdict_json(s->core, d);
        s->verdicts_seen = d->revision;
        if (json != NULL)
            hooks_tell(s->hooks, json);
        free(json);
    }
}

/* Plans if there is something to plan for, and wakes those who wait for what has come of it. The planner
 * begins before the store is written: a disk may take longer than a plan. */
static void proceed(struct server *s)
{
    uint64_t events = s->events_seen, epoch = s->epoch_seen;
    if (planner_thread_is_idle(s->planner)) {
        struct core_planning *planning = core_plan_begin(s->core, now_ns(s));
        if (planning != NULL)
            planner_thread_compute(s->planner, planning);
    }
    core_tick(s->core, now_ns(s));
    log_events(s);
    tell_hooks(s);
    s->epoch_seen = core_epoch(s->core);
    if (s->events_seen != events)
        front_wake(&s->front, CALL_TOPIC_EVENTS);
    if (s->epoch_seen != epoch)
        front_wake(&s->front, CALL_TOPIC_PLAN);
    arm(s);
}

static void on_timer(evutil_socket_t unused, short events, void *context)
{
    (void)unused;
    (void)events;
    proceed(context);
}

static void on_planned(evutil_socket_t unused, short events, void *context)
{
    struct server *s = context;
    uint64_t duration_ns;
    struct core_planning *done = planner_thread_take(s->planner, &duration_ns);
    (void)unused;
    (void)events;
    if (done != NULL)
        core_plan_publish(s->core, done, duration_ns, now_ns(s));
    proceed(s);
}

static uint64_t tell_time(void *context)
{
    return now_ns(context);
}

static void prepare_call(void *context, struct call *call)
{
    struct server *s = context;
    call->core = s->core;
    call->topology = s->parts.topology;
    call->up_since_ns = s->up_since_ns;
}

/* A call may have changed something; what follows is done when all that is ready has been served. */
static void on_answered(void *context)
{
    struct server *s = context;
    struct timeval at_once = {0};
    evtimer_add(s->timer, &at_once);
}

/* ---- signals ---- */

static void on_stop(evutil_socket_t signal, short events, void *context)
{
    struct server *s = context;
    (void)signal;
    (void)events;
    event_base_loopbreak(s->base);
}

static void on_reload(evutil_socket_t signal, short events, void *context)
{
    struct server *s = context;
    struct control_config *wanted;
    char error[YAML_ERROR_BYTES];
    (void)signal;
    (void)events;
    if (control_config_load(s->config_file, &wanted, error) != 0) {
        log_error("%s; the old configuration stays", error);
        return;
    }
    front_reload_tokens(&s->front, wanted->listen.tokens_file);
    log_set_level(wanted->log);
    log_info("`log` and the tokens are now as in %s; for all else restart weft-control, which nobody notices",
             s->config_file);
    control_config_free(wanted);
}

/* ---- start ---- */

/* What the store has brought was logged in its time. */
static void pass_over_old_events(struct server *s)
{
    const struct store_event *events;
    unsigned count = core_events(s->core, 0, &events, UINT_MAX);
    if (count > 0)
        s->events_seen = events[count - 1].sequence;
}

static int open_front(struct server *s)
{
    const struct http_config calls = {.server = {.base = s->base},
                                      .now_ns = tell_time,
                                      .prepare = prepare_call,
                                      .answered = on_answered,
                                      .context = s};
    return front_open(&s->front, s->config, &calls);
}

static int watch_signals(struct server *s)
{
    s->signals[0] = evsignal_new(s->base, SIGTERM, on_stop, s);
    s->signals[1] = evsignal_new(s->base, SIGINT, on_stop, s);
    s->signals[2] = evsignal_new(s->base, SIGHUP, on_reload, s);
    for (unsigned i = 0; i < SIGNALS; i++)
        if (s->signals[i] == NULL || event_add(s->signals[i], NULL) != 0)
            return -ENOMEM;
    return 0;
}

static int start_planner(struct server *s)
{
    s->planner = planner_thread_create();
    s->timer = evtimer_new(s->base, on_timer, s);
    if (s->planner != NULL)
        s->planned = event_new(s->base, planner_thread_bell(s->planner), EV_READ | EV_PERSIST, on_planned, s);
    if (s->timer == NULL || s->planned == NULL || event_add(s->planned, NULL) != 0)
        return -ENOMEM;
    return 0;
}

static int start_hooks(struct server *s)
{
    char error[HTTP_CLIENT_ERROR_BYTES];
    int result = hooks_create(s->base, &s->config->hooks, &s->hooks, error);
    if (result != 0)
        log_error("hooks: %s", error);
    return result;
}

static int start(struct server *s)
{
    s->base = event_base_new();
    if (s->base == NULL || watch_signals(s) != 0 || start_planner(s) != 0) {
        log_error("out of memory");
        return -ENOMEM;
    }
    int result = core_parts_create(&s->parts, s->config_file, s->config, now_ns(s));
    s->core = s->parts.core;
    if (result != 0)
        return result;
    pass_over_old_events(s);
    result = start_hooks(s);
    if (result == 0)
        result = open_front(s);
    return result;
}

int server_create(const char *config_file, struct control_config *config, struct server **created)
{
    struct server *s = calloc(1, sizeof(*s));
    *created = NULL;
    if (s == NULL) {
        log_error("out of memory");
        return -ENOMEM;
    }
    privileges_prepare(config->connections_max);
    s->config_file = config_file;
    s->config = config;
    s->clock_offset_ns = clock_ns(CLOCK_REALTIME) - clock_ns(CLOCK_MONOTONIC);
    s->up_since_ns = now_ns(s);
    int result = start(s);
    if (result != 0)
        server_destroy(s);
    else
        *created = s;
    return result;
}

void server_run(struct server *s)
{
    privileges_drop();
    log_ready(s->config->socket);
    notify_service_manager("READY=1");
    proceed(s);
    event_base_dispatch(s->base);
    notify_service_manager("STOPPING=1");
    log_info("ending");
}

static void free_event(struct event *event)
{
    if (event != NULL)
        event_free(event);
}

void server_destroy(struct server *s)
{
    hooks_destroy(s->hooks);
    front_close(&s->front);
    planner_thread_destroy(s->planner, s->core, now_ns(s));
    core_parts_destroy(&s->parts);
    free_event(s->planned);
    free_event(s->timer);
    for (unsigned i = 0; i < SIGNALS; i++)
        free_event(s->signals[i]);
    if (s->base != NULL)
        event_base_free(s->base);
    free(s);
}
