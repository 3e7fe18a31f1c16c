/* SPDX-License-Identifier: BSD-3-Clause */
/* What is claimed of revised plans: only what must move moves, the ratio stays near the new bound, and links
 * that come back are used again. */
#include "tests/unit/planner/unit.h"

static const struct step_fabric fabric = {.leaves = 12, .spines = 8, .ports = 16};

static bool piece_touches(const struct step *s, const struct planner_plan *plan,
                          const struct planner_piece *piece, uint32_t leaf, unsigned spine)
{
    uint32_t count;
    const struct planner_demand *d = &planner_plan_demands(plan, &count)[piece->demand];
    return piece->spine == spine &&
           (step_leaf_of(s, d->source_port) == leaf || step_leaf_of(s, d->destination_port) == leaf);
}

static bool flow_touches(const struct step *s, const struct planner_plan *plan, uint32_t demand,
                         uint32_t leaf, unsigned spine)
{
    uint32_t count;
    const struct planner_piece *pieces = planner_plan_pieces(plan, demand, &count);
    for (uint32_t i = 0; i < count; i++) {
        if (piece_touches(s, plan, &pieces[i], leaf, spine))
            return true;
    }
    return false;
}

static uint32_t count_displaced(const struct step *s, const struct planner_plan *plan, uint32_t leaf,
                                unsigned spine)
{
    uint32_t displaced = 0;
    for (uint32_t i = 0; i < s->count; i++)
        displaced += flow_touches(s, plan, i, leaf, spine);
    return displaced;
}

static void assert_one_death(enum step_pattern pattern, uint32_t argument, uint64_t seed)
{
    struct step s;
    step_open(&s, &fabric, seed);
    step_fill(&s, pattern, argument, 16 * MIB);
    struct planner_plan *plan = unit_plan(&s);
    uint32_t leaf = (uint32_t)(seed % fabric.leaves), expected = count_displaced(&s, plan, leaf, 3);
    step_set_link(&s, leaf, 3, 0);
    struct planner_plan *revised = unit_revise(plan, &s);
    const struct planner_summary *summary = planner_plan_summary(revised);
    uint32_t changed, none;
    assert_int_equal(summary->displaced_flows, expected);
    assert_non_null(planner_plan_changed(revised, &changed));
    assert_int_equal(changed, summary->moved_flows);
    assert_null(planner_plan_changed(plan, &none));
    assert_true(summary->moved_flows >= expected);
    assert_at_most(summary->moved_flows * 10, expected * 11);
    /* With s spines, s - 1 links share what one carried; others that moved could have made room for it whole.
     */
    assert_at_most(planner_ratio(summary), 1.04 * (1 + 1.0 / (fabric.spines - 1)));
    planner_plan_destroy(revised);
    planner_plan_destroy(plan);
    step_close(&s);
}

static void test_one_link_dies_and_only_its_flows_move(void **state)
{
    (void)state;
    for (uint64_t seed = 0; seed < 30; seed++) {
        assert_one_death(STEP_PERMUTATION, 0, seed);
        assert_one_death(STEP_RING_RANDOM, 0, seed);
        assert_one_death(STEP_EXCHANGE, 16, seed);
    }
    for (uint64_t seed = 0; seed < 3; seed++)
        assert_one_death(STEP_ALL_TO_ALL, 0, seed);
}

/* The same, but others may move as well. */
static void test_more_moves_bring_the_bound(void **state)
{
    (void)state;
    for (uint64_t seed = 0; seed < 30; seed++) {
        struct step s;
        step_open(&s, &fabric, seed);
        step_fill(&s, STEP_PERMUTATION, 0, 16 * MIB);
        struct planner_options options = unit_options();
        options.moves_per_cent = 1000;
        struct planner_demands demands = step_demands(&s);
        struct planner_plan *plan = unit_plan_with(&s, &demands, &options);
        step_set_link(&s, 1, 3, 0);
        struct planner_plan *revised = unit_revise(plan, &s);
        assert_at_most(planner_ratio(planner_plan_summary(revised)), 1.02);
        planner_plan_destroy(revised);
        planner_plan_destroy(plan);
        step_close(&s);
    }
}

static void test_nothing_changed_and_nothing_moves(void **state)
{
    (void)state;
    struct step s;
    step_open(&s, &fabric, 1);
    step_set_link(&s, 2, 2, s.shape.rate_bytes_per_s / 2);
    step_fill(&s, STEP_RANDOM, 700, 3 * MIB);
    struct planner_plan *plan = unit_plan(&s), *revised = unit_revise(plan, &s);
    assert_int_equal(planner_plan_summary(revised)->moved_flows, 0);
    unit_assert_same_pieces(plan, revised);
    planner_plan_destroy(revised);
    planner_plan_destroy(plan);
    step_close(&s);
}

static void test_a_link_at_half_rate_keeps_half(void **state)
{
    (void)state;
    struct step s;
    step_open(&s, &fabric, 2);
    step_fill(&s, STEP_ALL_TO_ALL, 0, MIB);
    struct planner_plan *plan = unit_plan(&s);
    struct planner_link link = {.kind = PLANNER_LINK_UP, .place = 5, .spine = 1};
    uint64_t before = planner_plan_load(plan, &link);
    step_set_link(&s, 5, 1, s.shape.rate_bytes_per_s / 2);
    struct planner_plan *revised = unit_revise(plan, &s);
    const struct planner_summary *summary = planner_plan_summary(revised);
    assert_int_equal(summary->displaced_flows, 0);
    assert_at_most(planner_ratio(summary), 1.02);
    assert_at_most(planner_plan_load(revised, &link), before * 6 / 10);
    /* Half of the link's flows of each direction, and few others. */
    assert_at_most(summary->moved_flows, before / MIB * 11 / 10);
    planner_plan_destroy(revised);
    planner_plan_destroy(plan);
    step_close(&s);
}

static void test_a_link_that_comes_back_is_used(void **state)
{
    (void)state;
    struct step s;
    step_open(&s, &fabric, 3);
    step_fill(&s, STEP_ALL_TO_ALL, 0, MIB);
    step_set_link(&s, 4, 6, 0);
    struct planner_options options = unit_options();
    options.moves_per_cent = 1000;
    struct planner_demands demands = step_demands(&s);
    struct planner_plan *degraded = unit_plan_with(&s, &demands, &options);
    step_set_link(&s, 4, 6, s.shape.rate_bytes_per_s);
    struct planner_plan *healed = unit_revise(degraded, &s);
    struct planner_link link = {.kind = PLANNER_LINK_UP, .place = 4, .spine = 6};
    assert_true(planner_plan_load(healed, &link) > 0);
    assert_at_most(planner_ratio(planner_plan_summary(healed)), 1.02);
    planner_plan_destroy(healed);
    planner_plan_destroy(degraded);
    step_close(&s);
}

/* Links die and heal one after the other: plans stay valid and near the bound, and never get worse for it. */
static void test_many_changes_one_after_the_other(void **state)
{
    (void)state;
    struct step s;
    step_open(&s, &fabric, 4);
    step_fill(&s, STEP_ALL_TO_ALL_SOME, 60, MIB);
    struct planner_plan *plan = unit_plan(&s);
    for (unsigned i = 0; i < 60; i++) {
        uint32_t leaf = (uint32_t)step_random(&s, fabric.leaves);
        unsigned spine = (unsigned)step_random(&s, fabric.spines), weight = (unsigned)step_random(&s, 3) * 4;
        step_set_link(&s, leaf, spine, planner_weighted_rate(s.shape.rate_bytes_per_s, weight));
        struct planner_plan *next = unit_revise(plan, &s), *fresh = unit_plan(&s);
        assert_at_most(planner_ratio(planner_plan_summary(next)),
                       1.05 * planner_ratio(planner_plan_summary(fresh)));
        planner_plan_destroy(fresh);
        planner_plan_destroy(plan);
        plan = next;
    }
    planner_plan_destroy(plan);
    step_close(&s);
}

static void test_a_leaf_that_is_cut_off_and_comes_back(void **state)
{
    (void)state;
    struct step s;
    step_open(&s, &fabric, 5);
    step_fill(&s, STEP_EXCHANGE, 16, MIB);
    struct planner_plan *plan = unit_plan(&s);
    for (unsigned spine = 0; spine < fabric.spines; spine++)
        step_set_link(&s, 0, spine, 0);
    struct planner_plan *cut_off = unit_revise(plan, &s);
    assert_int_equal(planner_plan_summary(cut_off)->unrouted_flows, 32);
    for (unsigned spine = 0; spine < fabric.spines; spine++)
        step_set_link(&s, 0, spine, s.shape.rate_bytes_per_s);
    struct planner_plan *back = unit_revise(cut_off, &s);
    assert_int_equal(planner_plan_summary(back)->unrouted_flows, 0);
    assert_at_most(planner_ratio(planner_plan_summary(back)), 1.02);
    planner_plan_destroy(back);
    planner_plan_destroy(cut_off);
    planner_plan_destroy(plan);
    step_close(&s);
}

static void test_the_judge_refuses_a_plan_with_a_dead_link(void **state)
{
    (void)state;
    struct step s;
    char error[PLANNER_ERROR_BYTES] = "";
    step_open(&s, &fabric, 6);
    step_fill(&s, STEP_ALL_TO_ALL, 0, MIB);
    struct planner_plan *plan = unit_plan(&s);
    step_set_link(&s, 7, 7, 0);
    assert_true(planner_plan_check(plan, s.fabric, error) < 0);
    assert_non_null(strstr(error, "dead link leaf7-spine7"));
    planner_plan_destroy(plan);
    step_close(&s);
}

static void test_another_fabric_is_refused(void **state)
{
    (void)state;
    struct step s, other;
    char error[PLANNER_ERROR_BYTES] = "";
    const struct step_fabric wider = {.leaves = 12, .spines = 9, .ports = 16};
    step_open(&s, &fabric, 7);
    step_open(&other, &wider, 7);
    step_fill(&s, STEP_RING, 0, MIB);
    struct planner_plan *plan = unit_plan(&s), *revised;
    assert_true(planner_plan_revise(plan, other.fabric, &revised, error) < 0);
    assert_non_null(strstr(error, "make a new plan"));
    assert_true(planner_plan_check(plan, other.fabric, error) < 0);
    planner_plan_destroy(plan);
    step_close(&s);
    step_close(&other);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_one_link_dies_and_only_its_flows_move),
        cmocka_unit_test(test_more_moves_bring_the_bound),
        cmocka_unit_test(test_nothing_changed_and_nothing_moves),
        cmocka_unit_test(test_a_link_at_half_rate_keeps_half),
        cmocka_unit_test(test_a_link_that_comes_back_is_used),
        cmocka_unit_test(test_many_changes_one_after_the_other),
        cmocka_unit_test(test_a_leaf_that_is_cut_off_and_comes_back),
        cmocka_unit_test(test_the_judge_refuses_a_plan_with_a_dead_link),
        cmocka_unit_test(test_another_fabric_is_refused),
    };
    return cmocka_run_group_tests(tests, 0, 0);
}
