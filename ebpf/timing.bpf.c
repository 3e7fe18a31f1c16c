// SPDX-License-Identifier: (BSD-3-Clause OR GPL-2.0)
/* Listens to weft's tracepoints and to the entries of collectives of other libraries: each hit becomes one
 * timing record, handed to weft-monitor and counted in the histograms. Reads processes' memory, never the
 * kernel's, so it needs no type of the kernel's (BTF).
 */
#include "ebpf/kernel_fallback.bpf.h"
#include "ebpf/timing_maps.h"

#include <linux/ptrace.h>

#include <bpf/bpf_tracing.h>
#include <bpf/usdt.bpf.h>

#include "dataplane/formats/timing.h"

#if defined(__TARGET_ARCH_x86)
#define SIXTH_ARGUMENT(context) ((context)->r9)
#elif defined(__TARGET_ARCH_arm64)
#define SIXTH_ARGUMENT(context) (((const struct user_pt_regs *)(context))->regs[5])
#endif

const volatile __u32 leaf_mask = 0xffffff00;
const volatile bool some_addresses_only = false;

struct {
    __uint(type, BPF_MAP_TYPE_HASH);
    __uint(max_entries, TIMING_ADDRESSES_MAX);
    __type(key, __u32);
    __type(value, __u32);
} addresses SEC(".maps");

struct {
    __uint(type, BPF_MAP_TYPE_HASH);
    __uint(map_flags, BPF_F_NO_PREALLOC);
    __uint(max_entries, TIMING_CELLS_MAX);
    __type(key, struct timing_cell_key);
    __type(value, struct timing_cell);
} cells SEC(".maps");

/* What a new cell is copied from: too large for the stack. */
struct {
    __uint(type, BPF_MAP_TYPE_ARRAY);
    __uint(max_entries, 1);
    __type(key, __u32);
    __type(value, struct timing_cell);
} empty_cell SEC(".maps");

struct {
    __uint(type, BPF_MAP_TYPE_ARRAY);
    __uint(max_entries, 1);
    __type(key, __u32);
    __type(value, struct timing_counts);
} counts SEC(".maps");

struct {
    __uint(type, BPF_MAP_TYPE_LRU_HASH);
    __uint(max_entries, TIMING_CALLERS_MAX);
    __type(key, struct timing_caller);
    __type(value, __u64);
} callers SEC(".maps");

/* The smallest i with ns <= 2^i us, TIMING_BUCKETS if there is none. */
static __always_inline __u32 bucket_of(__u64 ns)
{
    __u64 left = (ns + 999) / 1000;
    __u32 bucket = 0;
    left = left > 0 ? left - 1 : 0;
    if (left >> TIMING_BUCKETS)
        return TIMING_BUCKETS;
    for (__u32 step = 16; step > 0; step /= 2) {
        if (left >> step) {
            left >>= step;
            bucket += step;
        }
    }
    return bucket + (left > 0);
}

static __always_inline void count_stage(struct timing_histogram *histogram, __u64 ns)
{
    __u32 bucket = bucket_of(ns);
    __sync_fetch_and_add(&histogram->sum_ns, ns);
    if (bucket < TIMING_BUCKETS)
        __sync_fetch_and_add(&histogram->buckets[bucket], 1);
}

static __always_inline struct timing_cell *cell_of(const struct timing_record *r)
{
    __u32 first = 0;
    bool received = r->kind == TIMING_RECEIVED;
    struct timing_cell_key key = {.address = received ? r->destination : r->source,
                                  .peer_leaf = (received ? r->source : r->destination) & leaf_mask,
                                  .path = r->path,
                                  .received = received};
    struct timing_cell *cell = bpf_map_lookup_elem(&cells, &key);
    if (cell)
        return cell;
    const struct timing_cell *empty = bpf_map_lookup_elem(&empty_cell, &first);
    if (empty)
        bpf_map_update_elem(&cells, &key, empty, BPF_NOEXIST);
    return bpf_map_lookup_elem(&cells, &key);
}

/* Stages are numbered as in timing_maps.h. */
static __always_inline void count_in_cell(const struct timing_record *r, struct timing_counts *c)
{
    struct timing_cell *cell = cell_of(r);
    if (!cell) {
        __sync_fetch_and_add(&c->uncelled, 1);
        return;
    }
    __sync_fetch_and_add(&cell->records, 1);
    __sync_fetch_and_add(&cell->bytes, r->bytes);
    if (r->kind == TIMING_RECEIVED) {
        count_stage(&cell->stages[3], r->drain_ns);
        return;
    }
    __sync_fetch_and_add(&cell->packets, r->packets);
    if (r->retransmits)
        __sync_fetch_and_add(&cell->retransmits, r->retransmits);
    if (r->marks)
        __sync_fetch_and_add(&cell->marks, r->marks);
    count_stage(&cell->stages[0], r->ready_ns);
    count_stage(&cell->stages[1], r->credit_ns);
    count_stage(&cell->stages[2], r->network_ns);
}

static __always_inline bool is_wanted(const struct timing_record *r)
{
    __u32 address = r->kind == TIMING_RECEIVED ? r->destination : r->source;
    return !some_addresses_only || bpf_map_lookup_elem(&addresses, &address) != NULL;
}

static __always_inline int take(void *context, struct timing_record *r, struct timing_counts *c)
{
    if (hand_over(context, r, sizeof(*r)))
        __sync_fetch_and_add(&c->taken, 1);
    else
        __sync_fetch_and_add(&c->lost, 1);
    return 0;
}

SEC("usdt")
int on_tracepoint(struct pt_regs *context)
{
    __u32 first = 0;
    struct timing_record record;
    long where;
    struct timing_counts *c = bpf_map_lookup_elem(&counts, &first);
    if (!c)
        return 0;
    if (bpf_usdt_arg(context, 0, &where) != 0 ||
        bpf_probe_read_user(&record, sizeof(record), (const void *)where) != 0) {
        __sync_fetch_and_add(&c->unread, 1);
        return 0;
    }
    if (!is_wanted(&record))
        return 0;
    if (record.kind == TIMING_SENT || record.kind == TIMING_RECEIVED)
        count_in_cell(&record, c);
    return take(context, &record, c);
}

/* The calls of a process on one communicator are numbered from 0, as libweft does. */
static __always_inline __u64 next_sequence(const struct timing_caller *caller)
{
    __u64 first = 1, *next = bpf_map_lookup_elem(&callers, caller);
    if (next)
        return __sync_fetch_and_add(next, 1);
    bpf_map_update_elem(&callers, caller, &first, BPF_NOEXIST);
    return 0;
}

/* Entry of ncclAllReduce(), MPI_Allreduce() and the like: of both the sixth argument is the communicator. Of
 * rank and address nothing is known here. */
static __always_inline int enqueue(struct pt_regs *context, __u64 communicator)
{
    __u32 first = 0, process = bpf_get_current_pid_tgid() >> 32;
    struct timing_caller caller = {.process = process, .communicator = communicator};
    struct timing_record record = {.communicator = communicator,
                                   .sequence = next_sequence(&caller),
                                   .at_ns = bpf_ktime_get_ns(),
                                   .rank = process,
                                   .path = TIMING_PATH_NONE,
                                   .operation = (__u16)attached_with(context),
                                   .kind = TIMING_ENTERED,
                                   .flags = TIMING_ENQUEUE_ONLY};
    struct timing_counts *c = bpf_map_lookup_elem(&counts, &first);
    return c ? take(context, &record, c) : 0;
}

SEC("uprobe")
int on_sixth_argument(struct pt_regs *context)
{
    return enqueue(context, SIXTH_ARGUMENT(context));
}

SEC("uprobe")
int on_call(struct pt_regs *context)
{
    return enqueue(context, 0);
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";
