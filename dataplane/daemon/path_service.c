/* SPDX-License-Identifier: BSD-3-Clause */
#include "dataplane/daemon/path_service.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/random.h>

#include <event2/event.h>

#include "dataplane/daemon/host_port.h"
#include "dataplane/process/clock.h"

struct path_service {
    struct host_port *port;
    struct path_discovery *discovery;
    struct event *timer;
    TAILQ_HEAD(, path_waiter) waiters;
};

static void send_probes(struct path_service *s, nsec_t now)
{
    struct path_probe probes[COMMAND_PROBES_MAX];
    unsigned count = path_discovery_take_probes(s->discovery, probes, COMMAND_PROBES_MAX, now);
    struct command *command = count > 0 ? command_new(COMMAND_SEND_PROBES, command_free, NULL) : NULL;
    if (!command)
        return;
    for (unsigned i = 0; i < count; i++)
        command->probes.probes[i] = probes[i];
    command->probes.count = count;
    host_port_post(s->port, command);
}

static void send_changes(struct path_service *s)
{
    struct path_change change;
    bool changed = false;
    while (path_discovery_take_change(s->discovery, &change)) {
        struct command *command = command_new(COMMAND_SET_PATHS, command_free, NULL);
        if (!command)
            return;
        command->paths = change;
        host_port_post(s->port, command);
        changed = true;
        log_debug("paths of peer %u changed: %u", change.peer, change.count);
    }
    if (changed)
        host_port_paths_changed(s->port);
}

static bool is_ready(const struct path_service *s, const struct path_waiter *waiter)
{
    for (unsigned i = 0; i < waiter->count; i++)
        if (!path_discovery_is_settled(s->discovery, waiter->addresses[i]))
            return false;
    return true;
}

static void wake_waiters(struct path_service *s)
{
    struct path_waiter *waiter, *next;
    for (waiter = TAILQ_FIRST(&s->waiters); waiter; waiter = next) {
        next = TAILQ_NEXT(waiter, link);
        if (!is_ready(s, waiter))
            continue;
        TAILQ_REMOVE(&s->waiters, waiter, link);
        waiter->ready(waiter);
    }
}

static void schedule(struct path_service *s, nsec_t now)
{
    nsec_t next = path_discovery_next_wakeup(s->discovery);
    if (next == NSEC_NEVER && TAILQ_EMPTY(&s->waiters))
        return;
    nsec_t wait = next > now ? next - now : 0;
    if (!TAILQ_EMPTY(&s->waiters) && wait > NSEC_PER_MSEC)
        wait = NSEC_PER_MSEC;
    if (wait > NSEC_PER_SEC)
        wait = NSEC_PER_SEC;
    struct timeval timeout = {.tv_sec = (time_t)(wait / NSEC_PER_SEC),
                              .tv_usec = (suseconds_t)(wait % NSEC_PER_SEC / NSEC_PER_USEC)};
    evtimer_add(s->timer, &timeout);
}

static void on_timer(evutil_socket_t unused, short events, void *context)
{
    struct path_service *s = context;
    nsec_t now = clock_ns(CLOCK_MONOTONIC);
    (void)unused;
    (void)events;
    send_probes(s, now);
    send_changes(s);
    wake_waiters(s);
    schedule(s, now);
}

struct path_service *path_service_create(struct host_port *port, struct event_base *base,
                                         nsec_t verify_interval_ns)
{
    struct path_service *s = calloc(1, sizeof(*s));
    struct path_discovery_config config;
    if (!s)
        return NULL;
    path_discovery_config_default(&config);
    config.verify_interval_ns = verify_interval_ns;
    if (getrandom(&config.seed, sizeof(config.seed), 0) != sizeof(config.seed))
        config.seed = clock_ns(CLOCK_MONOTONIC);
    TAILQ_INIT(&s->waiters);
    s->port = port;
    s->discovery = path_discovery_create(&config);
    s->timer = evtimer_new(base, on_timer, s);
    if (!s->discovery || !s->timer) {
        path_service_destroy(s);
        return NULL;
    }
    return s;
}

void path_service_destroy(struct path_service *s)
{
    if (!s)
        return;
    if (s->timer)
        event_free(s->timer);
    path_discovery_destroy(s->discovery);
    free(s);
}

int path_service_add(struct path_service *s, const struct path_peers *peers)
{
    unsigned shift = 32 - peers->leaf_prefix_bits;
    nsec_t now = clock_ns(CLOCK_MONOTONIC);
    for (unsigned i = 0; i < peers->count; i++) {
        struct path_discovery_peer peer = {
            .address = peers->addresses[i], .leaf = peers->addresses[i] >> shift, .peer = peers->numbers[i]};
        if (peer.leaf == peers->own_address >> shift)
            continue;
        int result = path_discovery_add_peer(s->discovery, &peer, now);
        if (result != 0)
            return result;
    }
    schedule(s, now);
    return 0;
}

void path_service_wait(struct path_service *s, struct path_waiter *waiter)
{
    TAILQ_INSERT_TAIL(&s->waiters, waiter, link);
    schedule(s, clock_ns(CLOCK_MONOTONIC));
}

void path_service_cancel(struct path_service *s, struct path_waiter *waiter)
{
    TAILQ_REMOVE(&s->waiters, waiter, link);
}

int path_service_path_of_port(struct path_service *s, uint32_t address, uint16_t port)
{
    if (!path_discovery_was_answered(s->discovery, address))
        return 0;
    int path = path_discovery_path_of_port(s->discovery, address, port);
    schedule(s, clock_ns(CLOCK_MONOTONIC));
    return path;
}

void path_service_on_reachable(struct path_service *s, uint32_t address)
{
    path_discovery_on_reachable(s->discovery, address);
    schedule(s, clock_ns(CLOCK_MONOTONIC));
}

void path_service_on_notice(struct path_service *s, const struct notice *notice)
{
    nsec_t now = clock_ns(CLOCK_MONOTONIC);
    if (notice->kind == NOTICE_TIME_EXCEEDED)
        path_discovery_on_answer(s->discovery, &notice->answer, now);
    else
        path_discovery_on_path_changed(s->discovery, notice->peer, now);
    schedule(s, now);
}

void path_service_look_again(struct path_service *s, uint32_t address)
{
    struct path_view view;
    for (unsigned i = 0; path_discovery_view(s->discovery, i, &view); i++)
        if (view.address == address)
            path_discovery_on_path_changed(s->discovery, view.peer, clock_ns(CLOCK_MONOTONIC));
    schedule(s, clock_ns(CLOCK_MONOTONIC));
}

const struct path_discovery *path_service_discovery(const struct path_service *s)
{
    return s->discovery;
}
