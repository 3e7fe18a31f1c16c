/* SPDX-License-Identifier: BSD-3-Clause */
/* The small formulas: percentiles, bus factors, shapes, imbalance, stalls. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tools/bench/collective.h"
#include "tools/bench/link_load.h"
#include "tools/bench/stall.h"
#include "tools/bench/statistics.h"

static void percentiles_are_by_nearest_rank(void **state)
{
    (void)state;
    uint64_t five[] = {50, 10, 40, 20, 30};
    struct statistics statistics = statistics_of(five, 5);
    assert_int_equal(statistics.p50_ns, 30);
    assert_int_equal(statistics.p99_ns, 50);
    assert_int_equal(statistics.min_ns, 10);
    assert_int_equal(statistics.max_ns, 50);
    uint64_t one[] = {7};
    assert_int_equal(statistics_of(one, 1).p99_ns, 7);
    uint64_t many[200];
    for (unsigned i = 0; i < 200; i++)
        many[i] = 200 - i;
    statistics = statistics_of(many, 200);
    assert_int_equal(statistics.p50_ns, 100);
    assert_int_equal(statistics.p99_ns, 198);
}

static void bus_factors_are_those_of_nccl_tests(void **state)
{
    (void)state;
    assert_float_equal(collective_bus_factor(BENCH_ALL_REDUCE, 8), 1.75, 1e-9);
    assert_float_equal(collective_bus_factor(BENCH_ALL_GATHER, 8), 0.875, 1e-9);
    assert_float_equal(collective_bus_factor(BENCH_ALL_TO_ALL, 4), 0.75, 1e-9);
    assert_float_equal(collective_bus_factor(BENCH_BROADCAST, 4), 1, 1e-9);
    assert_float_equal(collective_bus_factor(BENCH_ALL_REDUCE, 1), 0, 1e-9);
}

static void shapes_are_cut_to_whole_blocks(void **state)
{
    (void)state;
    struct collective_shape shape = collective_shape_of(BENCH_REDUCE_SCATTER, 1000, 7, 4);
    assert_int_equal(shape.count, 35);
    assert_int_equal(shape.bytes, 980);
    assert_int_equal(shape.in_bytes, 980);
    assert_int_equal(shape.out_bytes, 140);
    shape = collective_shape_of(BENCH_ALL_REDUCE, 1003, 7, 4);
    assert_int_equal(shape.count, 250);
    assert_int_equal(shape.bytes, 1000);
    assert_int_equal(collective_shape_of(BENCH_BARRIER, 1000, 7, 4).bytes, 0);
}

static void even_loads_have_no_imbalance(void **state)
{
    (void)state;
    const struct link_load loads[] = {
        {0, 0, true, 100, 90}, {0, 1, true, 100, 90}, {1, 0, true, 90, 100}, {1, 1, true, 90, 100}};
    assert_float_equal(link_load_over_even_spread(loads, 4), 1, 1e-9);
    assert_float_equal(link_load_imbalance(loads, 4), 100 / 95.0, 1e-9);
}

static void the_hottest_link_is_compared_with_an_even_spread(void **state)
{
    (void)state;
    const struct link_load loads[] = {
        {0, 0, true, 150, 0}, {0, 1, true, 50, 0}, {1, 0, true, 0, 150}, {1, 1, true, 0, 50}};
    assert_float_equal(link_load_over_even_spread(loads, 4), 1.5, 1e-9);
    assert_float_equal(link_load_imbalance(loads, 2), 1.5, 1e-9);
}

static void a_dead_link_is_not_part_of_the_mean(void **state)
{
    (void)state;
    const struct link_load loads[] = {{0, 0, true, 100, 0}, {0, 1, false, 0, 0}, {0, 2, true, 100, 0}};
    assert_float_equal(link_load_imbalance(loads, 3), 1, 1e-9);
    assert_float_equal(link_load_over_even_spread(loads, 3), 1, 1e-9);
}

static void acks_of_an_idle_leaf_do_not_count(void **state)
{
    (void)state;
    const struct link_load loads[] = {{0, 0, true, 1000, 9}, {0, 1, true, 1000, 1}};
    assert_float_equal(link_load_over_even_spread(loads, 2), 1, 1e-9);
    assert_float_equal(link_load_over_even_spread(loads, 0), 0, 1e-9);
    assert_float_equal(link_load_imbalance(loads, 0), 0, 1e-9);
}

static void the_longest_silence_of_any_host_is_the_stall(void **state)
{
    (void)state;
    /* 8 Gb/s: a byte a nanosecond. Host 1 stops between 2000 and 5000. */
    uint64_t received[][2] = {{0, 0},       {1000, 900},  {2000, 1800}, {3000, 1850},
                              {4000, 1900}, {5000, 1990}, {6000, 2900}, {6000, 3800}};
    struct stall_sample samples[8];
    for (unsigned i = 0; i < 8; i++)
        samples[i] = (struct stall_sample){i * 1000, received[i]};
    struct stall_window window = {samples, 8, 2, 8e9, 1000, 6000};
    assert_int_equal(stall_longest_ns(&window), 3000);
    window.from_ns = 3000;
    assert_int_equal(stall_longest_ns(&window), 2000);
    window.host_count = 1; /* host 0 is silent only after the end of the window */
    assert_int_equal(stall_longest_ns(&window), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(percentiles_are_by_nearest_rank),
        cmocka_unit_test(bus_factors_are_those_of_nccl_tests),
        cmocka_unit_test(shapes_are_cut_to_whole_blocks),
        cmocka_unit_test(even_loads_have_no_imbalance),
        cmocka_unit_test(the_hottest_link_is_compared_with_an_even_spread),
        cmocka_unit_test(a_dead_link_is_not_part_of_the_mean),
        cmocka_unit_test(acks_of_an_idle_leaf_do_not_count),
        cmocka_unit_test(the_longest_silence_of_any_host_is_the_stall),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
