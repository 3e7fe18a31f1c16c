/* SPDX-License-Identifier: BSD-3-Clause */
#include "tools/sim/foresight.h"

#include "dataplane/transport/fetch.h"
#include "tools/sim/simulation.h"

enum {
    HOSTS_MIN = 128, /* what fewer work on stays in the cache, and looking ahead takes longer than it saves */
    LOOKS = 2,       /* for every event taken, until EVENT_QUEUE_FORESEEN are in view */
    STRIDE = 2,      /* looks between two steps, of which the second needs what the first has fetched */
    FIRST_HOST_STEP = 2 * STRIDE
};

static_assert(FIRST_HOST_STEP + TRANSPORT_FORESIGHT_STEPS * STRIDE <= EVENT_QUEUE_FORESEEN, "all in view");

static const struct sim_packet *packet_of(const struct sim_event *event)
{
    return event->kind == SIMULATION_PACKET ? (const struct sim_packet *)event : NULL;
}

/* The host that the event is of, or NULL. */
static const struct host *host_of(const struct simulation *s, const struct sim_event *event)
{
    if (event->kind == SIMULATION_CALL)
        return NULL;
    if (event->kind == SIMULATION_WAKE)
        return ((const struct host_wake *)event)->host;
    uint32_t host = packet_of(event)->link - s->topology.first_leaf_to_host;
    return host < s->topology.host_count ? &s->hosts[host] : NULL;
}

static void fetch_place(const struct simulation *s, const struct sim_event *event)
{
    const struct sim_packet *packet = packet_of(event);
    const struct host *host = host_of(s, event);
    if (packet != NULL)
        fetch(&s->topology.links[packet->link], 1);
    if (packet != NULL && host != NULL)
        fetch(packet->header, 1);
    if (host != NULL)
        fetch(host, 1);
}

static void fetch_transport(const struct simulation *s, const struct sim_event *event, unsigned step)
{
    const struct host *host = host_of(s, event);
    if (host == NULL || host->transport == NULL)
        return;
    const struct sim_packet *packet = packet_of(event);
    transport_foresee(host->transport, packet != NULL ? packet->header : NULL, step);
}

void foresight_look_ahead(struct simulation *s)
{
    const struct sim_event *event;
    if (s->topology.host_count < HOSTS_MIN)
        return;
    for (unsigned i = 0; i < LOOKS && event_queue_look_ahead(&s->queue); i++) {
        fetch(event_queue_foreseen(&s->queue, 0), 1);
        if ((event = event_queue_foreseen(&s->queue, STRIDE)) != NULL)
            fetch_place(s, event);
        for (unsigned step = 0; step < TRANSPORT_FORESIGHT_STEPS; step++) {
            event = event_queue_foreseen(&s->queue, FIRST_HOST_STEP + step * STRIDE);
            if (event != NULL)
                fetch_transport(s, event, step);
        }
    }
}
