/* SPDX-License-Identifier: BSD-3-Clause */
/* The parts of a fabric that can be blamed, and their numbers. What a flow crosses is known, because paths
 * are pinned: it is the set of components whose failure would explain the flow's trouble. */
#ifndef WEFT_CONTROL_LOCALISER_COMPONENT_H
#define WEFT_CONTROL_LOCALISER_COMPONENT_H

#include <stddef.h>
#include <stdint.h>

enum component_kind {
    COMPONENT_TX,   /* a host port, sending: host, PCIe, NIC and its cable to the leaf */
    COMPONENT_RX,   /* the same, receiving */
    COMPONENT_UP,   /* leaf to spine */
    COMPONENT_DOWN, /* spine to leaf */
    COMPONENT_SPINE,
    COMPONENT_LEAF,
    COMPONENT_KINDS
};

struct component {
    enum component_kind kind;
    uint32_t place; /* TX, RX: the port; UP, DOWN, LEAF: the leaf; SPINE: the spine */
    uint32_t spine; /* UP, DOWN */
};

struct component_shape {
    uint32_t leaf_count, spine_count, port_count;
};

/* Components are numbered 0 .. component_count() - 1, by kind, then place, then spine. */
uint32_t component_count(const struct component_shape *shape);
uint32_t component_number(const struct component_shape *shape, const struct component *component);
struct component component_at(const struct component_shape *shape, uint32_t number);

/* The other direction of the same cable; switches are their own. A message's acks come back over it, so what
 * is wrong with one direction shows on the flows of both. */
uint32_t component_twin(const struct component_shape *shape, uint32_t number);

enum {
    COMPONENT_NAME_BYTES = 48
};
/* "leaf2-spine1 up", "leaf2-spine1 down", "spine1", "leaf2", "port7 tx", "port7 rx". Links have the names of
 * the lab; whoever has others builds them from kind, place and spine. */
void component_name(const struct component *component, char name[COMPONENT_NAME_BYTES]);

#endif
