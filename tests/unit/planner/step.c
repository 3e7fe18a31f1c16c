/* SPDX-License-Identifier: BSD-3-Clause */
#include "tests/unit/planner/step.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>

#include "dataplane/transport/random.h"

#define RATE_400G 50000000000ull

static void *take(size_t count, size_t bytes)
{
    void *memory = calloc(count ? count : 1, bytes);
    if (memory == NULL)
        abort();
    return memory;
}

static uint64_t *rates_of(size_t count, uint64_t rate)
{
    uint64_t *rates = take(count, sizeof(*rates));
    for (size_t i = 0; i < count; i++)
        rates[i] = rate;
    return rates;
}

uint64_t step_random(struct step *s, uint64_t bound)
{
    struct random_stream stream = {.state = s->random};
    uint64_t value = random_below(&stream, bound);
    s->random = stream.state;
    return value;
}

static void make_fabric(struct step *s)
{
    const struct step_fabric *shape = &s->shape;
    struct planner_port *ports = take((size_t)shape->leaves * shape->ports, sizeof(*ports));
    uint32_t *pods = take(shape->leaves, sizeof(*pods));
    for (uint32_t i = 0; i < shape->leaves * shape->ports; i++)
        ports[i] = (struct planner_port){i / shape->ports, shape->rate_bytes_per_s * shape->port_speedup};
    for (uint32_t leaf = 0; leaf < shape->leaves && shape->pods > 0; leaf++)
        pods[leaf] = leaf / (shape->leaves / shape->pods);
    uint64_t *links = rates_of((size_t)shape->leaves * shape->spines, shape->rate_bytes_per_s);
    uint64_t *cores = rates_of((size_t)shape->pods * shape->spines * shape->cores, shape->rate_bytes_per_s);
    const struct planner_fabric_config config = {.leaf_count = shape->leaves,
                                                 .spine_count = shape->spines,
                                                 .port_count = shape->leaves * shape->ports,
                                                 .ports = ports,
                                                 .up_bytes_per_s = links,
                                                 .down_bytes_per_s = links,
                                                 .pod_count = shape->pods,
                                                 .core_count = shape->cores,
                                                 .leaf_pods = pods,
                                                 .core_up_bytes_per_s = cores,
                                                 .core_down_bytes_per_s = cores};
    char error[PLANNER_ERROR_BYTES];
    if (planner_fabric_create(&config, &s->fabric, error) != 0) {
        fprintf(stderr, "%s\n", error);
        abort();
    }
    free(ports);
    free(pods);
    free(links);
    free(cores);
}

void step_open(struct step *s, const struct step_fabric *shape, uint64_t seed)
{
    *s = (struct step){.shape = *shape, .random = seed};
    if (s->shape.rate_bytes_per_s == 0)
        s->shape.rate_bytes_per_s = RATE_400G;
    if (s->shape.port_speedup == 0)
        s->shape.port_speedup = 1;
    make_fabric(s);
}

void step_close(struct step *s)
{
    planner_fabric_destroy(s->fabric);
    free(s->demands);
}

uint32_t step_leaf_of(const struct step *s, uint32_t port)
{
    return port / s->shape.ports;
}

void step_add(struct step *s, uint32_t from, uint32_t to, uint64_t bytes, uint32_t job)
{
    if (s->count == s->capacity) {
        s->capacity = s->capacity ? 2 * s->capacity : 64;
        s->demands = realloc(s->demands, s->capacity * sizeof(*s->demands));
        if (s->demands == NULL)
            abort();
    }
    s->demands[s->count++] = (struct planner_demand){from, to, bytes, job};
}

/* A random order of all ports. */
static uint32_t *shuffled_ports(struct step *s, uint32_t count)
{
    uint32_t *order = take(count, sizeof(*order));
    for (uint32_t i = 0; i < count; i++)
        order[i] = i;
    for (uint32_t i = count; i > 1; i--) {
        uint32_t j = (uint32_t)step_random(s, i), swapped = order[i - 1];
        order[i - 1] = order[j];
        order[j] = swapped;
    }
    return order;
}

static void add_all_pairs(struct step *s, const uint32_t *ports, uint32_t count, uint64_t bytes)
{
    for (uint32_t i = 0; i < count; i++) {
        for (uint32_t j = 1; j < count; j++)
            step_add(s, ports[i], ports[(i + j) % count], bytes, 0);
    }
}

/* Chosen ports in their own order, so that only the choice is random. */
static uint32_t *some_ports(struct step *s, uint32_t ports, uint32_t wanted)
{
    uint32_t *order = shuffled_ports(s, ports), *chosen = take(wanted, sizeof(*chosen)), count = 0;
    uint8_t *taken = take(ports, 1);
    for (uint32_t i = 0; i < wanted; i++)
        taken[order[i]] = 1;
    for (uint32_t i = 0; i < ports; i++) {
        if (taken[i])
            chosen[count++] = i;
    }
    free(order);
    free(taken);
    return chosen;
}

void step_fill(struct step *s, enum step_pattern pattern, uint32_t argument, uint64_t bytes)
{
    uint32_t ports = s->shape.leaves * s->shape.ports;
    uint32_t *order = shuffled_ports(s, ports), *chosen;
    switch (pattern) {
    case STEP_RING:
        for (uint32_t i = 0; i < ports; i++)
            step_add(s, i, (i + 1) % ports, bytes, 0);
        break;
    case STEP_RING_RANDOM:
        for (uint32_t i = 0; i < ports; i++)
            step_add(s, order[i], order[(i + 1) % ports], bytes, 0);
        break;
    case STEP_PERMUTATION:
        for (uint32_t i = 0; i < ports; i++)
            step_add(s, i, order[i], bytes, 0);
        break;
    case STEP_EXCHANGE:
        for (uint32_t i = 0; i < ports; i++)
            step_add(s, i, i ^ argument, bytes, 0);
        break;
    case STEP_ALL_TO_ALL:
    case STEP_ALL_TO_ALL_SOME:
        chosen = some_ports(s, ports, pattern == STEP_ALL_TO_ALL ? ports : argument);
        add_all_pairs(s, chosen, pattern == STEP_ALL_TO_ALL ? ports : argument, bytes);
        free(chosen);
        break;
    case STEP_RANDOM:
        for (uint32_t i = 0; i < argument; i++)
            step_add(s, (uint32_t)step_random(s, ports), (uint32_t)step_random(s, ports), bytes, 0);
        break;
    }
    free(order);
}

static void set_rate(struct step *s, struct planner_link link, enum planner_link_kind kind, uint64_t rate)
{
    char error[PLANNER_ERROR_BYTES];
    link.kind = kind;
    int result = planner_fabric_set_rate(s->fabric, &link, rate, error);
    assert(result == 0);
    (void)result;
}

void step_set_link(struct step *s, uint32_t leaf, unsigned spine, uint64_t rate_bytes_per_s)
{
    struct planner_link link = {.place = leaf, .spine = (uint16_t)spine};
    set_rate(s, link, PLANNER_LINK_UP, rate_bytes_per_s);
    set_rate(s, link, PLANNER_LINK_DOWN, rate_bytes_per_s);
}

void step_set_core_link(struct step *s, uint32_t pod, unsigned spine, unsigned core,
                        uint64_t rate_bytes_per_s)
{
    struct planner_link link = {.place = pod, .spine = (uint16_t)spine, .core = (uint16_t)core};
    set_rate(s, link, PLANNER_LINK_CORE_UP, rate_bytes_per_s);
    set_rate(s, link, PLANNER_LINK_CORE_DOWN, rate_bytes_per_s);
}

struct planner_demands step_demands(const struct step *s)
{
    return (struct planner_demands){.demands = s->demands, .count = s->count};
}
