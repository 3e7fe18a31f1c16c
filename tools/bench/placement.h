/* SPDX-License-Identifier: BSD-3-Clause */
/* Which host each rank runs on. It decides what crosses the spines: in a block placement a ring crosses a
 * leaf boundary with one flow, in a scattered one with every flow. */
#ifndef BENCH_PLACEMENT_H
#define BENCH_PLACEMENT_H

#include <stdint.h>

#include "tools/bench/fabric.h"

enum placement_kind {
    PLACEMENT_BLOCK,     /* hosts in order, neighbours together: rank r on host r * hosts / ranks */
    PLACEMENT_SCATTERED, /* neighbours on different leaves: leaf r mod leaves, then the next host of that leaf
                          */
    PLACEMENT_RANDOM /* a permutation of the block placement drawn from `seed`, as a busy cluster's scheduler
                        gives */
};

struct placement {
    enum placement_kind kind;
    uint64_t seed;
};

/* "block", "scattered" or a number (a random placement's seed). Returns 0 or -EINVAL. */
int placement_parse(const char *text, struct placement *placement);

/* rank_hosts[r] = index of rank r's host. With more ranks than hosts each host gets several, evenly; with
 * fewer, some hosts stay idle. */
void placement_make(const struct placement *placement, const struct fabric *fabric, unsigned ranks,
                    unsigned *rank_hosts);

#endif
