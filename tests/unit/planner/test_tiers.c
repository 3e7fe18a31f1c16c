/* SPDX-License-Identifier: BSD-3-Clause */
/* What is claimed of fabrics with three tiers: both colourings are near the bound, cores that die are gone
 * around. */
#include "tests/unit/planner/unit.h"

static const struct step_fabric fabric = {.leaves = 16, .spines = 4, .ports = 8, .pods = 4, .cores = 8};
/* No tier has less than the one below it. */
static const struct step_fabric lean = {.leaves = 16, .spines = 8, .ports = 8, .pods = 4, .cores = 4};

static void test_steps_are_near_the_bound(void **state)
{
    (void)state;
    static const struct {
        enum step_pattern pattern;
        uint32_t argument;
    } steps[] = {{STEP_RING_RANDOM, 0}, {STEP_PERMUTATION, 0},       {STEP_EXCHANGE, 8},
                 {STEP_EXCHANGE, 64},   {STEP_ALL_TO_ALL_SOME, 100}, {STEP_RANDOM, 900}};
    for (unsigned i = 0; i < 10 * COUNT_OF(steps); i++) {
        struct step s;
        step_open(&s, i % 2 ? &fabric : &lean, i / 2);
        step_fill(&s, steps[i % COUNT_OF(steps)].pattern, steps[i % COUNT_OF(steps)].argument, 16 * MIB);
        struct planner_plan *plan = unit_plan(&s);
        assert_at_most(planner_ratio(planner_plan_summary(plan)), 1.02);
        planner_plan_destroy(plan);
        step_close(&s);
    }
}

static void test_paths_are_numbered_spine_by_spine(void **state)
{
    (void)state;
    struct step s;
    step_open(&s, &fabric, 1);
    step_fill(&s, STEP_PERMUTATION, 0, MIB);
    struct planner_plan *plan = unit_plan(&s);
    for (uint32_t i = 0; i < s.count; i++) {
        uint32_t count, from = step_leaf_of(&s, s.demands[i].source_port) / 4;
        uint32_t to = step_leaf_of(&s, s.demands[i].destination_port) / 4;
        const struct planner_piece *pieces = planner_plan_pieces(plan, i, &count);
        for (uint32_t k = 0; k < count; k++)
            assert_int_equal(planner_piece_path(plan, &pieces[k]),
                             from == to ? pieces[k].spine : pieces[k].spine * 8u + pieces[k].core);
    }
    planner_plan_destroy(plan);
    step_close(&s);
}

static void test_a_dead_core_is_gone_around(void **state)
{
    (void)state;
    struct step s;
    step_open(&s, &lean, 2);
    step_fill(&s, STEP_ALL_TO_ALL_SOME, 64, MIB);
    struct planner_plan *plan = unit_plan(&s);
    step_set_core_link(&s, 1, 2, 3, 0);
    struct planner_plan *revised = unit_revise(plan, &s);
    const struct planner_summary *summary = planner_plan_summary(revised);
    assert_true(summary->displaced_flows > 0);
    assert_at_most(summary->moved_flows * 10, summary->displaced_flows * 11);
    assert_at_most(planner_ratio(summary), 1.1);
    planner_plan_destroy(revised);
    planner_plan_destroy(plan);
    step_close(&s);
}

/* A pod's spine without any core takes flows inside the pod only. */
static void test_a_spine_without_cores_keeps_its_pod(void **state)
{
    (void)state;
    struct step s;
    step_open(&s, &fabric, 3);
    for (unsigned core = 0; core < 8; core++)
        step_set_core_link(&s, 0, 1, core, 0);
    step_fill(&s, STEP_ALL_TO_ALL_SOME, 64, MIB);
    struct planner_plan *plan = unit_plan(&s);
    assert_int_equal(planner_plan_summary(plan)->unrouted_flows, 0);
    struct planner_link inside = {.kind = PLANNER_LINK_UP, .place = 0, .spine = 1};
    assert_true(planner_plan_load(plan, &inside) > 0);
    uint8_t weights[32];
    assert_int_equal(planner_path_weights(s.fabric, 0, 15, weights, 32), 32);
    for (unsigned path = 0; path < 32; path++)
        assert_int_equal(weights[path], path / 8 == 1 ? 0 : PLANNER_WEIGHT_FULL);
    assert_int_equal(planner_path_weights(s.fabric, 0, 1, weights, 32), 4);
    planner_plan_destroy(plan);
    step_close(&s);
}

/* Its leaves' links are whole, so only what lies behind a spine keeps flows from it. */
static void test_a_spine_with_few_cores_takes_little_out_of_its_pod(void **state)
{
    (void)state;
    struct step s;
    step_open(&s, &lean, 5);
    for (unsigned core = 1; core < 4; core++)
        step_set_core_link(&s, 0, 1, core, 0);
    step_fill(&s, STEP_EXCHANGE, 32, 16 * MIB); /* every flow leaves its pod */
    struct planner_plan *plan = unit_plan(&s);
    assert_at_most(planner_ratio(planner_plan_summary(plan)), 1.05);
    planner_plan_destroy(plan);
    step_close(&s);
}

static void test_a_budget_is_refused(void **state)
{
    (void)state;
    struct step s;
    char error[PLANNER_ERROR_BYTES] = "";
    step_open(&s, &fabric, 4);
    step_fill(&s, STEP_RING, 0, MIB);
    struct planner_options options = unit_options();
    options.budget_ns = 1000;
    struct planner_demands demands = step_demands(&s);
    struct planner_plan *plan;
    assert_true(planner_plan_create(s.fabric, &demands, &options, &plan, error) < 0);
    assert_non_null(strstr(error, "three tiers"));
    step_close(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_steps_are_near_the_bound),
        cmocka_unit_test(test_paths_are_numbered_spine_by_spine),
        cmocka_unit_test(test_a_dead_core_is_gone_around),
        cmocka_unit_test(test_a_spine_without_cores_keeps_its_pod),
        cmocka_unit_test(test_a_spine_with_few_cores_takes_little_out_of_its_pod),
        cmocka_unit_test(test_a_budget_is_refused),
    };
    return cmocka_run_group_tests(tests, 0, 0);
}
