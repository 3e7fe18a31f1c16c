/* SPDX-License-Identifier: BSD-3-Clause */
#include "control/topology/topology.h"

#include <assert.h>
#include <stdlib.h>

#include "control/topology/model.h"

void topology_free(struct topology *t)
{
    if (!t)
        return;
    text_pool_empty(&t->texts);
    free(t->nodes);
    free(t->nodes_by_name);
    free(t->links);
    free(t->is_parallel);
    free(t->links_up);
    free(t->first_link_up);
    free(t->ports);
    free(t->first_port);
    free(t->addresses);
    free(t);
}

uint32_t topology_node_count(const struct topology *t)
{
    return t->node_count;
}

uint32_t topology_count(const struct topology *t, enum topology_kind kind)
{
    return t->first_node[kind + 1] - t->first_node[kind];
}

uint32_t topology_port_count(const struct topology *t)
{
    return t->port_count;
}

uint32_t topology_link_count(const struct topology *t)
{
    return t->link_count;
}

uint32_t topology_pod_count(const struct topology *t)
{
    return t->pod_count;
}

const struct topology_node *topology_node(const struct topology *t, uint32_t node)
{
    assert(node < t->node_count);
    return &t->nodes[node];
}

const struct topology_link *topology_link(const struct topology *t, uint32_t link)
{
    assert(link < t->link_count);
    return &t->links[link];
}

const struct topology_port *topology_port(const struct topology *t, uint32_t port)
{
    assert(port < t->port_count);
    return &t->ports[port];
}

const char *topology_kind_name(enum topology_kind kind)
{
    static const char *const names[TOPOLOGY_KINDS] = {"host", "leaf", "spine", "core"};
    return names[kind];
}

uint32_t topology_node_of(const struct topology *t, enum topology_kind kind, uint32_t index)
{
    assert(index < topology_count(t, kind));
    return t->first_node[kind] + index;
}

uint32_t topology_host_ports(const struct topology *t, uint32_t host, uint32_t *first)
{
    assert(host < topology_count(t, TOPOLOGY_HOST));
    *first = t->first_port[host];
    return t->first_port[host + 1] - t->first_port[host];
}

const uint32_t *topology_links_up(const struct topology *t, uint32_t node, uint32_t *count)
{
    assert(node < t->node_count);
    *count = t->first_link_up[node + 1] - t->first_link_up[node];
    return &t->links_up[t->first_link_up[node]];
}

static const struct addressed *find_address(const struct topology *t, uint32_t address)
{
    uint32_t low = 0, high = t->address_count;
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        if (t->addresses[middle].address == address)
            return &t->addresses[middle];
        if (t->addresses[middle].address > address)
            high = middle;
        else
            low = middle + 1;
    }
    return NULL;
}

uint32_t topology_port_by_address(const struct topology *t, uint32_t address)
{
    const struct addressed *found = find_address(t, address);
    return found && !found->of_switch ? found->index : TOPOLOGY_NONE;
}

uint32_t topology_switch_by_address(const struct topology *t, uint32_t address)
{
    const struct addressed *found = find_address(t, address);
    return found && found->of_switch ? found->index : TOPOLOGY_NONE;
}

uint64_t topology_capacity_bits_per_s(const struct topology *t, uint32_t lower, uint32_t upper)
{
    uint32_t count;
    const uint32_t *links = topology_links_up(t, lower, &count);
    uint64_t sum = 0;
    for (uint32_t i = 0; i < count; i++)
        if (t->links[links[i]].upper == upper)
            sum += t->links[links[i]].rate_bits_per_s;
    return sum;
}
