/* SPDX-License-Identifier: BSD-3-Clause */
/* How large a lab is, and the names and addresses that follow from it. Hosts are numbered leaf by leaf. */
#ifndef WEFT_LAB_SHAPE_H
#define WEFT_LAB_SHAPE_H

#include <stddef.h>
#include <stdint.h>

#include "tools/lab/error.h"

enum {
    SHAPE_LEAVES_MAX = 64,
    SHAPE_SPINES_MAX = 64,
    SHAPE_HOSTS_MAX = 128 /* of all leaves together */
};

struct shape {
    unsigned leaves, spines, hosts_per_leaf;
};

/* "2x4x4": leaves x spines x hosts of each leaf. 0 or -EINVAL. */
int shape_parse(const char *text, struct shape *shape, struct lab_error *error);
unsigned shape_hosts(const struct shape *shape);
unsigned shape_leaf_of_host(const struct shape *shape, unsigned host);

/* IPv4 addresses in host byte order. Routers have their identity on the loopback interface; a leaf also has
 * the gateway address that its hosts use. */
uint32_t shape_host_address(const struct shape *shape, unsigned host);
uint32_t shape_leaf_gateway(unsigned leaf);
uint32_t shape_leaf_prefix(unsigned leaf); /* /24: all hosts of the leaf */
uint32_t shape_leaf_identity(unsigned leaf);
uint32_t shape_spine_identity(unsigned spine);

#endif
