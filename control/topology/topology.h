/* SPDX-License-Identifier: BSD-3-Clause */
/* The fabric as it is meant to be: hosts, switches and the cables between them.
 *
 * Tiers: hosts are joined to leaves, leaves to spines, and in three tiers spines to cores; nothing else. A
 * pod is what leaves and spines make without cores. A plane is a network of its own: a switch is in one
 * plane, a host may have ports in several. A rail is a port's place among its host's ports, in the natural
 * order of their names.
 *
 * A topology that exists is valid: names and addresses are unique, and between any two hosts of a plane there
 * is a way that goes up and then down. It never changes. Nodes are numbered kind by kind, and within a kind
 * as they were given.
 */
#ifndef WEFT_TOPOLOGY_TOPOLOGY_H
#define WEFT_TOPOLOGY_TOPOLOGY_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "control/topology/error.h"

enum {
    TOPOLOGY_PORTS_MAX = 65536, /* of all hosts together */
    TOPOLOGY_SWITCHES_MAX = 4096,
    TOPOLOGY_LINKS_MAX = 524288,
    TOPOLOGY_PLANES_MAX = 64,
    TOPOLOGY_NAME_BYTES = 64, /* of a node or a port, with the zero */
    TOPOLOGY_LINK_NAME_BYTES = 4 * TOPOLOGY_NAME_BYTES
};

#define TOPOLOGY_RATE_BITS_PER_S_MIN 10000ull
#define TOPOLOGY_RATE_BITS_PER_S_MAX 10000000000000ull
#define TOPOLOGY_NONE                UINT32_MAX

enum topology_kind {
    TOPOLOGY_HOST,
    TOPOLOGY_LEAF,
    TOPOLOGY_SPINE,
    TOPOLOGY_CORE,
    TOPOLOGY_KINDS
};

struct topology_node {
    const char *name;
    enum topology_kind kind;
    uint32_t index;        /* among all of its kind */
    uint32_t plane, pod;   /* of a switch; a core and a host have no pod: TOPOLOGY_NONE */
    uint32_t index_in_pod; /* among the pod's leaves, or its spines */
    uint32_t address; /* of a switch, IPv4 in host byte order: what it answers probes with; 0: not known */
};

/* Lower is the end nearer to the hosts. */
struct topology_link {
    uint32_t lower, upper;               /* nodes */
    const char *lower_port, *upper_port; /* "": not known */
    uint64_t rate_bits_per_s;
    uint32_t plane;
};

/* Ports are numbered host by host, and within a host by rail. */
struct topology_port {
    uint32_t host, leaf; /* indices among hosts and leaves */
    uint32_t rail;
    uint32_t link;
    uint32_t address; /* IPv4, host byte order; 0: not known */
};

struct topology;

/* 0, or -EINVAL, -ENOMEM or the error of reading, with `error` naming file, line and column. */
int topology_load(const char *file, struct topology **topology, struct topology_error *error);
/* The same of text in memory; `name` stands in for the file in errors. */
int topology_parse(const char *name, const char *text, size_t length, struct topology **topology,
                   struct topology_error *error);
void topology_free(struct topology *topology); /* NULL is allowed */

uint32_t topology_node_count(const struct topology *topology); /* of all kinds */
uint32_t topology_count(const struct topology *topology, enum topology_kind kind);
uint32_t topology_port_count(const struct topology *topology);
uint32_t topology_link_count(const struct topology *topology);
uint32_t topology_pod_count(const struct topology *topology);

const struct topology_node *topology_node(const struct topology *topology, uint32_t node);
const struct topology_link *topology_link(const struct topology *topology, uint32_t link);
const struct topology_port *topology_port(const struct topology *topology, uint32_t port);
const char *topology_kind_name(enum topology_kind kind);

/* The node with this index among its kind. */
uint32_t topology_node_of(const struct topology *topology, enum topology_kind kind, uint32_t index);
/* The ports of a host: *first and the returned number behind it. */
uint32_t topology_host_ports(const struct topology *topology, uint32_t host, uint32_t *first);
/* The links that lead up from a node, in the order of the file. */
const uint32_t *topology_links_up(const struct topology *topology, uint32_t node, uint32_t *count);

/* TOPOLOGY_NONE when there is none. */
uint32_t topology_node_by_name(const struct topology *topology, const char *name);
uint32_t topology_port_by_address(const struct topology *topology, uint32_t address);
uint32_t topology_switch_by_address(const struct topology *topology, uint32_t address);
/* By its name below, or with its ends the other way round. */
uint32_t topology_link_by_name(const struct topology *topology, const char *name);

/* Of all parallel links from `lower` up to `upper` together; 0 when there is none. */
uint64_t topology_capacity_bits_per_s(const struct topology *topology, uint32_t lower, uint32_t upper);

/* "leaf0-spine1", "leaf0-host3"; with ports, "leaf0:eth1-spine1:eth2", where there are parallel links. */
char *topology_link_name(const struct topology *topology, uint32_t link, char name[TOPOLOGY_LINK_NAME_BYTES]);

/* Equal topologies are written equally, byte for byte. What the first writes, topology_load() reads back to
 * the same topology. 0 or the negative errno of writing. */
int topology_write_yaml(const struct topology *topology, FILE *stream);
int topology_write_json(const struct topology *topology, FILE *stream);

#endif
