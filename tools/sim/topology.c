/* SPDX-License-Identifier: BSD-3-Clause */
#include "tools/sim/topology.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tools/sim/memory.h"

enum {
    PORT_FIRST = 49152,
    PORT_LAST = 65535
};

bool topology_shape_is_valid(const struct topology_shape *s, char *error, size_t error_bytes)
{
    uint64_t leaves = (uint64_t)s->pods * s->leaves;
    uint64_t hosts = leaves > TOPOLOGY_HOSTS_MAX ? leaves : leaves * s->hosts;
    uint64_t paths = (uint64_t)s->spines * (s->cores ? s->cores : 1);
    const char *wrong = NULL;
    if (s->pods == 0 || s->leaves == 0 || s->spines == 0 || s->hosts == 0)
        wrong = "pods, leaves, spines and hosts must be at least 1";
    else if (s->pods > 1 && s->cores == 0)
        wrong = "several pods need cores";
    else if (s->pods == 1 && s->cores > 0)
        wrong = "cores join pods: there is only one";
    else if (hosts > TOPOLOGY_HOSTS_MAX)
        wrong = "at most 4096 hosts";
    else if (paths > PACKET_PATHS_MAX)
        wrong = "at most 64 paths: spines, or spines times cores";
    if (wrong != NULL)
        snprintf(error, error_bytes, "%s", wrong);
    return wrong == NULL;
}

/* ---- building ---- */

static void count(struct topology *t)
{
    const struct topology_shape *s = &t->shape;
    uint32_t spines = s->pods * s->spines, leaf_spine = s->pods * s->leaves * s->spines;
    t->leaf_count = s->pods * s->leaves;
    t->host_count = t->leaf_count * s->hosts;
    t->switch_count = t->leaf_count + spines + s->spines * s->cores;
    t->first_leaf_to_host = t->host_count;
    t->first_leaf_to_spine = 2 * t->host_count;
    t->first_spine_to_leaf = t->first_leaf_to_spine + leaf_spine;
    t->first_spine_to_core = t->first_spine_to_leaf + leaf_spine;
    t->first_core_to_spine = t->first_spine_to_core + spines * s->cores;
    t->link_count = t->first_core_to_spine + spines * s->cores;
}

static void add_leaf(struct topology *t, uint32_t leaf)
{
    const struct topology_shape *s = &t->shape;
    t->switches[leaf] = (struct switch_node){.first_host = leaf * s->hosts,
                                             .host_count = s->hosts,
                                             .hosts_per_down_link = 1,
                                             .first_down_link = t->first_leaf_to_host + leaf * s->hosts,
                                             .first_up_link = t->first_leaf_to_spine + leaf * s->spines,
                                             .up_count = s->spines};
}

static void add_spine(struct topology *t, uint32_t spine)
{
    const struct topology_shape *s = &t->shape;
    uint32_t pod_hosts = s->leaves * s->hosts;
    t->switches[t->leaf_count + spine] =
        (struct switch_node){.first_host = spine / s->spines * pod_hosts,
                             .host_count = pod_hosts,
                             .hosts_per_down_link = s->hosts,
                             .first_down_link = t->first_spine_to_leaf + spine * s->leaves,
                             .first_up_link = t->first_spine_to_core + spine * s->cores,
                             .up_count = s->cores};
}

static void add_core(struct topology *t, uint32_t core)
{
    const struct topology_shape *s = &t->shape;
    t->switches[t->leaf_count + s->pods * s->spines + core] =
        (struct switch_node){.host_count = t->host_count,
                             .hosts_per_down_link = s->leaves * s->hosts,
                             .first_down_link = t->first_core_to_spine + core * s->pods};
}

static int32_t end_of_fabric_link(const struct topology *t, uint32_t link)
{
    const struct topology_shape *s = &t->shape;
    if (link < t->first_spine_to_leaf) {
        uint32_t i = link - t->first_leaf_to_spine;
        return (int32_t)(t->leaf_count + i / s->spines / s->leaves * s->spines + i % s->spines);
    }
    if (link < t->first_spine_to_core) {
        uint32_t i = link - t->first_spine_to_leaf;
        return (int32_t)(i / s->leaves / s->spines * s->leaves + i % s->leaves);
    }
    uint32_t first_core = t->leaf_count + s->pods * s->spines;
    if (link < t->first_core_to_spine) {
        uint32_t i = link - t->first_spine_to_core;
        return (int32_t)(first_core + i / s->cores % s->spines * s->cores + i % s->cores);
    }
    uint32_t i = link - t->first_core_to_spine;
    return (int32_t)(t->leaf_count + i % s->pods * s->spines + i / s->pods / s->cores);
}

static void add_links(struct topology *t, const struct topology_config *config)
{
    struct link_config to_host = config->host_link, from_host = config->host_link;
    to_host.delay_ns += config->turnaround_ns;
    from_host.queue_limit_bytes = UINT64_MAX;
    from_host.mark_from_bytes = from_host.mark_full_bytes = UINT64_MAX;
    for (uint32_t h = 0; h < t->host_count; h++) {
        link_init(&t->links[h], &from_host, (int32_t)topology_leaf_of(t, h));
        link_init(&t->links[t->first_leaf_to_host + h], &to_host, -1 - (int32_t)h);
    }
    for (uint32_t i = t->first_leaf_to_spine; i < t->link_count; i++)
        link_init(&t->links[i], &config->fabric_link, end_of_fabric_link(t, i));
    for (uint32_t i = t->first_leaf_to_host; i < t->link_count; i++)
        t->links[i].counts_in_histogram = true;
}

void topology_init(struct topology *t, const struct topology_config *config)
{
    *t = (struct topology){.shape = config->shape, .sprays = config->switches_spray};
    count(t);
    t->switches = memory_take(t->switch_count, sizeof(*t->switches));
    t->links = memory_take_aligned(t->link_count * sizeof(*t->links), _Alignof(struct link));
    for (uint32_t i = 0; i < t->leaf_count; i++)
        add_leaf(t, i);
    for (uint32_t i = 0; i < t->shape.pods * t->shape.spines; i++)
        add_spine(t, i);
    for (uint32_t i = 0; i < t->shape.spines * t->shape.cores; i++)
        add_core(t, i);
    for (uint32_t i = 0; i < t->switch_count; i++)
        t->switches[i].hash_seed = mix64_pair(config->seed, i);
    add_links(t, config);
}

void topology_destroy(struct topology *t)
{
    free(t->switches);
    free(t->links);
}

/* ---- routing ---- */

static uint64_t hash(const struct switch_node *s, const struct sim_packet *p)
{
    uint64_t hosts = (uint64_t)p->source << 32 | p->destination;
    return mix64_pair(s->hash_seed, hosts << 16 ^ (uint64_t)p->source_port);
}

static uint32_t pick(uint64_t hash_value, uint32_t choices)
{
    return (uint32_t)((hash_value >> 32) * choices >> 32);
}

static bool is_below(const struct switch_node *s, uint32_t host)
{
    return host - s->first_host < s->host_count;
}

static uint32_t down_link(const struct switch_node *s, uint32_t host)
{
    return s->first_down_link + (host - s->first_host) / s->hosts_per_down_link;
}

/* Whether routing would use the link for the destination: it and, where that is the next, the link down from
 * the switch behind it are in use. */
static bool is_routable(const struct topology *t, uint32_t link, uint32_t destination)
{
    const struct switch_node *next = &t->switches[t->links[link].to];
    if (t->links[link].withdrawn)
        return false;
    return !is_below(next, destination) || !t->links[down_link(next, destination)].withdrawn;
}

/* The hash's choice if it is in use, else the hash again over those that are; the first choice if none is. */
static uint32_t pick_routable(const struct topology *t, const struct switch_node *s,
                              const struct sim_packet *packet, uint64_t hash_value)
{
    uint32_t first = s->first_up_link + pick(hash_value, s->up_count), usable = 0;
    if (is_routable(t, first, packet->destination))
        return first;
    for (uint32_t i = 0; i < s->up_count; i++)
        usable += is_routable(t, s->first_up_link + i, packet->destination);
    uint32_t wanted = usable > 0 ? pick(mix64(hash_value), usable) : 0;
    for (uint32_t i = 0; i < s->up_count && usable > 0; i++) {
        if (is_routable(t, s->first_up_link + i, packet->destination) && wanted-- == 0)
            return s->first_up_link + i;
    }
    return first;
}

static uint32_t up_link(const struct topology *t, const struct switch_node *s,
                        const struct sim_packet *packet, uint64_t value)
{
    if (__builtin_expect(t->withdrawn_links > 0, 0))
        return pick_routable(t, s, packet, value);
    return s->first_up_link + pick(value, s->up_count);
}

uint32_t topology_route(const struct topology *t, uint32_t switch_number, const struct sim_packet *packet)
{
    struct switch_node *s = &t->switches[switch_number];
    if (is_below(s, packet->destination))
        return down_link(s, packet->destination);
    uint64_t value = t->sprays ? mix64_pair(~s->hash_seed, s->sprayed++) : hash(s, packet);
    return up_link(t, s, packet, value);
}

void topology_withdraw(struct topology *t, uint32_t link, bool withdrawn)
{
    if (t->links[link].withdrawn == withdrawn)
        return;
    t->links[link].withdrawn = withdrawn;
    t->withdrawn_links += withdrawn ? 1 : -1u;
}

/* ---- paths ---- */

static uint32_t pod_of(const struct topology *t, uint32_t host)
{
    return host / (t->shape.leaves * t->shape.hosts);
}

unsigned topology_path_count(const struct topology *t, uint32_t source, uint32_t destination)
{
    if (topology_leaf_of(t, source) == topology_leaf_of(t, destination))
        return 1;
    unsigned cores = pod_of(t, source) == pod_of(t, destination) ? 1 : t->shape.cores;
    return t->shape.spines * cores;
}

static unsigned path_of_port(const struct topology *t, const struct sim_packet *packet)
{
    uint32_t leaf = topology_leaf_of(t, packet->source);
    if (leaf == topology_leaf_of(t, packet->destination))
        return 0;
    const struct switch_node *first = &t->switches[leaf];
    uint32_t up = up_link(t, first, packet, hash(first, packet)), spine = up - first->first_up_link;
    if (pod_of(t, packet->source) == pod_of(t, packet->destination))
        return spine;
    const struct switch_node *second = &t->switches[t->links[up].to];
    return spine * t->shape.cores + up_link(t, second, packet, hash(second, packet)) - second->first_up_link;
}

void topology_find_ports(const struct topology *t, uint32_t source, uint32_t destination, uint16_t *ports)
{
    struct sim_packet probe = {.source = source, .destination = destination};
    unsigned wanted = topology_path_count(t, source, destination), found = 0;
    memset(ports, 0, wanted * sizeof(*ports));
    for (unsigned port = PORT_FIRST; port <= PORT_LAST && found < wanted; port++) {
        probe.source_port = (uint16_t)port;
        unsigned path = path_of_port(t, &probe);
        if (ports[path] == 0) {
            ports[path] = (uint16_t)port;
            found++;
        }
    }
}

/* ---- names ---- */

/* Node `kind` `number` at the ends of a link. */
struct link_ends {
    const char *from, *to;
    uint32_t from_number, to_number;
};

static struct link_ends ends_of(const struct topology *t, uint32_t link)
{
    const struct topology_shape *s = &t->shape;
    uint32_t spines = s->pods * s->spines, to = t->links[link].to < 0 ? 0 : (uint32_t)t->links[link].to;
    if (link < t->first_leaf_to_host)
        return (struct link_ends){"host", "leaf", link, to};
    if (link < t->first_leaf_to_spine)
        return (struct link_ends){"leaf", "host", (link - t->first_leaf_to_host) / s->hosts,
                                  link - t->first_leaf_to_host};
    if (link < t->first_spine_to_leaf)
        return (struct link_ends){"leaf", "spine", (link - t->first_leaf_to_spine) / s->spines,
                                  to - t->leaf_count};
    if (link < t->first_spine_to_core)
        return (struct link_ends){"spine", "leaf", (link - t->first_spine_to_leaf) / s->leaves, to};
    if (link < t->first_core_to_spine)
        return (struct link_ends){"spine", "core", (link - t->first_spine_to_core) / s->cores,
                                  to - t->leaf_count - spines};
    return (struct link_ends){"core", "spine", (link - t->first_core_to_spine) / s->pods, to - t->leaf_count};
}

void topology_link_name(const struct topology *t, uint32_t link, char name[TOPOLOGY_NAME_BYTES])
{
    struct link_ends e = ends_of(t, link);
    snprintf(name, TOPOLOGY_NAME_BYTES, "%s%u>%s%u", e.from, e.from_number, e.to, e.to_number);
}

struct link_end {
    char kind[8];
    uint32_t number;
};

/* "spine12": where it ends; NULL when it is no such name. */
static const char *parse_end(const char *text, struct link_end *end)
{
    size_t letters = strcspn(text, "0123456789");
    char *rest;
    if (letters == 0 || letters >= sizeof(end->kind) || text[letters] == '\0')
        return NULL;
    memcpy(end->kind, text, letters);
    end->kind[letters] = '\0';
    unsigned long number = strtoul(text + letters, &rest, 10);
    end->number = number > UINT32_MAX ? UINT32_MAX : (uint32_t)number;
    return rest;
}

static bool find_directed(const struct topology *t, const struct link_end *from, const struct link_end *to,
                          uint32_t *link)
{
    for (*link = 0; *link < t->link_count; ++*link) {
        struct link_ends e = ends_of(t, *link);
        if (e.from_number == from->number && e.to_number == to->number && strcmp(e.from, from->kind) == 0 &&
            strcmp(e.to, to->kind) == 0)
            return true;
    }
    return false;
}

bool topology_find_link(const struct topology *t, const char *name, uint32_t *up, uint32_t *down)
{
    struct link_end first, second;
    const char *dash = parse_end(name, &first);
    if (dash == NULL || *dash != '-')
        return false;
    const char *end = parse_end(dash + 1, &second);
    return end != NULL && *end == '\0' && find_directed(t, &first, &second, up) &&
           find_directed(t, &second, &first, down);
}
