/* SPDX-License-Identifier: BSD-3-Clause */
#include "tools/exporter/place_names.h"

#include <arpa/inet.h>
#include <stdio.h>

static const struct topology_port *find_port(const struct topology *topology, const char *address)
{
    struct in_addr parsed;
    if (topology == NULL || inet_pton(AF_INET, address, &parsed) != 1)
        return NULL;
    uint32_t port = topology_port_by_address(topology, ntohl(parsed.s_addr));
    return port != TOPOLOGY_NONE ? topology_port(topology, port) : NULL;
}

static const char *node_name(const struct topology *topology, enum topology_kind kind, uint32_t index)
{
    return topology_node(topology, topology_node_of(topology, kind, index))->name;
}

void place_names_add_port(const struct place_names *names, const char *address, unsigned number,
                          struct metric_labels *labels)
{
    const struct topology_port *port = find_port(names->topology, address);
    char rail[16];
    snprintf(rail, sizeof(rail), "%u", port != NULL ? (unsigned)port->rail : number);
    if (port != NULL)
        metric_labels_add(labels, "leaf", node_name(names->topology, TOPOLOGY_LEAF, port->leaf));
    metric_labels_add(labels, "host",
                      port != NULL ? node_name(names->topology, TOPOLOGY_HOST, port->host) : names->host);
    metric_labels_add(labels, "port", rail);
}

void place_names_add_spine(const struct place_names *names, unsigned spine, struct metric_labels *labels)
{
    char index[16];
    if (names->topology != NULL && spine < topology_count(names->topology, TOPOLOGY_SPINE)) {
        metric_labels_add(labels, "spine", node_name(names->topology, TOPOLOGY_SPINE, spine));
        return;
    }
    snprintf(index, sizeof(index), "%u", spine);
    metric_labels_add(labels, "spine", index);
}
