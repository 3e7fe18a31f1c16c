/* SPDX-License-Identifier: BSD-3-Clause */
/* The time that no transport can beat: T* of a collective on a fabric.
 *
 * A step is a set of flows that run together. With C the rate of a host link and c of leaf-spine links,
 *
 *   T*(step) = max over hosts of  out / C,  in / C
 *              and over leaves of  out / sum of its uplinks' c,  in / sum of its downlinks' c
 *
 * where flows inside one host count nowhere and flows inside one leaf only on the host links. A collective's
 * bound is the sum over the steps of its algorithm. Payload bytes only: what headers, acks and
 * retransmissions cost counts against the transport.
 */
#ifndef BENCH_BOUND_H
#define BENCH_BOUND_H

#include <stdbool.h>

#include "dataplane/client/weft.h"
#include "tools/bench/collective.h"
#include "tools/bench/fabric.h"

struct bound_case {
    const struct fabric *fabric;
    const unsigned *rank_hosts; /* host index of each rank */
    unsigned ranks;
    enum bench_collective collective;
    enum weft_algorithm algorithm;
    double bytes; /* collective_shape's */
};

struct bound {
    double time_s;
    bool crosses_spines; /* some flow runs between two leaves */
};

/* time_s is 0 where there is nothing to bound: a barrier, a single rank, everything on one host. For
 * broadcast it is what every algorithm must do: the root's bytes leave it once, and enter every other host
 * and leaf once. */
struct bound bound_of(const struct bound_case *what);

#endif
