/* SPDX-License-Identifier: BSD-3-Clause */
/* The fabric that is planned for: ports on leaves, and what every link can carry now. Pure data; whoever
 * watches links changes a copy and plans again. Two tiers (leaf, spine), or three: then a spine is an
 * aggregation index, which stands for one switch in every pod, and cores join the switches of one index. */
#ifndef WEFT_CONTROL_PLANNER_FABRIC_H
#define WEFT_CONTROL_PLANNER_FABRIC_H

#include <stdint.h>

enum {
    PLANNER_LEAVES_MAX = 65536,
    PLANNER_SPINES_MAX = 64,
    PLANNER_CORES_MAX = 64, /* of one aggregation index */
    PLANNER_PORTS_MAX = 1 << 20,
    PLANNER_WEIGHT_FULL = 8,
    PLANNER_ERROR_BYTES = 160
};
/* A rate is 0 (dead or drained) or within these. */
#define PLANNER_RATE_MIN_BYTES_PER_S 125000ull         /* 1 Mb/s */
#define PLANNER_RATE_MAX_BYTES_PER_S 12500000000000ull /* 100 Tb/s */

struct planner_fabric;

struct planner_port {
    uint32_t leaf;
    uint64_t rate_bytes_per_s; /* of each direction; not 0 */
};

struct planner_fabric_config {
    uint32_t leaf_count;
    uint32_t spine_count;
    uint32_t port_count;
    const struct planner_port *ports;
    const uint64_t *up_bytes_per_s;   /* [leaf * spine_count + spine]: leaf to spine */
    const uint64_t *down_bytes_per_s; /* [leaf * spine_count + spine]: spine to leaf */
    /* Three tiers; pod_count is 0 otherwise. */
    uint32_t pod_count;
    uint32_t core_count;                 /* of each aggregation index */
    const uint32_t *leaf_pods;           /* [leaf] */
    const uint64_t *core_up_bytes_per_s; /* [(pod * spine_count + spine) * core_count + core]: to the core */
    const uint64_t *core_down_bytes_per_s; /* the same, from the core */
};

enum planner_link_kind {
    PLANNER_LINK_UP,       /* leaf to spine */
    PLANNER_LINK_DOWN,     /* spine to leaf */
    PLANNER_LINK_CORE_UP,  /* the pod's spine to a core */
    PLANNER_LINK_CORE_DOWN /* a core to the pod's spine */
};
struct planner_link {
    enum planner_link_kind kind;
    uint32_t place; /* the leaf; of core links the pod */
    uint16_t spine;
    uint16_t core; /* of core links */
};

/* Copies what it is given. -EINVAL or -ENOMEM, and one line in `error`. */
int planner_fabric_create(const struct planner_fabric_config *config, struct planner_fabric **fabric,
                          char error[PLANNER_ERROR_BYTES]);
int planner_fabric_copy(const struct planner_fabric *fabric, struct planner_fabric **copy,
                        char error[PLANNER_ERROR_BYTES]);
void planner_fabric_destroy(struct planner_fabric *fabric);

/* -EINVAL if there is no such link or the rate is out of range. */
int planner_fabric_set_rate(struct planner_fabric *fabric, const struct planner_link *link,
                            uint64_t rate_bytes_per_s, char error[PLANNER_ERROR_BYTES]);
/* 0 if it is dead or does not exist. */
uint64_t planner_fabric_rate(const struct planner_fabric *fabric, const struct planner_link *link);

/* The same of all links of a kind, in the order in which planner_fabric_create() takes them. */
const uint64_t *planner_fabric_rates(const struct planner_fabric *fabric, enum planner_link_kind kind);

/* What a link is worth in a plan: its nominal rate in eighths, by what was measured, so that plans do not
 * follow noise. A link that carries anything is worth at least an eighth, none more than PLANNER_WEIGHT_FULL.
 */
unsigned planner_weight(uint64_t nominal_bytes_per_s, uint64_t measured_bytes_per_s);
/* nominal x weight / 8: the rate for planner_fabric_set_rate(). */
uint64_t planner_weighted_rate(uint64_t nominal_bytes_per_s, unsigned weight);
/* Weights of the paths from one leaf to another, for hosts that split alone: the slower link of each path, in
 * eighths of the fastest path; 0 where there is no path. With three tiers a path is spine * core_count + core
 * between pods. Returns the number of paths; at most `max` are written. */
unsigned planner_path_weights(const struct planner_fabric *fabric, uint32_t source_leaf,
                              uint32_t destination_leaf, uint8_t *weights, unsigned max);

#endif
