/* SPDX-License-Identifier: BSD-3-Clause */
#include "control/core/fabric_map.h"

#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "control/core/core_error.h"

static int check_shape(const struct topology *t, uint32_t leaf_prefix_bits, struct core_error *error)
{
    if (topology_count(t, TOPOLOGY_CORE) > 0)
        return core_fail(
            error, -EINVAL, "three_tiers",
            "the topology has cores, and dataplanes know paths by their spine alone: describe each "
            "pod as a fabric of its own, or let dataplanes run without control");
    if (topology_count(t, TOPOLOGY_SPINE) > PLAN_SPINES_MAX)
        return core_fail(error, -EINVAL, "out_of_range",
                         "the topology has %u spines, a plan names at most %d",
                         topology_count(t, TOPOLOGY_SPINE), PLAN_SPINES_MAX);
    if (leaf_prefix_bits == 0 || leaf_prefix_bits > 32)
        return core_fail(error, -EINVAL, "out_of_range", "leaf_prefix_bits is %u, but has to be 1 to 32",
                         leaf_prefix_bits);
    return 0;
}

static int take_spines(struct fabric_map *m, struct core_error *error)
{
    for (unsigned i = 0; i < m->spine_count; i++) {
        m->spine_addresses[i] =
            topology_node(m->topology, topology_node_of(m->topology, TOPOLOGY_SPINE, i))->address;
        if (m->spine_addresses[i] == 0)
            return core_fail(
                error, -EINVAL, "missing_key",
                "the topology gives %s no address: dataplanes know it by the one it answers probes with",
                fabric_map_spine_name(m, i));
    }
    return 0;
}

static void take_links(struct fabric_map *m)
{
    const struct topology *t = m->topology;
    for (uint32_t i = 0; i < m->link_count; i++) {
        const struct topology_link *link = topology_link(t, i);
        const struct topology_node *lower = topology_node(t, link->lower);
        m->uplink_of_link[i] = MAP_NONE;
        if (lower->kind != TOPOLOGY_LEAF)
            continue;
        uint32_t uplink = fabric_map_uplink(m, lower->index, topology_node(t, link->upper)->index);
        m->uplink_of_link[i] = uplink;
        if (m->nominal_bytes_per_s[uplink] == 0)
            m->first_link[uplink] = i;
        m->nominal_bytes_per_s[uplink] += link->rate_bits_per_s / 8;
        m->leaf_spines[lower->index] |= 1ull << topology_node(t, link->upper)->index;
    }
}

static int compare_prefixes(const void *a, const void *b)
{
    const struct map_prefix *x = a, *y = b;
    if (x->prefix != y->prefix)
        return x->prefix < y->prefix ? -1 : 1;
    return x->leaf < y->leaf ? -1 : x->leaf > y->leaf;
}

/* Sorts them, leaves one of each, and refuses what two leaves claim. */
static int order_prefixes(struct fabric_map *m, struct core_error *error)
{
    uint32_t kept = 0;
    qsort(m->prefixes, m->prefix_count, sizeof(m->prefixes[0]), compare_prefixes);
    for (uint32_t i = 0; i < m->prefix_count; i++) {
        const struct map_prefix *p = &m->prefixes[i], *last = &m->prefixes[kept - (kept > 0)];
        if (kept > 0 && last->prefix == p->prefix && last->leaf != p->leaf)
            return core_fail(error, -EINVAL, "out_of_range",
                             "%s and %s have hosts with the same first %u bits of address: correct "
                             "leaf_prefix_bits or the addresses",
                             fabric_map_leaf_name(m, last->leaf), fabric_map_leaf_name(m, p->leaf),
                             m->leaf_prefix_bits);
        if (kept == 0 || last->prefix != p->prefix)
            m->prefixes[kept++] = *p;
    }
    m->prefix_count = kept;
    for (uint32_t i = kept; i-- > 0;)
        m->leaf_prefixes[m->prefixes[i].leaf] = m->prefixes[i].prefix;
    return 0;
}

static int take_ports(struct fabric_map *m, struct core_error *error)
{
    for (uint32_t i = 0; i < m->port_count; i++) {
        const struct topology_port *port = topology_port(m->topology, i);
        m->ports[i] = (struct planner_port){.leaf = port->leaf,
                                            .rate_bytes_per_s =
                                                topology_link(m->topology, port->link)->rate_bits_per_s / 8};
        if (port->address != 0)
            m->prefixes[m->prefix_count++] =
                (struct map_prefix){port->address >> (32 - m->leaf_prefix_bits), port->leaf};
    }
    return order_prefixes(m, error);
}

static struct fabric_map *allocate(const struct topology *t)
{
    struct fabric_map *m = calloc(1, sizeof(*m));
    if (m == NULL)
        return NULL;
    m->topology = t;
    m->leaf_count = topology_count(t, TOPOLOGY_LEAF);
    m->spine_count = topology_count(t, TOPOLOGY_SPINE);
    m->uplink_count = m->leaf_count * m->spine_count;
    m->port_count = topology_port_count(t);
    m->link_count = topology_link_count(t);
    m->prefixes = calloc(m->port_count + 1, sizeof(*m->prefixes));
    m->leaf_prefixes = calloc(m->leaf_count + 1, sizeof(*m->leaf_prefixes));
    m->ports = calloc(m->port_count + 1, sizeof(*m->ports));
    m->uplink_of_link = calloc(m->link_count + 1, sizeof(*m->uplink_of_link));
    m->nominal_bytes_per_s = calloc(m->uplink_count + 1, sizeof(*m->nominal_bytes_per_s));
    m->first_link = calloc(m->uplink_count + 1, sizeof(*m->first_link));
    m->leaf_spines = calloc(m->leaf_count + 1, sizeof(*m->leaf_spines));
    if (m->prefixes == NULL || m->leaf_prefixes == NULL || m->ports == NULL || m->uplink_of_link == NULL ||
        m->nominal_bytes_per_s == NULL || m->first_link == NULL || m->leaf_spines == NULL) {
        fabric_map_destroy(m);
        return NULL;
    }
    return m;
}

int fabric_map_create(const struct topology *topology, uint32_t leaf_prefix_bits, struct fabric_map **map,
                      struct core_error *error)
{
    int result = check_shape(topology, leaf_prefix_bits, error);
    if (result != 0)
        return result;
    struct fabric_map *m = allocate(topology);
    if (m == NULL)
        return core_fail_memory(error);
    m->leaf_prefix_bits = leaf_prefix_bits;
    take_links(m);
    result = take_spines(m, error);
    if (result == 0)
        result = take_ports(m, error);
    if (result == 0)
        *map = m;
    else
        fabric_map_destroy(m);
    return result;
}

void fabric_map_destroy(struct fabric_map *m)
{
    if (m == NULL)
        return;
    free(m->prefixes);
    free(m->leaf_prefixes);
    free(m->ports);
    free(m->uplink_of_link);
    free(m->nominal_bytes_per_s);
    free(m->first_link);
    free(m->leaf_spines);
    free(m);
}

uint32_t fabric_map_spine(const struct fabric_map *m, uint32_t address)
{
    for (unsigned i = 0; i < m->spine_count; i++) {
        if (m->spine_addresses[i] == address)
            return i;
    }
    return MAP_NONE;
}

uint32_t fabric_map_leaf_of_prefix(const struct fabric_map *m, uint32_t prefix)
{
    uint32_t low = 0, high = m->prefix_count;
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        if (m->prefixes[middle].prefix < prefix)
            low = middle + 1;
        else
            high = middle;
    }
    return low < m->prefix_count && m->prefixes[low].prefix == prefix ? m->prefixes[low].leaf : MAP_NONE;
}

static_assert((int)STORE_NAME_BYTES >= (int)TOPOLOGY_LINK_NAME_BYTES, "the store keeps links' names whole");

char *fabric_map_link_name(const struct fabric_map *m, uint32_t link, char name[STORE_NAME_BYTES])
{
    return topology_link_name(m->topology, link, name);
}
