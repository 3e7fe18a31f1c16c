/* SPDX-License-Identifier: BSD-3-Clause */
/* The topology as plans and reports see it: leaves and spines by number, host ports by address, and between
 * each leaf and spine one *uplink*, which is all parallel links of the two together, because a path names no
 * more than that. */
#ifndef WEFT_CONTROL_FABRIC_MAP_H
#define WEFT_CONTROL_FABRIC_MAP_H

#include "control/core/core.h"
#include "control/planner/fabric.h"

#define MAP_NONE UINT32_MAX

struct map_prefix {
    uint32_t prefix, leaf;
};

struct fabric_map {
    const struct topology *topology;
    uint32_t leaf_count, port_count, link_count;
    unsigned spine_count;
    uint32_t uplink_count; /* leaf_count x spine_count, wired or not */
    uint32_t leaf_prefix_bits;
    struct map_prefix *prefixes; /* ascending */
    uint32_t prefix_count;
    uint32_t *
        leaf_prefixes; /* [leaf]: the least of its prefixes, which stands for it; 0: no host has an address */
    uint32_t spine_addresses[PLAN_SPINES_MAX];
    uint32_t *uplink_of_link;      /* MAP_NONE: a host's link */
    uint32_t *first_link;          /* [uplink]: the first of the links that make it up */
    uint64_t *nominal_bytes_per_s; /* [uplink]; 0: not wired */
    uint64_t *leaf_spines;         /* [leaf]: a bit for each spine that it is wired to */
    struct planner_port *ports;
};

/* -EINVAL for what cannot be planned for: no address of a spine, more than PLAN_SPINES_MAX of them, cores, or
 * a prefix that two leaves share. */
int fabric_map_create(const struct topology *topology, uint32_t leaf_prefix_bits, struct fabric_map **map,
                      struct core_error *error);
void fabric_map_destroy(struct fabric_map *map);

/* MAP_NONE: no spine of the topology has it. */
uint32_t fabric_map_spine(const struct fabric_map *map, uint32_t address);
uint32_t fabric_map_leaf_of_prefix(const struct fabric_map *map, uint32_t prefix);

static inline uint32_t fabric_map_port(const struct fabric_map *map, uint32_t address)
{
    return address != 0 ? topology_port_by_address(map->topology, address) : TOPOLOGY_NONE;
}

static inline uint32_t fabric_map_leaf(const struct fabric_map *map, uint32_t port)
{
    return map->ports[port].leaf;
}

static inline uint32_t fabric_map_uplink(const struct fabric_map *map, uint32_t leaf, uint32_t spine)
{
    return leaf * map->spine_count + spine;
}

static inline const char *fabric_map_host_name(const struct fabric_map *map, uint32_t port)
{
    uint32_t host = topology_port(map->topology, port)->host;
    return topology_node(map->topology, topology_node_of(map->topology, TOPOLOGY_HOST, host))->name;
}

static inline const char *fabric_map_leaf_name(const struct fabric_map *map, uint32_t leaf)
{
    return topology_node(map->topology, topology_node_of(map->topology, TOPOLOGY_LEAF, leaf))->name;
}

static inline const char *fabric_map_spine_name(const struct fabric_map *map, uint32_t spine)
{
    return topology_node(map->topology, topology_node_of(map->topology, TOPOLOGY_SPINE, spine))->name;
}

/* The name of a link, as the store keeps it. */
char *fabric_map_link_name(const struct fabric_map *map, uint32_t link, char name[STORE_NAME_BYTES]);

#endif
