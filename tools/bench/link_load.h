/* SPDX-License-Identifier: BSD-3-Clause */
/* How evenly the leaf-spine links were loaded, from the routers' own interface counters. */
#ifndef BENCH_LINK_LOAD_H
#define BENCH_LINK_LOAD_H

#include <stdbool.h>
#include <stdint.h>

/* What one leaf-spine link carried during a measurement. */
struct link_load {
    unsigned leaf;
    unsigned spine;
    bool up;             /* alive at the end of it */
    uint64_t up_bytes;   /* leaf to spine */
    uint64_t down_bytes; /* spine to leaf */
};

/* Most loaded uplink (leaf to spine) / mean of the live uplinks: 1.0 where all carry the same. 0 if nothing
 * was carried. */
double link_load_imbalance(const struct link_load *loads, unsigned count);

/* Most loaded link of either direction / the load that it would have if every leaf spread what it sends, and
 * what it gets, evenly over its live links: 1.0 is what ideal packet spraying gives, also where leaves have
 * unequal work. 0 if nothing was carried. */
double link_load_over_even_spread(const struct link_load *loads, unsigned count);

#endif
