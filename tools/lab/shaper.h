/* SPDX-License-Identifier: BSD-3-Clause */
/* The rate and the buffer of a link: a token bucket filter on the transmitting interface, with a queue
 * limited in bytes. A packet counts with its Ethernet header, without preamble and checksum, as in the
 * interface's own byte counter. */
#ifndef WEFT_LAB_SHAPER_H
#define WEFT_LAB_SHAPER_H

#include <stdint.h>

#include "tools/lab/netlink.h"

struct shaper {
    unsigned interface_index;
    unsigned mtu;
    uint64_t rate_bps;
    uint64_t buffer_bytes;
};

/* Makes the shaper, or changes the one that is there without losing what it holds. 0 or negative errno. */
int shaper_set(struct netlink *netlink, const struct shaper *shaper);

/* Delays every packet before it is shaped; 0: no longer. Needs the kernel's netem queue discipline: -ENOENT
 * where it has none. The queue is then limited in packets of the link's MTU. */
int shaper_set_delay(struct netlink *netlink, const struct shaper *shaper, uint64_t delay_ns);

/* Bytes that may leave at once after the link has been idle: what passes in 1 ms, at least three full frames.
 * Smaller buckets lose rate to the lateness of the kernel's timers. */
uint32_t shaper_burst_bytes(const struct shaper *shaper);

#endif
