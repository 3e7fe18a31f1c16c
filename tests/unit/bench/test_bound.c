/* SPDX-License-Identifier: BSD-3-Clause */
/* Bounds worked out by hand for small fabrics. Rates are chosen so that a byte takes 8 ns on a host link. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "tools/bench/bound.h"
#include "tools/bench/placement.h"

static struct fabric fabric;

static void make_fabric(unsigned leaves, unsigned spines, unsigned hosts_per_leaf, double host_bps,
                        double link_bps)
{
    memset(&fabric, 0, sizeof fabric);
    fabric.leaf_count = leaves;
    fabric.spine_count = spines;
    fabric.host_count = leaves * hosts_per_leaf;
    fabric.link_count = leaves * spines;
    fabric.host_rate_bps = host_bps;
    for (unsigned host = 0; host < fabric.host_count; host++)
        fabric.hosts[host].leaf = host / hosts_per_leaf;
    for (unsigned link = 0; link < fabric.link_count; link++)
        fabric.links[link] =
            (struct fabric_link){.leaf = link / spines, .spine = link % spines, .rate_bps = link_bps};
}

static struct bound bound_for(enum bench_collective collective, enum weft_algorithm algorithm, unsigned ranks,
                              const char *placement_text, double bytes)
{
    unsigned rank_hosts[64];
    struct placement placement;
    assert_int_equal(placement_parse(placement_text, &placement), 0);
    placement_make(&placement, &fabric, ranks, rank_hosts);
    return bound_of(&(struct bound_case){&fabric, rank_hosts, ranks, collective, algorithm, bytes});
}

#define assert_time(bound, time) assert_float_equal((bound).time_s, time, 1e-9)

static void ring_on_a_full_fabric_is_limited_by_host_links(void **state)
{
    (void)state;
    make_fabric(2, 4, 4, 1e9, 1e9);
    struct bound bound = bound_for(BENCH_ALL_REDUCE, WEFT_ALGORITHM_RING, 8, "scattered", 8e6);
    assert_time(bound, 14 * 1e6 * 8 / 1e9); /* 14 steps of 1 MB at 1 Gb/s */
    assert_true(bound.crosses_spines);
    assert_time(bound_for(BENCH_ALL_GATHER, WEFT_ALGORITHM_RING, 8, "scattered", 8e6), 7 * 1e6 * 8 / 1e9);
}

static void ring_is_limited_by_thin_uplinks_only_when_scattered(void **state)
{
    (void)state;
    make_fabric(2, 4, 4, 1e9, 0.25e9); /* a leaf has 1 Gb/s towards the spines for hosts of 4 Gb/s together */
    assert_time(bound_for(BENCH_REDUCE_SCATTER, WEFT_ALGORITHM_RING, 8, "scattered", 8e6), 7 * 4e6 * 8 / 1e9);
    assert_time(bound_for(BENCH_REDUCE_SCATTER, WEFT_ALGORITHM_RING, 8, "block", 8e6), 7 * 1e6 * 8 / 1e9);
}

static void all_to_all_counts_only_what_crosses(void **state)
{
    (void)state;
    make_fabric(2, 4, 4, 1e9, 0.25e9);
    /* each of 4 hosts sends 4 blocks of 1 MB through 1 Gb/s of uplinks: 16 MB; host links carry 7 MB */
    assert_time(bound_for(BENCH_ALL_TO_ALL, WEFT_ALGORITHM_AUTO, 8, "block", 8e6), 16e6 * 8 / 1e9);
    make_fabric(2, 4, 4, 1e9, 1e9);
    assert_time(bound_for(BENCH_ALL_TO_ALL, WEFT_ALGORITHM_AUTO, 8, "block", 8e6), 7e6 * 8 / 1e9);
}

static void halving_doubling_sums_its_steps(void **state)
{
    (void)state;
    make_fabric(2, 4, 4, 1e9, 1e9);
    struct bound bound = bound_for(BENCH_ALL_REDUCE, WEFT_ALGORITHM_HALVING_DOUBLING, 8, "block", 8e6);
    assert_time(bound, 2 * (4e6 + 2e6 + 1e6) * 8 / 1e9);
    /* five ranks: 1 folds into 0 and gets its block; then four positions hold 2, 1, 1 and 1 blocks of 1 MB */
    bound = bound_for(BENCH_REDUCE_SCATTER, WEFT_ALGORITHM_HALVING_DOUBLING, 5, "block", 5e6);
    assert_time(bound, (5e6 + 1e6 + 3e6 + 2e6) * 8 / 1e9);
    bound = bound_for(BENCH_ALL_REDUCE, WEFT_ALGORITHM_HALVING_DOUBLING, 5, "block", 8e6);
    assert_time(bound, 2 * (8e6 + 4e6 + 2e6) * 8 / 1e9);
}

static void traffic_inside_a_leaf_or_a_host_does_not_cross(void **state)
{
    (void)state;
    make_fabric(2, 4, 4, 1e9, 1e9);
    struct bound bound = bound_for(BENCH_ALL_REDUCE, WEFT_ALGORITHM_RING, 4, "block", 8e6);
    assert_false(bound.crosses_spines);
    assert_time(bound, 6 * 2e6 * 8 / 1e9);
    assert_false(bound_for(BENCH_ALL_TO_ALL, WEFT_ALGORITHM_AUTO, 8, "block", 0).crosses_spines);
    make_fabric(1, 1, 1, 1e9, 1e9);
    assert_time(bound_for(BENCH_ALL_REDUCE, WEFT_ALGORITHM_RING, 3, "block", 8e6), 0);
}

static void broadcast_enters_every_other_host_once(void **state)
{
    (void)state;
    make_fabric(3, 2, 2, 1e9, 0.25e9);
    assert_time(bound_for(BENCH_BROADCAST, WEFT_ALGORITHM_AUTO, 6, "block", 1e6), 1e6 * 8 / 0.5e9);
    assert_time(bound_for(BENCH_BROADCAST, WEFT_ALGORITHM_AUTO, 2, "block", 1e6), 1e6 * 8 / 1e9);
    assert_time(bound_for(BENCH_BARRIER, WEFT_ALGORITHM_AUTO, 6, "block", 0), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(ring_on_a_full_fabric_is_limited_by_host_links),
        cmocka_unit_test(ring_is_limited_by_thin_uplinks_only_when_scattered),
        cmocka_unit_test(all_to_all_counts_only_what_crosses),
        cmocka_unit_test(halving_doubling_sums_its_steps),
        cmocka_unit_test(traffic_inside_a_leaf_or_a_host_does_not_cross),
        cmocka_unit_test(broadcast_enters_every_other_host_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
