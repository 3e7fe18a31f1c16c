/* SPDX-License-Identifier: BSD-3-Clause */
#include "tests/unit/sim/unit.h"

#include "tools/sim/bound.h"

/* A byte a nanosecond, packets of 1000 bytes with 100 around them: a flow of 10000 bytes takes 11000 ns. */
static const struct link_config link_of_test = {.rate_bytes_per_s = 1000000000, .queue_limit_bytes = 1 << 20};
static const uint32_t hosts[] = {0, 1, 2, 3, 4, 5, 6, 7};

static struct topology make(unsigned spines)
{
    struct topology t;
    topology_init(&t,
                  &(struct topology_config){.shape = {.pods = 1, .leaves = 2, .spines = spines, .hosts = 4},
                                            .host_link = link_of_test,
                                            .fabric_link = link_of_test});
    return t;
}

static double bound(const struct topology *t, const struct workload *w, unsigned iterations)
{
    return bound_ns(&(struct bound_case){.topology = t,
                                         .workload = w,
                                         .rank_hosts = hosts,
                                         .iterations = iterations,
                                         .payload_bytes = 1000,
                                         .overhead_bytes = 100,
                                         .base_rtt_ns = 500});
}

static const struct workload across = {.kind = WORKLOAD_EXCHANGE, .ranks = 8, .bytes = 10000, .stride = 4};

static void the_port_bounds_where_spines_are_enough(void **state)
{
    (void)state;
    struct topology t = make(4);
    assert_float_equal(bound(&t, &across, 1), 11500, 1);
    assert_float_equal(bound(&t, &across, 3), 33500, 1);
    topology_destroy(&t);
}

static void the_uplinks_bound_where_they_are_few(void **state)
{
    (void)state;
    struct topology t = make(2);
    assert_float_equal(bound(&t, &across, 1), 22500, 1);
    topology_destroy(&t);
}

static void a_dead_uplink_counts_nothing(void **state)
{
    (void)state;
    struct topology t = make(4);
    struct link_fault down = link_healthy;
    down.down = true;
    link_set_fault(&t.links[t.first_leaf_to_spine], &down);
    assert_float_equal(bound(&t, &across, 1), 500 + 11000.0 * 4 / 3, 1);
    topology_destroy(&t);
}

static void within_a_leaf_no_spine_is_needed(void **state)
{
    (void)state;
    struct topology t = make(1);
    const struct workload w = {.kind = WORKLOAD_EXCHANGE, .ranks = 8, .bytes = 10000, .stride = 1};
    assert_float_equal(bound(&t, &w, 1), 11500, 1);
    topology_destroy(&t);
}

static void an_incast_is_bounded_by_its_receiver(void **state)
{
    (void)state;
    struct topology t = make(4);
    const struct workload w = {.kind = WORKLOAD_INCAST, .ranks = 8, .bytes = 10000};
    assert_float_equal(bound(&t, &w, 1), 77500, 1);
    topology_destroy(&t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(the_port_bounds_where_spines_are_enough),
                                       cmocka_unit_test(the_uplinks_bound_where_they_are_few),
                                       cmocka_unit_test(a_dead_uplink_counts_nothing),
                                       cmocka_unit_test(within_a_leaf_no_spine_is_needed),
                                       cmocka_unit_test(an_incast_is_bounded_by_its_receiver)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
