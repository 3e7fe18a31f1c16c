/* SPDX-License-Identifier: BSD-3-Clause */
/* What the lab and its tc program (link.bpf.c) share: for every transmitting interface of the lab, how the
 * link behind it behaves, and what it has done. Both are arrays indexed by interface index: the lab gives
 * each of its interfaces an index of its own, across all namespaces. */
#ifndef WEFT_EBPF_LINK_H
#define WEFT_EBPF_LINK_H

#include <linux/bpf.h>
#include <linux/types.h>

/* Amounts of bytes are in units of 2^-32 byte, so that nothing is lost by rounding when little time passes.
 * Lab: rw, program: ro. All zero: a link that does nothing but forward. */
struct link_settings {
    __u64 drained_per_ns_2_32; /* of the phantom queue; 0: no phantom queue */
    __u64 mark_above_2_32;     /* phantom backlog above which ECN-capable packets are marked */
    __u64 limit_2_32;          /* the phantom backlog grows no further than this; less than 2^31 bytes */
    __u64 drained_after_ns;    /* in this time any phantom backlog up to the limit drains */
    __u32 loss_2_32;           /* probability of losing a packet, in units of 2^-32 */
    __u32 black_hole;          /* 1: lose every packet */
    __u32 police;              /* 1: lose packets that find the phantom queue at its limit */
    __u32 reserved;
};

/* Program: rw, lab: ro. */
struct link_state {
    struct bpf_spin_lock lock;
    __u32 reserved;
    __u64 phantom_backlog_2_32; /* as it was at */
    __u64 phantom_updated_at_ns;
    __u64 marked_packets;
    __u64 dropped_packets;
};

#endif
