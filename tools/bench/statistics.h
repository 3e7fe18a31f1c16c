/* SPDX-License-Identifier: BSD-3-Clause */
/* The few numbers that a run of iterations is condensed to. */
#ifndef BENCH_STATISTICS_H
#define BENCH_STATISTICS_H

#include <stdint.h>

struct statistics {
    uint64_t p50_ns;
    uint64_t p99_ns;
    uint64_t min_ns;
    uint64_t max_ns;
};

/* Percentiles by nearest rank: the smallest value that at least that share of all values does not exceed.
 * Sorts `values_ns`; count >= 1. */
struct statistics statistics_of(uint64_t *values_ns, unsigned count);

#endif
