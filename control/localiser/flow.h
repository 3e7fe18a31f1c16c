/* SPDX-License-Identifier: BSD-3-Clause */
/* A flow's place in the fabric, and the components that it crosses. */
#ifndef WEFT_CONTROL_LOCALISER_FLOW_H
#define WEFT_CONTROL_LOCALISER_FLOW_H

#include <stdbool.h>
#include <stdint.h>

#include "control/localiser/component.h"

enum {
    FLOW_COMPONENTS_MAX = 7,
    FLOW_NO_SPINE = 0xffff /* it stays inside its leaf */
};

struct flow {
    uint32_t source, destination; /* ports */
    uint16_t spine;
    bool turns; /* a probe that the spine's router sends back: it never reaches the destination */
};

/* A fabric's shape and which leaf each port is on. */
struct flow_map {
    struct component_shape shape;
    const uint32_t *port_leaf;
};

/* Numbers of the components, the sender's first; returns how many. */
unsigned flow_components(const struct flow_map *map, const struct flow *flow,
                         uint32_t components[FLOW_COMPONENTS_MAX]);
bool flow_crosses(const struct flow_map *map, const struct flow *flow, uint32_t component);

/* A spine or a leaf. */
bool flow_map_is_switch(const struct component *c);
/* Whether `part` is a direction of a cable of the switch `whole`. */
bool flow_map_is_part(const struct flow_map *map, const struct component *part,
                      const struct component *whole);

static inline bool flow_equals(const struct flow *a, const struct flow *b)
{
    return a->source == b->source && a->destination == b->destination && a->spine == b->spine;
}

#endif
