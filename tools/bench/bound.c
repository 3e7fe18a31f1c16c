/* SPDX-License-Identifier: BSD-3-Clause */
#include "tools/bench/bound.h"

#include <string.h>

/* libweft's choice for WEFT_ALGORITHM_AUTO (weft.h): short vectors in few steps, long ones around the ring.
 */
enum {
    BOUND_AUTO_RING_BYTES = 64 << 10
};

/* What the flows of one step put on each link, in bytes. */
struct bound_step {
    const struct bound_case *what;
    bool crosses_spines;
    double host_out[FABRIC_HOSTS_MAX];
    double host_in[FABRIC_HOSTS_MAX];
    double leaf_out[FABRIC_LEAVES_MAX];
    double leaf_in[FABRIC_LEAVES_MAX];
};

static void bound_step_begin(struct bound_step *step, const struct bound_case *what)
{
    memset(step, 0, sizeof *step);
    step->what = what;
}

static void bound_step_flow(struct bound_step *step, unsigned from_rank, unsigned to_rank, double bytes)
{
    const struct fabric_host *hosts = step->what->fabric->hosts;
    unsigned from = step->what->rank_hosts[from_rank], to = step->what->rank_hosts[to_rank];
    if (from == to || bytes == 0)
        return;
    step->host_out[from] += bytes;
    step->host_in[to] += bytes;
    if (hosts[from].leaf == hosts[to].leaf)
        return;
    step->leaf_out[hosts[from].leaf] += bytes;
    step->leaf_in[hosts[to].leaf] += bytes;
    step->crosses_spines = true;
}

static double bound_larger(double a, double b)
{
    return a > b ? a : b;
}

static double bound_step_time_s(const struct bound_step *step)
{
    const struct fabric *fabric = step->what->fabric;
    double leaf_bps[FABRIC_LEAVES_MAX] = {0}, time_s = 0;
    for (unsigned i = 0; i < fabric->link_count; i++)
        leaf_bps[fabric->links[i].leaf] += fabric->links[i].rate_bps;
    for (unsigned host = 0; host < fabric->host_count; host++)
        time_s = bound_larger(time_s, 8 * bound_larger(step->host_out[host], step->host_in[host]) /
                                          fabric->host_rate_bps);
    for (unsigned leaf = 0; leaf < fabric->leaf_count; leaf++)
        if (step->leaf_out[leaf] + step->leaf_in[leaf] > 0)
            time_s = bound_larger(time_s, 8 * bound_larger(step->leaf_out[leaf], step->leaf_in[leaf]) /
                                              leaf_bps[leaf]);
    return time_s;
}

static void bound_add_step(struct bound *bound, const struct bound_step *step, double times)
{
    bound->time_s += times * bound_step_time_s(step);
    bound->crosses_spines |= step->crosses_spines;
}

/* `times` equal steps in which every rank sends `bytes` to the next one. */
static void bound_add_ring(struct bound *bound, const struct bound_case *what, double bytes, double times)
{
    struct bound_step step;
    bound_step_begin(&step, what);
    for (unsigned rank = 0; rank < what->ranks; rank++)
        bound_step_flow(&step, rank, (rank + 1) % what->ranks, bytes);
    bound_add_step(bound, &step, times);
}

/* `times` equal steps in which every rank sends `bytes` to each other one. */
static void bound_add_direct(struct bound *bound, const struct bound_case *what, double bytes, double times)
{
    struct bound_step step;
    bound_step_begin(&step, what);
    for (unsigned from = 0; from < what->ranks; from++)
        for (unsigned to = 0; to < what->ranks; to++)
            if (from != to)
                bound_step_flow(&step, from, to, bytes);
    bound_add_step(bound, &step, times);
}

/* The ranks that halving-doubling exchanges between: `count` positions, a power of two. What is beyond it
 * forms `pairs` among the first ranks, even with odd, and the odd ones only hand over to the even ones and
 * get the result back. A position holds the blocks of its ranks, or, in an all_reduce, an equal share. */
struct bound_positions {
    unsigned count;
    unsigned pairs;
};

static struct bound_positions bound_positions_of(unsigned ranks)
{
    unsigned count = 1;
    while (count * 2 <= ranks)
        count *= 2;
    return (struct bound_positions){count, ranks - count};
}

static unsigned bound_position_rank(const struct bound_positions *positions, unsigned position)
{
    return position < positions->pairs ? 2 * position : position + positions->pairs;
}

static double bound_positions_bytes(const struct bound_case *what, const struct bound_positions *positions,
                                    unsigned first, unsigned count)
{
    if (what->collective == BENCH_ALL_REDUCE)
        return what->bytes * count / positions->count;
    unsigned ranks = bound_position_rank(positions, first + count) - bound_position_rank(positions, first);
    return what->bytes * ranks / what->ranks;
}

static void bound_add_folding(struct bound *bound, const struct bound_case *what,
                              const struct bound_positions *positions, double bytes)
{
    struct bound_step step;
    bound_step_begin(&step, what);
    for (unsigned pair = 0; pair < positions->pairs; pair++)
        bound_step_flow(&step, 2 * pair + 1, 2 * pair, bytes);
    bound_add_step(bound, &step, 1);
}

/* Halvings: partners p/2, p/4, ... 1 positions apart give each other's half of the range that both hold.
 * Doublings are the mirror image, and on links that are alike both ways take as long. */
static void bound_add_halving(struct bound *bound, const struct bound_case *what, double phases)
{
    struct bound_positions positions = bound_positions_of(what->ranks);
    struct bound_step step;
    bound_add_folding(bound, what, &positions, what->bytes);
    bound_add_folding(bound, what, &positions, phases == 2 ? what->bytes : what->bytes / what->ranks);
    for (unsigned distance = positions.count / 2; distance > 0; distance /= 2) {
        bound_step_begin(&step, what);
        for (unsigned position = 0; position < positions.count; position++) {
            unsigned partner = position ^ distance;
            bound_step_flow(&step, bound_position_rank(&positions, position),
                            bound_position_rank(&positions, partner),
                            bound_positions_bytes(what, &positions, partner & ~(distance - 1), distance));
        }
        bound_add_step(bound, &step, phases);
    }
}

/* `phases`: 1 for reduce_scatter and all_gather, 2 for all_reduce, which is one after the other. */
static void bound_add_phases(struct bound *bound, const struct bound_case *what, double phases)
{
    double block = what->bytes / what->ranks;
    enum weft_algorithm algorithm = what->algorithm;
    if (algorithm == WEFT_ALGORITHM_AUTO)
        algorithm =
            what->bytes < BOUND_AUTO_RING_BYTES ? WEFT_ALGORITHM_HALVING_DOUBLING : WEFT_ALGORITHM_RING;
    if (algorithm == WEFT_ALGORITHM_RING)
        bound_add_ring(bound, what, block, phases * (what->ranks - 1));
    else if (algorithm == WEFT_ALGORITHM_DIRECT)
        bound_add_direct(bound, what, block, phases);
    else
        bound_add_halving(bound, what, phases);
}

static void bound_add_broadcast(struct bound *bound, const struct bound_case *what)
{
    struct bound_step step;
    bound_step_begin(&step, what);
    const struct fabric_host *hosts = what->fabric->hosts;
    unsigned root = what->rank_hosts[0], root_leaf = hosts[root].leaf;
    for (unsigned rank = 1; rank < what->ranks; rank++) {
        unsigned host = what->rank_hosts[rank];
        if (host == root)
            continue;
        step.host_out[root] = step.host_in[host] = what->bytes;
        if (hosts[host].leaf == root_leaf)
            continue;
        step.leaf_out[root_leaf] = step.leaf_in[hosts[host].leaf] = what->bytes;
        step.crosses_spines = true;
    }
    bound_add_step(bound, &step, 1);
}

struct bound bound_of(const struct bound_case *what)
{
    struct bound bound = {0, false};
    switch (what->collective) {
    case BENCH_ALL_REDUCE:
        bound_add_phases(&bound, what, 2);
        break;
    case BENCH_REDUCE_SCATTER:
    case BENCH_ALL_GATHER:
        bound_add_phases(&bound, what, 1);
        break;
    case BENCH_ALL_TO_ALL:
        bound_add_direct(&bound, what, what->bytes / what->ranks, 1);
        break;
    case BENCH_SEND_RECEIVE:
        bound_add_ring(&bound, what, what->bytes, 1);
        break;
    case BENCH_BROADCAST:
        bound_add_broadcast(&bound, what);
        break;
    case BENCH_BARRIER:
    case BENCH_COLLECTIVES:
        break;
    }
    return bound;
}
