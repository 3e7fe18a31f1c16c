/* SPDX-License-Identifier: BSD-3-Clause */
/* A leaf-spine fabric of kernel routers: a network namespace for every leaf, spine and host, joined by links.
 *
 * Leaves spread what goes to another leaf over the spines by the kernel's five-tuple hash (equal-cost
 * multipath). The lab stands in for the routing protocol: when a link goes down, every other leaf is told at
 * once that this spine no longer leads there. */
#ifndef WEFT_LAB_FABRIC_H
#define WEFT_LAB_FABRIC_H

#include "tools/lab/link.h"
#include "tools/lab/shape.h"

struct fabric {
    struct shape shape;
    struct namespace home; /* the lab's own, without links */
    struct namespace *leaves, *spines, *hosts;
    struct link *links; /* leaf by leaf to every spine, then leaf by leaf to its hosts */
    unsigned link_count;
    struct link_program *program;
};

struct fabric_profile {
    struct shape shape;
    struct link_profile fabric_link, host_link;
};

/* The caller is in the namespace that becomes the lab's own, and is in it again on return. Process and mount
 * namespaces are the caller's matter. 0 or negative errno with `error`. What it makes goes when the process
 * ends. */
int fabric_create(struct fabric *fabric, const struct fabric_profile *profile, struct lab_error *error);

struct link *fabric_link(struct fabric *fabric, unsigned leaf, unsigned spine);
struct link *fabric_host_link(struct fabric *fabric, unsigned host);
unsigned fabric_link_count(const struct fabric *fabric);                /* of leaf-spine links */
struct link *fabric_find_link(struct fabric *fabric, const char *name); /* NULL: none of that name */
struct namespace *fabric_find_host(struct fabric *fabric, const char *name, unsigned *host);

/* Takes a link down or up at both ends and routes around it, or over it again. 0 or negative errno with
 * `error`. */
int fabric_set_link_up(struct fabric *fabric, struct link *link, bool up, struct lab_error *error);

struct link_counters {
    struct interface_counters sent[LINK_DIRECTIONS];
    uint64_t dropped_packets, marked_packets;
};

/* counters[i] for links[i]. 0 or negative errno with `error`. */
int fabric_get_counters(struct fabric *fabric, struct link_counters *counters, struct lab_error *error);

#endif
