/* SPDX-License-Identifier: BSD-3-Clause */
/* The collectives weft-bench can measure, in the terms of nccl-tests: what "size" means for each, how long
 * its buffers are, and by which factor algorithm bandwidth becomes bus bandwidth. */
#ifndef BENCH_COLLECTIVE_H
#define BENCH_COLLECTIVE_H

#include <stdbool.h>
#include <stddef.h>

enum bench_collective {
    BENCH_ALL_REDUCE,
    BENCH_REDUCE_SCATTER,
    BENCH_ALL_GATHER,
    BENCH_ALL_TO_ALL,
    BENCH_BROADCAST,
    BENCH_BARRIER,
    BENCH_SEND_RECEIVE, /* every rank sends to the next one and receives from the one before */
    BENCH_COLLECTIVES
};

/* One measured size. `bytes` is what nccl-tests calls the size: of the whole vector for all_reduce and
 * broadcast, of the longer of the two buffers for reduce_scatter, all_gather and all_to_all, of the message
 * for send_receive. */
struct collective_shape {
    size_t bytes;
    size_t count; /* as libweft's call takes it, in elements */
    size_t in_bytes;
    size_t out_bytes;
};

extern const char *const collective_names[BENCH_COLLECTIVES + 1]; /* NULL-terminated */

/* The largest shape of at most `bytes` that whole elements (and, where the vector is cut into blocks, equal
 * blocks) allow. */
struct collective_shape collective_shape_of(enum bench_collective collective, size_t bytes, unsigned ranks,
                                            size_t type_bytes);

/* Does it compute (all_reduce, reduce_scatter), or only move bytes? */
bool collective_reduces(enum bench_collective collective);

/* Bus bandwidth / algorithm bandwidth, as nccl-tests' PERFORMANCE.md derives it. */
double collective_bus_factor(enum bench_collective collective, unsigned ranks);

#endif
