/* SPDX-License-Identifier: BSD-3-Clause */
#include "dataplane/daemon/control_agent.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <event2/event.h>

#include "dataplane/daemon/agent_report.h"
#include "dataplane/daemon/backoff.h"
#include "dataplane/daemon/lone_service.h"
#include "dataplane/daemon/path_progress.h"
#include "dataplane/daemon/plan_wait.h"
#include "dataplane/daemon/session_server.h"
#include "dataplane/formats/address.h"
#include "dataplane/process/clock.h"
#include "dataplane/process/http_client.h"

enum {
    PATH_BYTES = 96,
    PEERS_MAX = UINT16_MAX + 1, /* numbers that the transport may give */
    GATHER_MS = 5,              /* what changes within this time is reported together */
    REPORT_EVERY_MS = 2000,
    ANSWER_TIMEOUT_MS = 5000,
    ANSWER_BYTES_MAX = 64 << 10
};

struct control_agent {
    struct control_agent_config config;
    struct plan_wait *plans;
    struct path_progress *progress;
    struct lone_service *lone;
    struct event *report_timer;
    struct http_exchange *report; /* under way */
    bool changed;                 /* since the report under way was written */
    unsigned report_every_ms;
    struct backoff backoff; /* while control does not answer */
    int complaint;          /* HTTP status that was logged last; -1: no answer at all */
    uint64_t sequence, control_epoch;
    uint64_t dead_paths[PEERS_MAX];       /* by peer */
    uint32_t probing[AGENT_PROBES_MAX];   /* control wants their paths looked for anew */
    unsigned probing_count, probed_count; /* probing[0 .. probed_count) are in the report under way */
    struct control_agent_view view;
};

static void report_in(struct control_agent *a, unsigned wait_ms)
{
    struct timeval wait = {.tv_sec = wait_ms / 1000, .tv_usec = wait_ms % 1000 * 1000};
    evtimer_add(a->report_timer, &wait);
}

/* ---- reports ---- */

static void complain_of_refusal(const struct http_answer *answer, const char *address)
{
    char why[160];
    agent_reply_refusal(answer->body, answer->bytes, why);
    log_warning("control answers %d to the report of %s%s%s; it will be tried again", answer->status, address,
                *why ? ": " : "", why);
}

/* Says once what is wrong, until something else is. */
static void complain(struct control_agent *a, const struct http_answer *answer)
{
    char address[ADDRESS_TEXT_BYTES];
    int complaint = answer->status ? answer->status : -1;
    address_text(host_port_address(a->config.port), address);
    if (a->complaint == complaint)
        return;
    a->complaint = complaint;
    if (answer->status == 404)
        log_error("control knows no host port %s: add it to control's topology file", address);
    else if (answer->status == 409)
        log_error("control follows another dataplane at %s: is this address given twice?", address);
    else if (answer->status)
        complain_of_refusal(answer, address);
    else
        log_warning("control does not answer (%s): the last plan stays, and it will be asked again",
                    answer->failure);
}

static void look_again(struct control_agent *a, const struct agent_reply *reply)
{
    for (unsigned i = 0; i < reply->probe_count && a->probing_count < AGENT_PROBES_MAX; i++) {
        a->probing[a->probing_count++] = reply->probe[i];
        path_service_look_again(host_port_paths(a->config.port), reply->probe[i]);
    }
}

static bool take_reply(struct control_agent *a, const struct http_answer *answer)
{
    struct agent_reply reply;
    char error[160];
    if (agent_reply_read(answer->body, answer->bytes, &reply, error) != 0) {
        log_error("control's answer makes no sense: %s", error);
        return false;
    }
    a->report_every_ms = reply.report_every_ms;
    a->control_epoch = reply.epoch;
    for (unsigned i = a->probed_count; i < a->probing_count; i++)
        a->probing[i - a->probed_count] = a->probing[i];
    a->probing_count -= a->probed_count;
    look_again(a, &reply);
    for (unsigned i = 0; i < reply.time_count; i++)
        lone_service_ask(a->lone, &reply.time[i]);
    return true;
}

static void on_reported(void *context, const struct http_answer *answer)
{
    struct control_agent *a = context;
    bool answered = answer->status == 200 && take_reply(a, answer);
    bool is_back = answered && !a->view.connected;
    lone_packets_end_report(lone_service_packets(a->lone), answered);
    a->report = NULL;
    a->view.reports++;
    a->view.reports_failed += !answered;
    if (is_back)
        log_info("control answers");
    a->view.connected = answered;
    if (!answered) {
        complain(a, answer);
        report_in(a, backoff_next_ms(&a->backoff));
        return;
    }
    a->complaint = 0;
    backoff_reset(&a->backoff);
    report_in(a, a->changed ? GATHER_MS : a->report_every_ms);
    plan_wait_resume(a->plans, is_back);
}

/* Moves the peers whose search has ended to the front. */
static void find_probed(struct control_agent *a)
{
    const struct path_discovery *discovery = path_service_discovery(host_port_paths(a->config.port));
    a->probed_count = 0;
    for (unsigned i = 0; i < a->probing_count; i++) {
        uint32_t address = a->probing[i];
        if (!path_discovery_is_at_rest(discovery, address))
            continue;
        a->probing[i] = a->probing[a->probed_count];
        a->probing[a->probed_count++] = address;
    }
}

static void send_report(struct control_agent *a, const char *body)
{
    char address[ADDRESS_TEXT_BYTES], path[PATH_BYTES];
    snprintf(path, sizeof(path), "/v1/agents/%s", address_text(host_port_address(a->config.port), address));
    a->report = http_client_start(a->config.http, &(struct http_request){.path = path,
                                                                         .body = body,
                                                                         .body_bytes = strlen(body),
                                                                         .content_type = "application/json",
                                                                         .timeout_ms = ANSWER_TIMEOUT_MS,
                                                                         .answer_bytes_max = ANSWER_BYTES_MAX,
                                                                         .done = on_reported,
                                                                         .context = a});
}

/* The worker has said how far its paths are. */
static void on_progress(void *context)
{
    struct control_agent *a = context;
    if (a->report)
        return;
    find_probed(a);
    lone_packets_begin_report(lone_service_packets(a->lone));
    const struct plan_intake *intake = plan_wait_intake(a->plans);
    char *body = agent_report_write(&(struct agent_report){.port = a->config.port,
                                                           .server = a->config.server,
                                                           .sequence = ++a->sequence,
                                                           .plan_epoch = plan_intake_epoch(intake),
                                                           .plan_hash = plan_intake_hash(intake),
                                                           .dead_paths = a->dead_paths,
                                                           .peers_max = PEERS_MAX,
                                                           .progress = a->progress,
                                                           .now = clock_ns(CLOCK_MONOTONIC),
                                                           .probed = a->probing,
                                                           .probed_count = a->probed_count,
                                                           .timed = lone_service_packets(a->lone)});
    a->changed = false;
    if (body)
        send_report(a, body);
    if (!a->report)
        report_in(a, backoff_next_ms(&a->backoff));
    free(body);
}

static void on_report_timer(evutil_socket_t unused, short events, void *context)
{
    (void)unused;
    (void)events;
    struct control_agent *a = context;
    if (!a->report)
        path_progress_refresh(a->progress);
}

/* While control does not answer, changes do not make it be asked more often. */
static void report_within(struct control_agent *a, unsigned wait_ms)
{
    struct timeval due, now;
    a->changed = true;
    if (a->report || (a->complaint != 0 && evtimer_pending(a->report_timer, NULL)))
        return;
    if (evtimer_pending(a->report_timer, &due)) {
        evutil_gettimeofday(&now, NULL);
        long left_ms = (due.tv_sec - now.tv_sec) * 1000 + (due.tv_usec - now.tv_usec) / 1000;
        if (left_ms <= (long)wait_ms)
            return;
    }
    report_in(a, wait_ms);
}

void control_agent_on_change(struct control_agent *a)
{
    report_within(a, GATHER_MS);
}

void control_agent_on_path(struct control_agent *a, uint16_t peer, uint8_t path, bool alive)
{
    if (alive)
        a->dead_paths[peer] &= ~(1ull << path);
    else
        a->dead_paths[peer] |= 1ull << path;
    report_within(a, 0);
}

/* ---- news of plans and of the port ---- */

static void on_plan_in_force(void *context)
{
    control_agent_on_change(context);
}

/* The next report finds out whether control is there. */
static bool on_plan_unanswered(void *context)
{
    struct control_agent *a = context;
    if (a->view.connected)
        control_agent_on_change(a);
    return a->view.connected;
}

static void on_path(void *context, uint16_t peer, uint8_t path, bool alive)
{
    control_agent_on_path(context, peer, path, alive);
}

static void on_timed(void *context, uint64_t cookie, nsec_t round_trip_ns)
{
    struct control_agent *a = context;
    lone_service_on_timed(a->lone, cookie, round_trip_ns);
}

static void on_lone_finished(void *context)
{
    control_agent_on_change(context);
}

static void on_paths_changed(void *context)
{
    struct control_agent *a = context;
    plan_intake_remap(plan_wait_intake(a->plans));
    control_agent_on_change(a);
}

static void on_demand(void *context, const struct notice_demand *demand)
{
    struct control_agent *a = context;
    struct session_communicator *c =
        session_server_find_communicator(a->config.server, a->config.port, demand);
    if (!c || demand->shape >= STEP_SHAPES)
        return;
    c->has_demand[demand->shape] = true;
    c->demand_bytes[demand->shape] = demand->flow_bytes;
    control_agent_on_change(a);
}

static void on_communicators_changed(void *context)
{
    control_agent_on_change(context);
}

/* ---- life ---- */

struct control_agent *control_agent_create(const struct control_agent_config *config)
{
    struct control_agent *a = calloc(1, sizeof(*a));
    if (!a)
        return NULL;
    a->config = *config;
    a->report_every_ms = REPORT_EVERY_MS;
    a->backoff.random.state = host_port_incarnation(config->port);
    a->plans = plan_wait_create(&(struct plan_wait_config){.base = config->base,
                                                           .http = config->http,
                                                           .port = config->port,
                                                           .context = a,
                                                           .in_force = on_plan_in_force,
                                                           .unanswered = on_plan_unanswered});
    a->progress = path_progress_create(config->port, on_progress, a);
    a->lone = lone_service_create(config->port, config->base, on_lone_finished, a);
    a->report_timer = evtimer_new(config->base, on_report_timer, a);
    if (!a->plans || !a->progress || !a->lone || !a->report_timer) {
        control_agent_destroy(a);
        return NULL;
    }
    host_port_listen(config->port,
                     &(struct host_port_listener){.context = a,
                                                  .path = on_path,
                                                  .timed = on_timed,
                                                  .paths_changed = on_paths_changed,
                                                  .demand = on_demand,
                                                  .communicators_changed = on_communicators_changed});
    report_in(a, 0);
    return a;
}

void control_agent_destroy(struct control_agent *a)
{
    if (!a)
        return;
    if (a->report)
        http_exchange_cancel(a->report);
    if (a->report_timer)
        event_free(a->report_timer);
    plan_wait_destroy(a->plans);
    path_progress_destroy(a->progress);
    lone_service_destroy(a->lone);
    free(a);
}

void control_agent_view(const struct control_agent *a, struct control_agent_view *view)
{
    const struct plan_intake *intake = plan_wait_intake(a->plans);
    *view = a->view;
    view->plan_epoch = plan_intake_epoch(intake);
    view->plan_hash = plan_intake_hash(intake);
    view->plans_taken = plan_wait_taken(a->plans);
    view->plans_refused = plan_wait_refused(a->plans);
}
