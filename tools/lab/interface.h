/* SPDX-License-Identifier: BSD-3-Clause */
/* Virtual Ethernet pairs between namespaces, and what the kernel counts on them. */
#ifndef WEFT_LAB_INTERFACE_H
#define WEFT_LAB_INTERFACE_H

#include <stdbool.h>
#include <stdint.h>

#include "tools/lab/netlink.h"

enum {
    INTERFACE_LOOPBACK_INDEX = 1,
    INTERFACE_NAME_BYTES = 16
};

/* One end of a pair. Both are made at once, each in its namespace with its name and index. */
struct interface_end {
    int namespace_fd;
    const char *name;
    unsigned index;
};

/* All functions return 0 or negative errno. */
int interface_create_pair(struct netlink *netlink, const struct interface_end ends[2], unsigned mtu);
int interface_set_up(struct netlink *netlink, unsigned index, bool up);
int interface_add_address(struct netlink *netlink, unsigned index, uint32_t address);

/* Receivers of AF_XDP and AF_PACKET frames see them as they would be on a wire only when the sender computes
 * checksums itself. Acts in the namespace that the caller is in. */
int interface_disable_checksum_offload(const char *name);

struct interface_counters {
    uint64_t sent_packets, sent_bytes, dropped_packets; /* dropped: by the device or its queue discipline */
};

/* Adds the counters of all interfaces of the netlink's namespace to counters[index], index < count. */
int interface_get_counters(struct netlink *netlink, struct interface_counters *counters, unsigned count);

#endif
