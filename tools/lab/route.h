/* SPDX-License-Identifier: BSD-3-Clause */
/* Kernel routes of the lab's routers and hosts. */
#ifndef WEFT_LAB_ROUTE_H
#define WEFT_LAB_ROUTE_H

#include <stdint.h>

#include "tools/lab/netlink.h"

struct route_hop {
    unsigned interface_index;
    uint32_t gateway; /* reached on that interface whatever its addresses are; 0: the destination itself */
};

enum {
    ROUTE_HOPS_MAX = 64
};

struct route {
    uint32_t prefix;
    unsigned prefix_bits;
    uint32_t source;    /* of what this machine itself sends that way, its ICMP errors included; 0: any */
    unsigned hop_count; /* 0: the destination is unreachable */
    struct route_hop hops[ROUTE_HOPS_MAX]; /* several: equal-cost multipath */
};

/* Puts the route in place of what was there for the prefix. 0 or negative errno. */
int route_replace(struct netlink *netlink, const struct route *route);

#endif
