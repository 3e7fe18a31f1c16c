/* SPDX-License-Identifier: BSD-3-Clause */
/* A fabric of hosts, switches and links, in two tiers (leaves and spines) or three (pods of leaves and
 * spines, joined by cores), all by one rule: every switch has a contiguous range of hosts below it, evenly
 * divided among its downward links, and sends what goes elsewhere up, on the link that a hash of the
 * five-tuple picks, or, where switches spray, chance. Core k of group s joins spine s of every pod.
 *
 *     links: host h to its leaf, leaf to host h, leaf to spine, spine to leaf, spine to core, core to spine
 *     path i between two leaves: spine i; between two pods: spine i / cores, core i % cores of that spine
 */
#ifndef SIM_TOPOLOGY_H
#define SIM_TOPOLOGY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "tools/sim/link.h"

enum {
    TOPOLOGY_HOSTS_MAX = 4096,
    TOPOLOGY_NAME_BYTES = 48
};

struct topology_shape {
    unsigned pods;           /* 1: two tiers */
    unsigned leaves, spines; /* of a pod */
    unsigned cores;          /* of a spine; 0 with one pod */
    unsigned hosts;          /* of a leaf */
};

struct switch_node {
    uint32_t first_host, host_count; /* below it */
    uint32_t hosts_per_down_link;
    uint32_t first_down_link, first_up_link, up_count;
    uint64_t hash_seed;
    uint64_t sprayed; /* packets that were sent up on a link of chance */
};

struct topology {
    struct topology_shape shape;
    uint32_t host_count, leaf_count, switch_count, link_count;
    struct switch_node *switches; /* leaves, spines, cores */
    struct link *links;
    uint32_t first_leaf_to_host, first_leaf_to_spine, first_spine_to_leaf, first_spine_to_core,
        first_core_to_spine;
    unsigned withdrawn_links;
    bool sprays;
};

struct topology_config {
    struct topology_shape shape;
    struct link_config host_link, fabric_link;
    uint64_t seed;        /* of the switches' hashes */
    bool switches_spray;  /* each packet goes up on a link of chance, whatever its source port */
    nsec_t turnaround_ns; /* added to what arrives at a host */
};

/* False, and a line in `error`, when the shape is impossible. */
bool topology_shape_is_valid(const struct topology_shape *shape, char *error, size_t error_bytes);
void topology_init(struct topology *t, const struct topology_config *config);
void topology_destroy(struct topology *t);

static inline uint32_t topology_leaf_of(const struct topology *t, uint32_t host)
{
    return host / t->shape.hosts;
}

/* The link that the switch sends a packet on. */
uint32_t topology_route(const struct topology *t, uint32_t switch_number, const struct sim_packet *packet);

unsigned topology_path_count(const struct topology *t, uint32_t source, uint32_t destination);
/* Which UDP source port the switches' hashes send over each path, as the hosts' probes would learn:
 * ports[path], 0 where none was found. */
void topology_find_ports(const struct topology *t, uint32_t source, uint32_t destination, uint16_t *ports);

/* Routing stops (or begins again) to use the link: leaves send around it, by the same hash over what is left.
 */
void topology_withdraw(struct topology *t, uint32_t link, bool withdrawn);

/* "leaf0-spine1" is both directions of the link: the link upwards, and the one downwards. Also host0-leaf0
 * and spine0-core1. False when there is none of that name. */
bool topology_find_link(const struct topology *t, const char *name, uint32_t *up, uint32_t *down);
/* "leaf0>spine1": this direction. */
void topology_link_name(const struct topology *t, uint32_t link, char name[TOPOLOGY_NAME_BYTES]);
/* Between switches, not to a host. */
static inline bool topology_is_fabric_link(const struct topology *t, uint32_t link)
{
    return link >= t->first_leaf_to_spine;
}

#endif
