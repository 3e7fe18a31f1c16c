/* SPDX-License-Identifier: BSD-3-Clause */
/* For how long a fault kept a host from receiving, from samples of the counters of its leaf's port. */
#ifndef BENCH_STALL_H
#define BENCH_STALL_H

#include <stdint.h>

/* One look at all hosts: received_bytes[host] has grown since the sample before. */
struct stall_sample {
    uint64_t at_ns;
    uint64_t *received_bytes;
};

struct stall_window {
    const struct stall_sample *samples; /* in order of time */
    unsigned sample_count;
    unsigned host_count;
    double host_rate_bps;
    uint64_t from_ns; /* only what lies within counts */
    uint64_t to_ns;
};

/* The longest time during which some host received at less than a tenth of its link's rate. Acks alone stay
 * below that, so a host that only sends counts as stalled: meant for collectives in which every host receives
 * all the time. The resolution is the distance between samples. */
uint64_t stall_longest_ns(const struct stall_window *window);

#endif
