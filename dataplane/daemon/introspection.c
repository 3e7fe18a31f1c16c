/* SPDX-License-Identifier: BSD-3-Clause */
#include "dataplane/daemon/introspection.h"

#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

#include <event2/event.h>
#include <rte_telemetry.h>

#include "dataplane/daemon/text.h"

enum {
    PATH_VIEWS_MAX = 4,
    SESSION_VIEWS_MAX = 32,
    ANSWER_LIMIT_S = 1
};

enum question_kind {
    QUESTION_COUNTERS,
    QUESTION_CHANNELS,
    QUESTION_PATHS,
    QUESTION_SESSIONS
};

struct session_view {
    unsigned number;
    char name[SESSION_NAME_BYTES];
    int process;
    uint64_t region_bytes;
    unsigned communicators;
};

/* Held by the telemetry thread that asks and by the main thread until each has done with it. */
struct question {
    STAILQ_ENTRY(question) link;
    enum question_kind kind;
    unsigned port, start;
    unsigned holders; /* under the lock, as `answered` */
    bool answered;
    unsigned next; /* 0: that was all */
    struct worker_snapshot snapshot;
    uint64_t probes, probe_answers;
    struct path_view paths[PATH_VIEWS_MAX];
    unsigned path_count;
    struct session_view sessions[SESSION_VIEWS_MAX];
    unsigned session_count;
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
    q->probes = path_discovery_probes_sent(discovery);
    q->probe_answers = path_discovery_answers(discovery);
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

/* Asks with the parameters "START,PORT", both optional. NULL when there is no answer; else the caller
 * releases it by done(). */
static struct question *ask(enum question_kind kind, const char *parameters)
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

static int done(struct question *q)
{
    pthread_mutex_lock(&self.lock);
    release(q);
    pthread_mutex_unlock(&self.lock);
    return 0;
}

static struct rte_tel_data *begin_element(void)
{
    struct rte_tel_data *element = rte_tel_data_alloc();
    if (element)
        rte_tel_data_start_dict(element);
    return element;
}

static void add_address(struct rte_tel_data *d, const char *name, uint32_t address)
{
    char text[TEXT_ADDRESS_BYTES];
    rte_tel_data_add_dict_string(d, name, text_address(address, text));
}

/* Of a list that goes on: where to begin next time. */
static void add_next(struct rte_tel_data *d, const struct question *q)
{
    if (q->next)
        rte_tel_data_add_dict_u64(d, "next", q->next);
}

static void add_drops(struct rte_tel_data *d, const struct transport_counters *t)
{
    char name[64];
    for (unsigned reason = DROP_NONE + 1; reason < DROP_REASONS; reason++) {
        snprintf(name, sizeof(name), "drops_%s", drop_reason_name(reason));
        for (char *c = name; *c; c++)
            *c = *c == ' ' || *c == '-' ? '_' : *c;
        rte_tel_data_add_dict_u64(d, name, t->drops[reason]);
    }
}

#define ADD(source, field) rte_tel_data_add_dict_u64(d, #field, (source)->field)

static void add_transport(struct rte_tel_data *d, const struct transport_counters *t)
{
    ADD(t, data_packets_sent);
    ADD(t, data_bytes_sent);
    ADD(t, data_packets_received);
    ADD(t, data_bytes_received);
    ADD(t, acks_sent);
    ADD(t, acks_received);
    ADD(t, credits_sent);
    ADD(t, probes_sent);
    ADD(t, retransmits);
    ADD(t, retransmitted_bytes);
    ADD(t, timeouts);
    ADD(t, tail_probes);
    ADD(t, marked_packets);
    ADD(t, messages_sent);
    ADD(t, messages_received);
    ADD(t, pieces_sent);
    ADD(t, paths_died);
    ADD(t, paths_revived);
    ADD(t, packets_rehomed);
    ADD(t, peers_died);
}

static void add_port(struct rte_tel_data *d, const struct port_counters *p)
{
    ADD(p, received_frames);
    ADD(p, sent_frames);
    ADD(p, sent_bytes);
    ADD(p, received_bytes);
    ADD(p, dropped_not_ours);
    ADD(p, dropped_checksum);
    ADD(p, dropped_malformed);
    ADD(p, dropped_no_next_hop);
    ADD(p, dropped_no_buffer);
    ADD(p, device_missed);
}

static void add_worker(struct rte_tel_data *d, const struct worker_snapshot *s)
{
    ADD(s, transfers);
    ADD(s, transfers_max);
    ADD(s, rounds);
    ADD(s, sleeps);
    ADD(s, notices_lost);
    ADD(s, loopback_packets);
}

static int show_counters(const char *command, const char *parameters, struct rte_tel_data *d)
{
    struct question *q = ask(QUESTION_COUNTERS, parameters);
    (void)command;
    if (!q)
        return -1;
    rte_tel_data_start_dict(d);
    add_address(d, "address", host_port_address(self.config.ports[q->port]));
    add_transport(d, &q->snapshot.transport);
    add_drops(d, &q->snapshot.transport);
    add_port(d, &q->snapshot.port);
    add_worker(d, &q->snapshot);
    rte_tel_data_add_dict_u64(d, "discovery_probes", q->probes);
    rte_tel_data_add_dict_u64(d, "discovery_answers", q->probe_answers);
    return done(q);
}

static void add_channel(struct rte_tel_data *list, const struct channel_info *c)
{
    char name[32];
    struct rte_tel_data *d = begin_element();
    if (!d)
        return;
    add_address(d, "peer", c->peer_address);
    ADD(c, path);
    ADD(c, source_port);
    ADD(c, alive);
    ADD(c, generation);
    ADD(c, in_flight_packets);
    ADD(c, window_bytes);
    ADD(c, smoothed_rtt_ns);
    ADD(c, minimum_rtt_ns);
    ADD(c, sent_packets);
    ADD(c, retransmits);
    ADD(c, marked_packets);
    ADD(c, acked_bytes);
    snprintf(name, sizeof(name), "peer%u_path%u", c->peer, c->path);
    rte_tel_data_add_dict_container(list, name, d, 0);
}

static int show_channels(const char *command, const char *parameters, struct rte_tel_data *d)
{
    struct question *q = ask(QUESTION_CHANNELS, parameters);
    (void)command;
    if (!q)
        return -1;
    rte_tel_data_start_dict(d);
    for (unsigned i = 0; i < q->snapshot.channel_count; i++)
        add_channel(d, &q->snapshot.channels[i]);
    add_next(d, q);
    return done(q);
}

static void add_paths(struct rte_tel_data *list, const struct path_view *view)
{
    char name[32];
    struct rte_tel_data *d = begin_element();
    if (!d)
        return;
    add_address(d, "peer", view->address);
    ADD(view, settled);
    ADD(view, answered);
    for (unsigned path = 0; path < view->count; path++) {
        snprintf(name, sizeof(name), "path%u_spine", path);
        add_address(d, name, view->spine_address[path]);
        snprintf(name, sizeof(name), "path%u_source_port", path);
        rte_tel_data_add_dict_u64(d, name, view->source_port[path]);
    }
    snprintf(name, sizeof(name), "peer%u", view->peer);
    rte_tel_data_add_dict_container(list, name, d, 0);
}

static int show_paths(const char *command, const char *parameters, struct rte_tel_data *d)
{
    struct question *q = ask(QUESTION_PATHS, parameters);
    (void)command;
    if (!q)
        return -1;
    rte_tel_data_start_dict(d);
    for (unsigned i = 0; i < q->path_count; i++)
        add_paths(d, &q->paths[i]);
    add_next(d, q);
    return done(q);
}

static void add_session(struct rte_tel_data *list, const struct session_view *view)
{
    char name[32];
    struct rte_tel_data *d = begin_element();
    if (!d)
        return;
    rte_tel_data_add_dict_string(d, "name", view->name);
    rte_tel_data_add_dict_int(d, "process", view->process);
    ADD(view, region_bytes);
    ADD(view, communicators);
    snprintf(name, sizeof(name), "session%u", view->number);
    rte_tel_data_add_dict_container(list, name, d, 0);
}

static int show_sessions(const char *command, const char *parameters, struct rte_tel_data *d)
{
    struct question *q = ask(QUESTION_SESSIONS, parameters);
    (void)command;
    if (!q)
        return -1;
    rte_tel_data_start_dict(d);
    for (unsigned i = 0; i < q->session_count; i++)
        add_session(d, &q->sessions[i]);
    add_next(d, q);
    return done(q);
}

int introspection_start(const struct introspection_config *config)
{
    self.config = *config;
    STAILQ_INIT(&self.questions);
    pthread_cond_init(&self.answer, NULL);
    self.bell = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
    self.bell_event =
        self.bell < 0 ? NULL : event_new(config->base, self.bell, EV_READ | EV_PERSIST, on_bell, NULL);
    if (!self.bell_event || event_add(self.bell_event, NULL) != 0)
        return -ENOMEM;
    self.open = true;
    rte_telemetry_register_cmd("/weft/counters", show_counters,
                               "Counters of transport, port and worker. Parameters: 0,PORT");
    rte_telemetry_register_cmd("/weft/channels", show_channels,
                               "Channels to peers. Parameters: START,PORT; `next` says where to go on");
    rte_telemetry_register_cmd("/weft/paths", show_paths,
                               "Source port of each path to each peer. Parameters: START,PORT");
    rte_telemetry_register_cmd("/weft/sessions", show_sessions, "Attached applications. Parameters: START");
    return 0;
}

void introspection_stop(void)
{
    pthread_mutex_lock(&self.lock);
    self.open = false;
    pthread_mutex_unlock(&self.lock);
    if (self.bell_event)
        event_free(self.bell_event);
    self.bell_event = NULL;
}
