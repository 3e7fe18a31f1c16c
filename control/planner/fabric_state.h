/* SPDX-License-Identifier: BSD-3-Clause */
/* What the planner's own files know of a fabric. */
#ifndef WEFT_CONTROL_PLANNER_FABRIC_STATE_H
#define WEFT_CONTROL_PLANNER_FABRIC_STATE_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>

#include "control/planner/fabric.h"

/* Every flow leaves one vertex (port, leaf, pod) and enters another. */
enum planner_side {
    SIDE_OUT,
    SIDE_IN,
    SIDES
};

struct fabric_ports {
    atomic_uint users; /* on any thread */
    struct planner_port items[];
};

struct planner_fabric {
    uint32_t leaf_count, spine_count, port_count, pod_count, core_count;
    const struct planner_port *ports; /* of `shared_ports`, as all copies of a fabric have the same */
    struct fabric_ports *shared_ports;
    uint64_t *rates[SIDES];      /* of the leaves' links: [leaf * spine_count + spine] */
    uint32_t *leaf_pods;         /* NULL with two tiers */
    uint64_t *core_rates[SIDES]; /* [(pod * spine_count + spine) * core_count + core] */
    /* Bit j: spine j (core j of the spine) can be left for (entered from). Kept in step with the rates. */
    uint64_t *live_spines[SIDES]; /* [leaf] */
    uint64_t *live_cores[SIDES];  /* [pod * spine_count + spine] */
};

static inline size_t fabric_link_index(const struct planner_fabric *f, uint32_t leaf, unsigned spine)
{
    return (size_t)leaf * f->spine_count + spine;
}

static inline size_t fabric_core_index(const struct planner_fabric *f, uint32_t pod, unsigned spine,
                                       unsigned core)
{
    return ((size_t)pod * f->spine_count + spine) * f->core_count + core;
}

static inline size_t fabric_link_count(const struct planner_fabric *f)
{
    return (size_t)f->leaf_count * f->spine_count;
}

static inline size_t fabric_core_link_count(const struct planner_fabric *f)
{
    return (size_t)f->pod_count * f->spine_count * f->core_count;
}

/* Flows between the leaves cross cores. */
static inline bool fabric_crosses_cores(const struct planner_fabric *f, uint32_t source_leaf,
                                        uint32_t destination_leaf)
{
    return f->pod_count > 0 && f->leaf_pods[source_leaf] != f->leaf_pods[destination_leaf];
}

/* Bit j: flows from one leaf to the other can cross spine j. */
uint64_t fabric_common_spines(const struct planner_fabric *f, uint32_t source_leaf,
                              uint32_t destination_leaf);

#endif
