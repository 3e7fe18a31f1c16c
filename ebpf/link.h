/* SPDX-License-Identifier: BSD-3-Clause */
/* What the lab and its tc program (link.bpf.c) share: for every transmitting interface of the lab, how the
 * link behind it behaves, and what it has done. Both are arrays indexed by interface index: the lab gives
 * each of its interfaces an index of its own, across all namespaces. */
#ifndef WEFT_EBPF_LINK_H
#define WEFT_EBPF_LINK_H

#include <linux/bpf.h>
#include <linux/types.h>

/* lab: rw, program: ro. All zero: a link that does nothing but forward. */
struct link_settings {
    __u64 ns_per_byte_2_20; /* of the phantom queue, in units of 2^-20 ns; 0: no phantom queue */
    __u64 mark_above_ns;    /* phantom backlog, as time to drain it, above which ECN-capable packets are
                               marked */
    __u64 limit_ns;         /* the phantom backlog grows no further than this */
    __u32 loss_2_32;        /* probability of losing a packet, in units of 2^-32 */
    __u32 black_hole;       /* 1: lose every packet */
    __u32 police;           /* 1: lose packets that find the phantom queue at its limit */
    __u32 reserved;
};

/* program: rw, lab: ro */
struct link_state {
    struct bpf_spin_lock lock;
    __u32 reserved;
    __u64 phantom_empty_at_ns; /* when the phantom queue would be empty if nothing more came */
    __u64 marked_packets;
    __u64 dropped_packets;
};

#endif
