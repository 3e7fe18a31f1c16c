/* SPDX-License-Identifier: BSD-3-Clause */
#include "dataplane/daemon/neighbours.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include <event2/event.h>

#include "dataplane/daemon/host_port.h"
#include "dataplane/formats/address.h"
#include "dataplane/process/clock.h"
#include "nic/next_hop.h"

static const nsec_t ASK_AGAIN_NS = NSEC_PER_MSEC;
static const nsec_t ASK_AGAIN_MAX_NS = NSEC_PER_SEC;
static const nsec_t REFRESH_NS = 30 * NSEC_PER_SEC;

struct neighbour {
    uint32_t address;
    bool known, complained;
    uint8_t ethernet[6];
    nsec_t ask_at, interval_ns;
};

struct neighbours {
    struct host_port *port;
    struct neighbours_config config;
    struct event *timer;
    struct neighbour *list;
    unsigned count;
};

static void tell_port(struct neighbours *n, const struct neighbour *neighbour)
{
    struct command *command = command_new(COMMAND_SET_NEXT_HOP, command_free, NULL);
    if (!command)
        return;
    command->next_hop.destination = neighbour->address;
    memcpy(command->next_hop.ethernet, neighbour->ethernet, 6);
    host_port_post(n->port, command);
    path_service_on_reachable(host_port_paths(n->port), neighbour->address);
}

static int look_up(const struct neighbours *n, uint32_t address, uint8_t ethernet[6])
{
    if (n->config.fixed_ethernet) {
        memcpy(ethernet, n->config.fixed_ethernet, 6);
        return 0;
    }
    return n->config.interface ? next_hop_resolve(n->config.interface, address, ethernet) : -ENODEV;
}

static void complain(struct neighbour *neighbour, int result)
{
    char text[ADDRESS_TEXT_BYTES];
    if (neighbour->complained || neighbour->interval_ns < ASK_AGAIN_MAX_NS)
        return;
    neighbour->complained = true;
    if (result == -EAGAIN)
        log_warning("no answer to ARP for the next hop to %s; is its gateway there?",
                    address_text(neighbour->address, text));
    else if (result == -ENODEV)
        log_error("the port has no kernel interface to ask for next hops: set `gateway_ethernet` in `ports`");
    else
        log_warning("no next hop to %s: %s; is there a route?", address_text(neighbour->address, text),
                    strerror(-result));
}

static void ask(struct neighbours *n, struct neighbour *neighbour, nsec_t now)
{
    uint8_t ethernet[6];
    int result = look_up(n, neighbour->address, ethernet);
    if (result != 0) {
        neighbour->interval_ns =
            neighbour->interval_ns < ASK_AGAIN_MAX_NS / 2 ? 2 * neighbour->interval_ns : ASK_AGAIN_MAX_NS;
        neighbour->ask_at = now + neighbour->interval_ns;
        complain(neighbour, result);
        return;
    }
    neighbour->interval_ns = ASK_AGAIN_NS;
    neighbour->ask_at = now + REFRESH_NS;
    neighbour->complained = false;
    if (neighbour->known && memcmp(ethernet, neighbour->ethernet, 6) == 0)
        return;
    neighbour->known = true;
    memcpy(neighbour->ethernet, ethernet, 6);
    tell_port(n, neighbour);
}

static void schedule(struct neighbours *n, nsec_t now)
{
    nsec_t next = NSEC_NEVER;
    for (unsigned i = 0; i < n->count; i++)
        if (n->list[i].ask_at < next)
            next = n->list[i].ask_at;
    if (next == NSEC_NEVER)
        return;
    nsec_t wait = next > now ? next - now : 0;
    struct timeval timeout = {.tv_sec = (time_t)(wait / NSEC_PER_SEC),
                              .tv_usec = (suseconds_t)(wait % NSEC_PER_SEC / NSEC_PER_USEC)};
    evtimer_add(n->timer, &timeout);
}

static void on_timer(evutil_socket_t unused, short events, void *context)
{
    struct neighbours *n = context;
    nsec_t now = clock_ns(CLOCK_MONOTONIC);
    (void)unused;
    (void)events;
    for (unsigned i = 0; i < n->count; i++)
        if (now >= n->list[i].ask_at)
            ask(n, &n->list[i], now);
    schedule(n, now);
}

struct neighbours *neighbours_create(struct host_port *port, struct event_base *base,
                                     const struct neighbours_config *config)
{
    struct neighbours *n = calloc(1, sizeof(*n));
    if (!n)
        return NULL;
    n->port = port;
    n->config = *config;
    n->timer = evtimer_new(base, on_timer, n);
    if (!n->timer) {
        free(n);
        return NULL;
    }
    return n;
}

void neighbours_destroy(struct neighbours *n)
{
    if (!n)
        return;
    event_free(n->timer);
    free(n->list);
    free(n);
}

static struct neighbour *find_or_add(struct neighbours *n, uint32_t address)
{
    for (unsigned i = 0; i < n->count; i++)
        if (n->list[i].address == address)
            return &n->list[i];
    struct neighbour *list = reallocarray(n->list, n->count + 1, sizeof(*list));
    if (!list)
        return NULL;
    n->list = list;
    list[n->count] = (struct neighbour){.address = address, .interval_ns = ASK_AGAIN_NS};
    return &list[n->count++];
}

void neighbours_resolve(struct neighbours *n, uint32_t address)
{
    nsec_t now = clock_ns(CLOCK_MONOTONIC);
    struct neighbour *neighbour = find_or_add(n, address);
    if (neighbour && !neighbour->known && now >= neighbour->ask_at) {
        ask(n, neighbour, now);
        schedule(n, now);
    }
}
