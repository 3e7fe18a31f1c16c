/* SPDX-License-Identifier: BSD-3-Clause */
#include "dataplane/daemon/lone_service.h"

#include <stdlib.h>

#include <event2/event.h>

#include "dataplane/process/clock.h"

struct lone_service {
    struct host_port *port;
    struct event *timer;
    void (*finished)(void *context);
    void *context;
    struct lone_packets packets;
};

/* The transport's number of it; -1: nothing has been sent there yet. */
static int peer_number(const struct path_discovery *discovery, uint32_t address)
{
    struct path_view view;
    for (unsigned i = 0; path_discovery_view(discovery, i, &view); i++)
        if (view.address == address)
            return view.peer;
    return -1;
}

/* A path that is not known, or that the transport will not time, has no answer. */
static void send_packet(struct lone_service *s, const struct lone_errand *e)
{
    const struct path_discovery *discovery = path_service_discovery(host_port_paths(s->port));
    int peer = peer_number(discovery, e->wish.peer);
    int path = path_discovery_path_of(discovery, e->wish.spine);
    struct command *command =
        peer >= 0 && path >= 0 ? command_new(COMMAND_TIME_PATH, command_free, NULL) : NULL;
    if (!command)
        return;
    command->time_path.peer = (uint16_t)peer;
    command->time_path.path = (uint8_t)path;
    command->time_path.cookie = e->cookie;
    host_port_post(s->port, command);
}

static void schedule(struct lone_service *s, nsec_t now)
{
    nsec_t next = lone_packets_wakeup(&s->packets);
    if (next == NSEC_NEVER)
        return;
    nsec_t wait = next > now ? next - now : 0;
    struct timeval timeout = {.tv_sec = (time_t)(wait / NSEC_PER_SEC),
                              .tv_usec = (suseconds_t)(wait % NSEC_PER_SEC / NSEC_PER_USEC)};
    evtimer_add(s->timer, &timeout);
}

static void work(struct lone_service *s)
{
    nsec_t now = clock_ns(CLOCK_MONOTONIC);
    const struct lone_errand *errand;
    while ((errand = lone_packets_next(&s->packets, now)))
        send_packet(s, errand);
    if (lone_packets_finish(&s->packets, now))
        s->finished(s->context);
    schedule(s, now);
}

static void on_timer(evutil_socket_t unused, short events, void *context)
{
    (void)unused;
    (void)events;
    work(context);
}

struct lone_service *lone_service_create(struct host_port *port, struct event_base *base,
                                         void (*finished)(void *context), void *context)
{
    struct lone_service *s = calloc(1, sizeof(*s));
    if (!s)
        return NULL;
    s->port = port;
    s->finished = finished;
    s->context = context;
    s->packets.random.state = clock_ns(CLOCK_MONOTONIC);
    s->timer = evtimer_new(base, on_timer, s);
    if (!s->timer) {
        lone_service_destroy(s);
        return NULL;
    }
    return s;
}

void lone_service_destroy(struct lone_service *s)
{
    if (!s)
        return;
    if (s->timer)
        event_free(s->timer);
    free(s);
}

void lone_service_ask(struct lone_service *s, const struct lone_wish *wish)
{
    nsec_t now = clock_ns(CLOCK_MONOTONIC);
    if (lone_packets_ask(&s->packets, wish, now))
        schedule(s, now);
}

void lone_service_on_timed(struct lone_service *s, uint64_t cookie, nsec_t round_trip_ns)
{
    lone_packets_on_answer(&s->packets, cookie, round_trip_ns);
    work(s);
}

struct lone_packets *lone_service_packets(struct lone_service *s)
{
    return &s->packets;
}
