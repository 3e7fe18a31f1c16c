/* SPDX-License-Identifier: BSD-3-Clause */
/* One link of the lab, in both directions: its shape, its faults, its counters.
 *
 * A fabric link joins a leaf (upper direction: towards the spine) and a spine; a host link joins a host and
 * its leaf. Each direction is what its transmitting interface does with packets: the link program decides
 * about loss and marks, then the shaper queues. */
#ifndef WEFT_LAB_LINK_H
#define WEFT_LAB_LINK_H

#include <stdbool.h>
#include <stdint.h>

#include "tools/lab/interface.h"
#include "tools/lab/link_program.h"
#include "tools/lab/namespace.h"

enum link_direction {
    LINK_UPWARD, /* host to leaf, leaf to spine */
    LINK_DOWNWARD,
    LINK_DIRECTIONS
};

enum link_kind {
    LINK_OF_FABRIC,
    LINK_OF_HOST
};

enum {
    LINK_NAME_BYTES = 32
};

/* How a link is when nothing is wrong with it. */
struct link_profile {
    uint64_t rate_bps;
    uint64_t buffer_bytes;
    uint64_t mark_bytes;      /* phantom queue above which packets are marked */
    unsigned phantom_percent; /* of the rate: what the phantom queue drains at */
    unsigned mtu;
};

struct link_end {
    struct namespace *namespace;
    char interface[INTERFACE_NAME_BYTES];
    unsigned index; /* unique in the lab; of the pair, 2k sends upward and 2k + 1 downward */
};

/* What is wrong with one direction; all zero: nothing. */
struct link_fault {
    bool black_hole;
    uint32_t loss_2_32;
    uint64_t rate_bps; /* 0: the profile's */
    uint64_t delay_ns;
};

struct link {
    char name[LINK_NAME_BYTES]; /* "leaf0-spine1", "leaf0-host3" */
    enum link_kind kind;
    unsigned leaf;
    unsigned far; /* number of the spine, or of the host in the whole lab */
    bool up;
    struct link_profile profile;
    struct link_end sender[LINK_DIRECTIONS]; /* who transmits in that direction */
    struct link_fault fault[LINK_DIRECTIONS];
    struct link_program *program;
};

/* Makes the interfaces, with both ends up. 0 or negative errno with `error`. */
int link_create(struct link *link, struct netlink *netlink, struct lab_error *error);

/* Brings shaper and program of one direction in line with its profile and fault. 0 or negative errno with
 * `error`; what could not be set stays as it was. */
int link_apply(struct link *link, enum link_direction direction, struct lab_error *error);

/* Both ends. Routes over the interfaces are then the caller's matter. */
int link_set_up(struct link *link, bool up, struct lab_error *error);

#endif
