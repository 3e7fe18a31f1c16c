/* SPDX-License-Identifier: BSD-3-Clause */
/* Ports of hosts: numbered by host and rail, and with the addresses by which dataplanes know them. */
#include <stdlib.h>
#include <string.h>

#include "control/topology/model.h"

static int compare_rails(const void *a, const void *b, void *context)
{
    const struct topology_link *links = context;
    uint32_t left = *(const uint32_t *)a, right = *(const uint32_t *)b;
    int order = strverscmp(links[left].lower_port, links[right].lower_port);
    return order ? order : (left > right) - (left < right);
}

static int count_ports(struct topology_builder *builder, struct topology_error *error)
{
    struct topology *t = builder->topology;
    t->port_count = t->first_link_up[builder->host_count];
    if (t->port_count > TOPOLOGY_PORTS_MAX)
        return topology_fail(error, builder->links[t->links_up[TOPOLOGY_PORTS_MAX]].at, "too_large",
                             "more than %d ports of hosts: no topology may have more", TOPOLOGY_PORTS_MAX);
    t->ports = calloc(t->port_count, sizeof(*t->ports));
    t->first_port = calloc(builder->host_count + 1, sizeof(*t->first_port));
    return t->ports && t->first_port ? 0 : topology_fail_memory(error);
}

int builder_number_ports(struct topology_builder *builder, struct topology_error *error)
{
    struct topology *t = builder->topology;
    int result = count_ports(builder, error);
    if (result)
        return result;
    for (uint32_t host = 0; host < builder->host_count; host++) {
        uint32_t first = t->first_link_up[host], count = t->first_link_up[host + 1] - first;
        qsort_r(&t->links_up[first], count, sizeof(*t->links_up), compare_rails, t->links);
        t->first_port[host] = first;
        for (uint32_t rail = 0; rail < count; rail++) {
            uint32_t link = t->links_up[first + rail];
            t->ports[first + rail] = (struct topology_port){
                .host = host, .leaf = t->nodes[t->links[link].upper].index, .rail = rail, .link = link};
        }
    }
    t->first_port[builder->host_count] = t->port_count;
    return 0;
}

uint32_t model_find_port(const struct topology *t, uint32_t host, const char *port)
{
    uint32_t low = t->first_port[host], high = t->first_port[host + 1];
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        int order = strverscmp(port, t->links[t->ports[middle].link].lower_port);
        if (order == 0)
            return middle;
        if (order < 0)
            high = middle;
        else
            low = middle + 1;
    }
    return TOPOLOGY_NONE;
}

static int compare_addresses(const void *left, const void *right)
{
    const struct addressed *a = left, *b = right;
    if (a->address != b->address)
        return a->address < b->address ? -1 : 1;
    if (a->of_switch != b->of_switch)
        return a->of_switch ? 1 : -1;
    return (a->index > b->index) - (a->index < b->index);
}

static int find_addressed_port(const struct topology_builder *builder,
                               const struct topology_address_entry *entry, uint32_t *port,
                               struct topology_error *error)
{
    const struct topology *t = builder->topology;
    char host_quote[TOPOLOGY_QUOTE_BYTES], port_quote[TOPOLOGY_QUOTE_BYTES];
    uint32_t host = topology_node_by_name(t, entry->port.node);
    topology_quote(entry->port.node, strlen(entry->port.node), host_quote);
    topology_quote(entry->port.port, strlen(entry->port.port), port_quote);
    if (host == TOPOLOGY_NONE || t->nodes[host].kind != TOPOLOGY_HOST)
        return topology_fail(error, entry->at, "wrong_kind",
                             "%s is no host: `addresses` are of hosts' ports, a switch takes `address`",
                             host_quote);
    *port = model_find_port(t, host, entry->port.port);
    if (*port == TOPOLOGY_NONE)
        return topology_fail(error, entry->at, "unknown_port",
                             "no link ends at %s:%s: correct the port's name, or add the link", host_quote,
                             port_quote);
    if (t->ports[*port].address)
        return topology_fail(error, entry->at, "duplicate_address", "%s:%s has two addresses: remove one",
                             host_quote, port_quote);
    return 0;
}

static int collect_addresses(struct topology_builder *builder, struct topology_error *error)
{
    struct topology *t = builder->topology;
    for (uint32_t i = 0; i < builder->address_count; i++) {
        const struct topology_address_entry *entry = &builder->addresses[i];
        uint32_t port = TOPOLOGY_NONE;
        int result = find_addressed_port(builder, entry, &port, error);
        if (result)
            return result;
        t->ports[port].address = entry->address;
        t->addresses[t->address_count++] = (struct addressed){entry->address, false, port, entry->at};
    }
    for (uint32_t i = 0; i < t->node_count; i++)
        if (t->nodes[i].address)
            t->addresses[t->address_count++] =
                (struct addressed){t->nodes[i].address, true, i, builder->node_at[i]};
    return 0;
}

static const char *owner(const struct topology *t, const struct addressed *a)
{
    return t->nodes[a->of_switch ? a->index : t->ports[a->index].host].name;
}

static int check_addresses(const struct topology *t, struct topology_error *error)
{
    for (uint32_t i = 1; i < t->address_count; i++) {
        const struct addressed *a = &t->addresses[i - 1], *b = &t->addresses[i];
        if (a->address == b->address)
            return topology_fail(error, b->at, "duplicate_address",
                                 "%u.%u.%u.%u is an address of %s and of %s: each needs its own",
                                 a->address >> 24, a->address >> 16 & 255, a->address >> 8 & 255,
                                 a->address & 255, owner(t, a), owner(t, b));
    }
    return 0;
}

int builder_assign_addresses(struct topology_builder *builder, struct topology_error *error)
{
    struct topology *t = builder->topology;
    t->addresses = calloc(builder->address_count + t->node_count, sizeof(*t->addresses));
    if (!t->addresses)
        return topology_fail_memory(error);
    int result = collect_addresses(builder, error);
    if (result)
        return result;
    qsort(t->addresses, t->address_count, sizeof(*t->addresses), compare_addresses);
    return check_addresses(t, error);
}
