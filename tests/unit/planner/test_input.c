/* SPDX-License-Identifier: BSD-3-Clause */
/* What comes from outside is refused, each with a line that says what and why; sizes that are hostile do no
 * harm. */
#include <errno.h>

#include "tests/unit/planner/unit.h"

static struct planner_port ports[4] = {{0, 1000000}, {0, 1000000}, {1, 1000000}, {1, 1000000}};
static uint64_t links[4] = {1000000, 1000000, 1000000, 1000000};
static uint32_t pods[2] = {0, 1};

static struct planner_fabric_config good_fabric(void)
{
    return (struct planner_fabric_config){.leaf_count = 2,
                                          .spine_count = 2,
                                          .port_count = 4,
                                          .ports = ports,
                                          .up_bytes_per_s = links,
                                          .down_bytes_per_s = links};
}

static void assert_fabric_refused(const struct planner_fabric_config *config, const char *because)
{
    char error[PLANNER_ERROR_BYTES] = "";
    struct planner_fabric *fabric;
    assert_int_equal(planner_fabric_create(config, &fabric, error), -EINVAL);
    if (strstr(error, because) == NULL)
        fail_msg("\"%s\" does not say \"%s\"", error, because);
}

static void test_fabrics_are_refused(void **state)
{
    (void)state;
    struct planner_fabric_config c;
#define REFUSED(change, because) c = good_fabric(), change, assert_fabric_refused(&c, because)
    REFUSED(c.leaf_count = 0, "0 leaves");
    REFUSED(c.leaf_count = UINT32_MAX, "4294967295 leaves");
    REFUSED(c.spine_count = 0, "0 spines");
    REFUSED(c.spine_count = PLANNER_SPINES_MAX + 1, "65 spines");
    REFUSED(c.port_count = 0, "0 ports");
    REFUSED(c.port_count = UINT32_MAX, "4294967295 ports");
    REFUSED(c.ports = NULL, "no ports");
    REFUSED(c.up_bytes_per_s = NULL, "no rates of leaf-to-spine");
    REFUSED(c.down_bytes_per_s = NULL, "no rates of spine-to-leaf");
    REFUSED(c.leaf_count = 1, "port 2 is on leaf 1");
    REFUSED(c.pod_count = 3, "3 pods");
    REFUSED((c.pod_count = 2, c.core_count = 0, c.leaf_pods = pods), "0 cores");
    REFUSED((c.pod_count = 2, c.core_count = 65, c.leaf_pods = pods), "65 cores");
    REFUSED((c.pod_count = 1, c.core_count = 1, c.leaf_pods = pods), "leaf 1 is in pod 1");
    REFUSED((c.pod_count = 2, c.core_count = 1, c.leaf_pods = pods), "spine-to-core");
#undef REFUSED
}

static void test_rates_are_refused(void **state)
{
    (void)state;
    static const uint64_t bad[] = {1, PLANNER_RATE_MIN_BYTES_PER_S - 1, PLANNER_RATE_MAX_BYTES_PER_S + 1,
                                   UINT64_MAX};
    struct planner_fabric_config c = good_fabric();
    for (unsigned i = 0; i < COUNT_OF(bad); i++) {
        links[3] = bad[i];
        assert_fabric_refused(&c, "link 3");
        links[3] = 1000000;
        ports[2].rate_bytes_per_s = bad[i];
        assert_fabric_refused(&c, "port 2");
        ports[2].rate_bytes_per_s = 1000000;
    }
    ports[1].rate_bytes_per_s = 0;
    assert_fabric_refused(&c, "port 1");
    ports[1].rate_bytes_per_s = 1000000;
}

static struct planner_fabric *open_fabric(void)
{
    const struct planner_fabric_config config = good_fabric();
    char error[PLANNER_ERROR_BYTES];
    struct planner_fabric *fabric;
    assert_int_equal(planner_fabric_create(&config, &fabric, error), 0);
    return fabric;
}

static void test_links_that_do_not_exist_are_refused(void **state)
{
    (void)state;
    static const struct planner_link bad[] = {{PLANNER_LINK_UP, 2, 0, 0},
                                              {PLANNER_LINK_DOWN, 0, 2, 0},
                                              {PLANNER_LINK_CORE_UP, 0, 0, 0},
                                              {PLANNER_LINK_UP, UINT32_MAX, UINT16_MAX, UINT16_MAX}};
    const struct planner_link good = {PLANNER_LINK_UP, 1, 1, 0};
    struct planner_fabric *fabric = open_fabric();
    char error[PLANNER_ERROR_BYTES];
    for (unsigned i = 0; i < COUNT_OF(bad); i++) {
        assert_int_equal(planner_fabric_set_rate(fabric, &bad[i], 0, error), -EINVAL);
        assert_int_equal(planner_fabric_rate(fabric, &bad[i]), 0);
    }
    assert_int_equal(planner_fabric_set_rate(fabric, &good, 7, error), -EINVAL);
    assert_int_equal(planner_fabric_rate(fabric, &good), 1000000);
    planner_fabric_destroy(fabric);
}

static void assert_demand_refused(const struct planner_demands *demands,
                                  const struct planner_options *options, const char *because)
{
    struct planner_fabric *fabric = open_fabric();
    struct planner_plan *plan;
    char error[PLANNER_ERROR_BYTES] = "";
    assert_int_equal(planner_plan_create(fabric, demands, options, &plan, error), -EINVAL);
    if (strstr(error, because) == NULL)
        fail_msg("\"%s\" does not say \"%s\"", error, because);
    planner_fabric_destroy(fabric);
}

static void test_demands_are_refused(void **state)
{
    (void)state;
    static const uint32_t high[] = {0, PLANNER_PRIORITY_MAX + 1};
    struct planner_options options = unit_options();
    struct planner_demand demand = {0, 4, 1, 0};
    struct planner_demands demands = {.demands = &demand, .count = 1};
    assert_demand_refused(&demands, &options, "ports 0 to 3");
    demand = (struct planner_demand){UINT32_MAX, 0, 1, 0};
    assert_demand_refused(&demands, &options, "ports 0 to 3");
    demand = (struct planner_demand){0, 2, PLANNER_BYTES_MAX + 1, 0};
    assert_demand_refused(&demands, &options, "at most 1 PiB");
    demand = (struct planner_demand){0, 2, PLANNER_BYTES_MAX, 0};
    assert_demand_refused(&demands, &options, "13 days");
    demand = (struct planner_demand){0, 2, 1, 2};
    demands.job_priorities = high;
    demands.job_count = 2;
    assert_demand_refused(&demands, &options, "job 2");
    demand.job = 1;
    assert_demand_refused(&demands, &options, "priority 1024");
    demands = (struct planner_demands){.demands = NULL, .count = 1};
    assert_demand_refused(&demands, &options, "1 demands");
    demands = (struct planner_demands){.demands = &demand, .count = UINT32_MAX};
    assert_demand_refused(&demands, &options, "4294967295 demands");
}

static void test_demands_that_add_up_to_too_much_are_refused(void **state)
{
    (void)state;
    struct planner_demand many[9];
    struct planner_options options = unit_options();
    struct planner_demands demands = {.demands = many, .count = 9};
    for (unsigned i = 0; i < 9; i++)
        many[i] = (struct planner_demand){0, 2, PLANNER_BYTES_MAX, 0};
    assert_demand_refused(&demands, &options, "8 PiB");
}

static void test_options_are_refused(void **state)
{
    (void)state;
    struct planner_demand demand = {0, 2, 1, 0};
    struct planner_demands demands = {.demands = &demand, .count = 1};
    struct planner_options options = unit_options();
    options.accept_per_mille = UINT32_MAX;
    assert_demand_refused(&demands, &options, "per mille");
    options = unit_options();
    options.moves_per_cent = UINT32_MAX;
    assert_demand_refused(&demands, &options, "per cent");
}

static void test_the_largest_and_the_smallest_are_planned(void **state)
{
    (void)state;
    static const struct planner_options all[] = {
        {0},
        {.piece_bytes_min = UINT32_MAX, .granule_bytes = UINT32_MAX, .accept_per_mille = 10000},
        {.piece_bytes_min = 1, .granule_bytes = UINT32_MAX},
        {.piece_bytes_min = 1, .granule_bytes = 1, .budget_ns = UINT64_MAX},
        {.piece_bytes_min = 1, .granule_bytes = 1, .budget_ns = 1},
    };
    const struct planner_demand largest[] = {{0, 2, 1ull << 39, 0}, {1, 3, 0, 0}, {3, 0, 1, 0}, {2, 2, 5, 0}};
    struct step s = {.fabric = open_fabric()};
    struct planner_demands demands = {.demands = largest, .count = 4};
    for (unsigned i = 0; i < COUNT_OF(all); i++)
        planner_plan_destroy(unit_plan_with(&s, &demands, &all[i]));
    demands.count = 0;
    for (unsigned i = 0; i < COUNT_OF(all); i++) {
        struct planner_plan *plan = unit_plan_with(&s, &demands, &all[i]);
        assert_int_equal(planner_plan_summary(plan)->pieces, 0);
        assert_true(planner_ratio(planner_plan_summary(plan)) == 1);
        planner_plan_destroy(plan);
    }
    planner_fabric_destroy(s.fabric);
}

static void test_weights(void **state)
{
    (void)state;
    assert_int_equal(planner_weight(800, 800), 8);
    assert_int_equal(planner_weight(800, 900), 8);
    assert_int_equal(planner_weight(800, 751), 8);
    assert_int_equal(planner_weight(800, 749), 7);
    assert_int_equal(planner_weight(800, 400), 4);
    assert_int_equal(planner_weight(800, 1), 1);
    assert_int_equal(planner_weight(800, 0), 0);
    assert_int_equal(planner_weight(UINT64_MAX, UINT64_MAX / 2), 4);
    assert_int_equal(planner_weighted_rate(50000000000, 4), 25000000000);
    struct planner_fabric *fabric = open_fabric();
    uint8_t weights[2];
    const struct planner_link slow = {PLANNER_LINK_DOWN, 1, 1, 0};
    char error[PLANNER_ERROR_BYTES];
    assert_int_equal(planner_fabric_set_rate(fabric, &slow, 500000, error), 0);
    assert_int_equal(planner_path_weights(fabric, 0, 1, weights, 2), 2);
    assert_int_equal(weights[0], 8);
    assert_int_equal(weights[1], 4);
    assert_int_equal(planner_path_weights(fabric, 1, 0, weights, 2), 2);
    assert_int_equal(weights[1], 8);
    assert_int_equal(planner_path_weights(fabric, 0, 9, weights, 2), 0);
    planner_fabric_destroy(fabric);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_fabrics_are_refused),
        cmocka_unit_test(test_rates_are_refused),
        cmocka_unit_test(test_links_that_do_not_exist_are_refused),
        cmocka_unit_test(test_demands_are_refused),
        cmocka_unit_test(test_demands_that_add_up_to_too_much_are_refused),
        cmocka_unit_test(test_options_are_refused),
        cmocka_unit_test(test_the_largest_and_the_smallest_are_planned),
        cmocka_unit_test(test_weights),
    };
    return cmocka_run_group_tests(tests, 0, 0);
}
