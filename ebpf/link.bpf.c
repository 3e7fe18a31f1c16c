// SPDX-License-Identifier: (BSD-3-Clause OR GPL-2.0)
/* One direction of a lab link, as a tc program: random loss, black hole, policing, and ECN marking by a
 * phantom queue (HULL, NSDI 2012): a counter that fills as the link does but drains a little slower, so that
 * senders hear of congestion before the real queue has built up.
 *
 * It runs ahead of the interface's shaper. A host's packets come from AF_XDP, which passes by the host's own
 * qdisc and tc hooks; its uplink is therefore handled where the leaf receives it, by link_arrival().
 */
#include "ebpf/link.h"

#include <bpf/bpf_helpers.h>
#include <linux/pkt_cls.h>

struct {
    __uint(type, BPF_MAP_TYPE_ARRAY);
    __uint(max_entries, 1);
    __type(key, __u32);
    __type(value, struct link_settings);
} link_settings SEC(".maps");

struct {
    __uint(type, BPF_MAP_TYPE_ARRAY);
    __uint(max_entries, 1);
    __type(key, __u32);
    __type(value, struct link_state);
} link_states SEC(".maps");

/* Adds a packet to the phantom queue unless that is at its limit. Returns the backlog that the packet found.
 */
static __always_inline __u64 phantom_queue_add(struct link_state *state, const struct link_settings *settings,
                                               __u32 packet_bytes)
{
    __u64 now_ns = bpf_ktime_get_ns();

    bpf_spin_lock(&state->lock);
    if (now_ns < state->phantom_updated_at_ns) /* another core has been here since */
        now_ns = state->phantom_updated_at_ns;
    __u64 elapsed_ns = now_ns - state->phantom_updated_at_ns;
    __u64 backlog_2_32 = 0;
    if (elapsed_ns < settings->drained_after_ns) {
        __u64 drained_2_32 = elapsed_ns * settings->drained_per_ns_2_32;
        if (state->phantom_backlog_2_32 > drained_2_32)
            backlog_2_32 = state->phantom_backlog_2_32 - drained_2_32;
    }
    state->phantom_backlog_2_32 = backlog_2_32;
    if (backlog_2_32 < settings->limit_2_32)
        state->phantom_backlog_2_32 += (__u64)packet_bytes << 32;
    state->phantom_updated_at_ns = now_ns;
    bpf_spin_unlock(&state->lock);
    return backlog_2_32;
}

static __always_inline int link_drop(struct link_state *state)
{
    __sync_fetch_and_add(&state->dropped_packets, 1);
    return TC_ACT_SHOT;
}

static __always_inline int link_pass(struct __sk_buff *packet, __u32 interface)
{
    const struct link_settings *settings = bpf_map_lookup_elem(&link_settings, &interface);
    struct link_state *state = bpf_map_lookup_elem(&link_states, &interface);
    if (!settings || !state)
        return TC_ACT_OK;
    if (settings->black_hole || (settings->loss_2_32 && bpf_get_prandom_u32() < settings->loss_2_32))
        return link_drop(state);
    if (!settings->drained_per_ns_2_32)
        return TC_ACT_OK;
    __u64 backlog_2_32 = phantom_queue_add(state, settings, packet->len);
    if (settings->police && backlog_2_32 >= settings->limit_2_32)
        return link_drop(state);
    if (backlog_2_32 > settings->mark_above_2_32 && bpf_skb_ecn_set_ce(packet) == 1)
        __sync_fetch_and_add(&state->marked_packets, 1);
    return TC_ACT_OK;
}

/* On the egress of an interface: the link that it transmits on. */
SEC("tc")
int link_departure(struct __sk_buff *packet)
{
    return link_pass(packet, packet->ifindex);
}

/* On the ingress of an interface: the link that its veth peer transmits on. The two ends of a pair have the
 * indices 2k and 2k + 1. */
SEC("tc")
int link_arrival(struct __sk_buff *packet)
{
    return link_pass(packet, packet->ifindex ^ 1);
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";
