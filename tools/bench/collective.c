/* SPDX-License-Identifier: BSD-3-Clause */
#include "tools/bench/collective.h"

const char *const collective_names[BENCH_COLLECTIVES + 1] = {
    [BENCH_ALL_REDUCE] = "all_reduce",     [BENCH_REDUCE_SCATTER] = "reduce_scatter",
    [BENCH_ALL_GATHER] = "all_gather",     [BENCH_ALL_TO_ALL] = "all_to_all",
    [BENCH_BROADCAST] = "broadcast",       [BENCH_BARRIER] = "barrier",
    [BENCH_SEND_RECEIVE] = "send_receive", NULL};

struct collective_shape collective_shape_of(enum bench_collective collective, size_t bytes, unsigned ranks,
                                            size_t type_bytes)
{
    size_t whole = bytes / type_bytes;
    size_t block = whole / ranks;
    switch (collective) {
    case BENCH_ALL_REDUCE:
    case BENCH_SEND_RECEIVE:
        return (struct collective_shape){whole * type_bytes, whole, whole * type_bytes, whole * type_bytes};
    case BENCH_BROADCAST: /* one buffer, sent from and received into */
        return (struct collective_shape){whole * type_bytes, whole, 0, whole * type_bytes};
    case BENCH_REDUCE_SCATTER:
        return (struct collective_shape){block * ranks * type_bytes, block, block * ranks * type_bytes,
                                         block * type_bytes};
    case BENCH_ALL_GATHER:
        return (struct collective_shape){block * ranks * type_bytes, block, block * type_bytes,
                                         block * ranks * type_bytes};
    case BENCH_ALL_TO_ALL:
        return (struct collective_shape){block * ranks * type_bytes, block, block * ranks * type_bytes,
                                         block * ranks * type_bytes};
    case BENCH_BARRIER:
    case BENCH_COLLECTIVES:
        break;
    }
    return (struct collective_shape){0, 0, 0, 0};
}

bool collective_reduces(enum bench_collective collective)
{
    return collective == BENCH_ALL_REDUCE || collective == BENCH_REDUCE_SCATTER;
}

double collective_bus_factor(enum bench_collective collective, unsigned ranks)
{
    double others = (ranks - 1.0) / ranks;
    switch (collective) {
    case BENCH_ALL_REDUCE:
        return 2 * others;
    case BENCH_REDUCE_SCATTER:
    case BENCH_ALL_GATHER:
    case BENCH_ALL_TO_ALL:
        return others;
    case BENCH_BROADCAST:
    case BENCH_SEND_RECEIVE:
        return 1;
    case BENCH_BARRIER:
    case BENCH_COLLECTIVES:
        break;
    }
    return 0;
}
