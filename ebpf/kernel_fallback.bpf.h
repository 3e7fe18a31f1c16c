/* SPDX-License-Identifier: (BSD-3-Clause OR GPL-2.0) */
/* What older kernels lack, and what stands in for it; nowhere else does a program ask how old its kernel is.
 * weft-monitor finds out what there is, and sets the constants before it loads.
 *
 *   ring buffer           457f44363a88, Linux 5.8     a perf buffer for each processor
 *   cookies of uprobes    82e6b1eee6a8, Linux 5.15    libbpf finds a tracepoint's arguments by its address,
 * and attaches to processes instead of files; an operation of another library is then not named
 */
#ifndef WEFT_EBPF_KERNEL_FALLBACK_BPF_H
#define WEFT_EBPF_KERNEL_FALLBACK_BPF_H

#include <linux/bpf.h>
#include <stdbool.h>

#include <bpf/bpf_helpers.h>

const volatile bool has_ring_buffer = true;
const volatile bool has_cookies = true;
/* The reader sleeps until so much has come, or its time is up. */
const volatile __u32 wake_at_bytes = 65536;

struct {
    __uint(type, BPF_MAP_TYPE_RINGBUF);
    __uint(max_entries, 1 << 20);
} ring SEC(".maps");

struct {
    __uint(type, BPF_MAP_TYPE_PERF_EVENT_ARRAY);
    __uint(key_size, sizeof(__u32));
    __uint(value_size, sizeof(__u32));
} perf SEC(".maps");

/* Hands the record to the monitor; false when there is no room. */
static __always_inline bool hand_over(void *context, void *record, __u64 bytes)
{
    if (!has_ring_buffer)
        return bpf_perf_event_output(context, &perf, BPF_F_CURRENT_CPU, record, bytes) == 0;
    bool wake = bpf_ringbuf_query(&ring, BPF_RB_AVAIL_DATA) >= wake_at_bytes;
    return bpf_ringbuf_output(&ring, record, bytes, wake ? BPF_RB_FORCE_WAKEUP : BPF_RB_NO_WAKEUP) == 0;
}

/* What the monitor attached the program with; 0: it cannot be known. */
static __always_inline __u64 attached_with(void *context)
{
    return has_cookies ? bpf_get_attach_cookie(context) : 0;
}

#endif
