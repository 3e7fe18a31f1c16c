/* SPDX-License-Identifier: BSD-3-Clause */
#include "dataplane/daemon/question.h"

#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

#include <event2/event.h>

#include "dataplane/daemon/link_service.h"

enum {
    ANSWER_LIMIT_S = 1
};

static struct {
    struct introspection_config config;
    pthread_mutex_t lock;
    pthread_cond_t answer;
    int bell; /* eventfd: a question waits */
    struct event *bell_event;
    bool open;
    STAILQ_HEAD(, question) questions;
} self = {.lock = PTHREAD_MUTEX_INITIALIZER};

static void release(struct question *q)
{
    if (--q->holders == 0)
        free(q);
}

/* ---- on the main thread ---- */

static void answer(struct question *q)
{
    pthread_mutex_lock(&self.lock);
    q->answered = true;
    pthread_cond_broadcast(&self.answer);
    release(q);
    pthread_mutex_unlock(&self.lock);
}

static void on_snapshot(struct command *command)
{
    struct question *q = command->context;
    q->next = q->snapshot.first_channel;
    command_free(command);
    answer(q);
}

static void ask_worker(struct question *q, struct host_port *port)
{
    const struct path_discovery *discovery = path_service_discovery(host_port_paths(port));
    struct command *command = command_new(COMMAND_SNAPSHOT, on_snapshot, q);
    if (!command) {
        answer(q);
        return;
    }
    q->address = host_port_address(port);
    q->probes = path_discovery_probes_sent(discovery);
    q->probe_answers = path_discovery_answers(discovery);
    q->has_nic_retransmits = link_service_retransmits(host_port_links(port), &q->nic_retransmits);
    q->follows_control = control_link_view(self.config.control, q->port, &q->agent);
    q->snapshot.first_channel = q->start;
    command->snapshot = &q->snapshot;
    host_port_post(port, command);
}

static void view_paths(struct question *q, struct host_port *port)
{
    const struct path_discovery *discovery = path_service_discovery(host_port_paths(port));
    struct path_view beyond;
    unsigned index = q->start;
    while (q->path_count < PATH_VIEWS_MAX &&
           path_discovery_view(discovery, index, &q->paths[q->path_count])) {
        q->path_count++;
        index++;
    }
    q->next = path_discovery_view(discovery, index, &beyond) ? index : 0;
    answer(q);
}

static void view_session(const struct session *s, struct session_view *view)
{
    const struct session_communicator *communicator;
    *view = (struct session_view){
        .number = s->number, .process = (int)s->peer.pid, .region_bytes = s->region_bytes};
    memcpy(view->name, s->name, sizeof(view->name));
    SLIST_FOREACH(communicator, &s->communicators, link)
    view->communicators++;
}

static void view_sessions(struct question *q)
{
    unsigned index = 0;
    for (struct session *s = session_server_first(self.config.server); s; s = LIST_NEXT(s, link), index++) {
        if (index < q->start)
            continue;
        if (q->session_count == SESSION_VIEWS_MAX) {
            q->next = index;
            break;
        }
        view_session(s, &q->sessions[q->session_count++]);
    }
    answer(q);
}

static void serve(struct question *q)
{
    struct host_port *port = self.config.ports[q->port];
    switch (q->kind) {
    case QUESTION_COUNTERS:
    case QUESTION_CHANNELS:
    case QUESTION_PLAN:
        ask_worker(q, port);
        break;
    case QUESTION_PATHS:
        view_paths(q, port);
        break;
    case QUESTION_SESSIONS:
        view_sessions(q);
        break;
    }
}

static struct question *take_question(void)
{
    pthread_mutex_lock(&self.lock);
    struct question *q = STAILQ_FIRST(&self.questions);
    if (q)
        STAILQ_REMOVE_HEAD(&self.questions, link);
    pthread_mutex_unlock(&self.lock);
    return q;
}

static void on_bell(evutil_socket_t bell, short events, void *context)
{
    struct question *q;
    uint64_t count;
    (void)events;
    (void)context;
    if (read(bell, &count, sizeof(count)) < 0)
        return;
    while ((q = take_question()))
        serve(q);
}

/* ---- on telemetry's threads ---- */

static void wait_for_answer(struct question *q)
{
    struct timespec limit;
    uint64_t one = 1;
    clock_gettime(CLOCK_REALTIME, &limit);
    limit.tv_sec += ANSWER_LIMIT_S;
    q->holders = 2;
    STAILQ_INSERT_TAIL(&self.questions, q, link);
    if (write(self.bell, &one, sizeof(one)) < 0)
        return; /* the counter is full: the bell has been rung */
    while (!q->answered && pthread_cond_timedwait(&self.answer, &self.lock, &limit) == 0)
        ;
}

struct question *question_ask(enum question_kind kind, const char *parameters)
{
    struct question *q = calloc(1, sizeof(*q));
    if (!q)
        return NULL;
    q->kind = kind;
    if (parameters && sscanf(parameters, "%u,%u", &q->start, &q->port) < 1)
        q->start = 0;
    pthread_mutex_lock(&self.lock);
    if (self.open && q->port < self.config.port_count)
        wait_for_answer(q);
    else
        q->holders = 1;
    bool answered = q->answered;
    if (!answered)
        release(q);
    pthread_mutex_unlock(&self.lock);
    return answered ? q : NULL;
}

void question_done(struct question *q)
{
    pthread_mutex_lock(&self.lock);
    release(q);
    pthread_mutex_unlock(&self.lock);
}

/* ---- start and stop ---- */

int question_service_start(const struct introspection_config *config)
{
    self.config = *config;
    STAILQ_INIT(&self.questions);
    pthread_cond_init(&self.answer, NULL);
    self.bell = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
    if (self.bell >= 0)
        self.bell_event = event_new(config->base, self.bell, EV_READ | EV_PERSIST, on_bell, NULL);
    self.open = self.bell_event && event_add(self.bell_event, NULL) == 0;
    return self.open ? 0 : -ENOMEM;
}

void question_service_stop(void)
{
    pthread_mutex_lock(&self.lock);
    self.open = false;
    pthread_mutex_unlock(&self.lock);
    if (self.bell_event)
        event_free(self.bell_event);
    self.bell_event = NULL;
}
