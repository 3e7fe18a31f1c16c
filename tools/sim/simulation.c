/* SPDX-License-Identifier: BSD-3-Clause */
#include "tools/sim/simulation.h"

#include <stdarg.h>
#include <stdlib.h>

#include "tools/sim/foresight.h"
#include "tools/sim/job.h"
#include "tools/sim/memory.h"

struct simulation_call {
    struct sim_event event;
    simulation_function function;
    void *context;
    uint64_t argument;
};

enum {
    ACK_WIRE_BYTES = 42 + PACKET_ACK_BYTES_MIN
};

struct simulation *simulation_create(const struct simulation_config *config)
{
    struct simulation *s = memory_take(1, sizeof(*s));
    s->config = *config;
    s->config.topology.seed = mix64_pair(config->seed, 1);
    event_queue_init(&s->queue);
    topology_init(&s->topology, &s->config.topology);
    s->links = (struct link_context){.queue = &s->queue,
                                     .pool = &s->packets,
                                     .histogram = s->histogram,
                                     .random = {mix64_pair(config->seed, 2)}};
    operation_table_init(&s->operations, &s->complaints, config->content);
    s->hosts = memory_take_aligned(s->topology.host_count * sizeof(*s->hosts), _Alignof(struct host));
    for (uint32_t i = 0; i < s->topology.host_count; i++)
        host_init(s, &s->hosts[i], i);
    return s;
}

static void drop_events(struct simulation *s)
{
    for (struct sim_event *event; (event = event_queue_take(&s->queue)) != NULL;) {
        if (event->kind == SIMULATION_CALL)
            free(event);
    }
}

void simulation_destroy(struct simulation *s)
{
    drop_events(s);
    for (size_t i = 0; i < s->job_count; i++)
        job_destroy(s->jobs[i]);
    for (uint32_t i = 0; i < s->topology.host_count; i++)
        host_destroy(&s->hosts[i]);
    planning_destroy(s);
    operation_table_destroy(&s->operations);
    packet_pool_destroy(&s->packets);
    topology_destroy(&s->topology);
    free(s->hosts);
    free(s->jobs);
    free(s);
}

void simulation_call_at(struct simulation *s, nsec_t at, simulation_function function, void *context,
                        uint64_t argument)
{
    struct simulation_call *call = memory_take(1, sizeof(*call));
    *call = (struct simulation_call){
        .event = {.kind = SIMULATION_CALL}, .function = function, .context = context, .argument = argument};
    event_queue_add(&s->queue, &call->event, at > s->queue.now ? at : s->queue.now);
}

void simulation_stop(struct simulation *s)
{
    s->stopped = true;
}

static void on_packet(struct simulation *s, struct sim_packet *packet)
{
    struct link *link = &s->topology.links[packet->link];
    s->hops++;
    if (__builtin_expect(!link_delivers(link, packet), 0)) {
        link->counters.lost++;
        packet_pool_give(&s->packets, packet);
        return;
    }
    if (link->to < 0) {
        host_on_packet(s, &s->hosts[-1 - link->to], packet);
        return;
    }
    uint32_t next = topology_route(&s->topology, (uint32_t)link->to, packet);
    link_transmit(&s->links, &s->topology.links[next], next, packet);
}

static void on_call(struct simulation *s, struct simulation_call *call)
{
    simulation_function function = call->function;
    void *context = call->context;
    uint64_t argument = call->argument;
    free(call);
    function(s, context, argument);
}

static void dispatch(struct simulation *s, struct sim_event *event)
{
    s->events++;
    switch ((enum simulation_event)event->kind) {
    case SIMULATION_PACKET:
        on_packet(s, (struct sim_packet *)event);
        break;
    case SIMULATION_WAKE:
        host_on_wake(s, (struct host_wake *)event);
        break;
    case SIMULATION_CALL:
        on_call(s, (struct simulation_call *)event);
        break;
    }
}

static void stop_call(struct simulation *s, void *context, uint64_t argument)
{
    (void)context;
    (void)argument;
    simulation_stop(s);
}

void simulation_run(struct simulation *s, nsec_t until)
{
    struct sim_event *event;
    s->stopped = false;
    if (until != NSEC_NEVER)
        simulation_call_at(s, until, stop_call, NULL, 0);
    while (!s->stopped && (event = event_queue_take(&s->queue)) != NULL) {
        foresight_look_ahead(s);
        dispatch(s, event);
    }
}

static nsec_t serialisation_ns(uint64_t bytes, const struct link_config *link)
{
    return bytes * NSEC_PER_SEC / link->rate_bytes_per_s;
}

nsec_t simulation_base_rtt_ns(const struct topology_config *c, uint32_t packet_bytes)
{
    unsigned fabric_links = c->shape.pods > 1 ? 4 : c->shape.leaves > 1 ? 2 : 0;
    uint64_t bytes = packet_bytes + ACK_WIRE_BYTES;
    return 2 * (serialisation_ns(bytes, &c->host_link) + 2 * c->host_link.delay_ns + c->turnaround_ns) +
           fabric_links * (serialisation_ns(bytes, &c->fabric_link) + 2 * c->fabric_link.delay_ns);
}

bool simulation_sabotages(struct simulation *s, enum sabotage kind)
{
    return s->config.sabotage == kind && ++s->sabotage_occasions == s->config.sabotage_at;
}

void simulation_tell(struct simulation *s, const char *format, ...)
{
    if (s->config.story == NULL)
        return;
    va_list arguments;
    va_start(arguments, format);
    fprintf(s->config.story, "%12.6f ms  ", (double)s->queue.now / 1e6);
    vfprintf(s->config.story, format, arguments);
    fputc('\n', s->config.story);
    va_end(arguments);
}

void simulation_counters(const struct simulation *s, struct transport_counters *sum)
{
    *sum = (struct transport_counters){0};
    for (uint32_t i = 0; i < s->topology.host_count; i++)
        host_add_counters(&s->hosts[i], sum);
}
