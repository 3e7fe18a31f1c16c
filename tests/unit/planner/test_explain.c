/* SPDX-License-Identifier: BSD-3-Clause */
/* Every reason that a flow can have for its place is told, with the links it speaks of. */
#include <errno.h>

#include "control/planner/explain.h"
#include "tests/unit/planner/unit.h"

static const struct step_fabric fabric = {.leaves = 3, .spines = 4, .ports = 6};

static void assert_says(const struct planner_plan *plan, uint32_t demand, const char *what)
{
    char text[2048];
    uint32_t length = planner_explain_flow_text(plan, demand, text, sizeof(text));
    assert_int_equal(length, strlen(text));
    if (strstr(text, what) == NULL)
        fail_msg("\"%s\" does not say \"%s\"", text, what);
}

static void test_whole_local_and_split_flows(void **state)
{
    (void)state;
    struct step s;
    step_open(&s, &fabric, 1);
    step_add(&s, 0, 1, MIB, 0);
    for (uint32_t i = 0; i < 5; i++)
        step_add(&s, i, 6 + i, 16 * MIB, 0);
    struct planner_plan *plan = unit_plan(&s);
    assert_says(plan, 0, "local: source and destination are on one leaf");
    unsigned split = 0;
    for (uint32_t i = 1; i <= 5; i++) {
        uint32_t count;
        planner_plan_pieces(plan, i, &count);
        assert_says(plan, i, count > 1 ? "split: no spine had room" : "coloured: whole");
        split += count > 1;
    }
    assert_int_equal(split, 1);
    planner_plan_destroy(plan);
    step_close(&s);
}

static void test_a_moved_flow_names_the_link_and_its_candidates(void **state)
{
    (void)state;
    struct step s;
    step_open(&s, &fabric, 2);
    for (uint32_t i = 0; i < 4; i++)
        step_add(&s, i, 6 + i, 16 * MIB, 3);
    struct planner_plan *plan = unit_plan(&s);
    uint32_t moved = 0, count;
    while (planner_plan_pieces(plan, moved, &count)->spine != 2)
        moved++;
    struct planner_link down = {PLANNER_LINK_DOWN, 1, 2, 0};
    char error[PLANNER_ERROR_BYTES];
    assert_int_equal(planner_fabric_set_rate(s.fabric, &down, 0, error), 0);
    struct planner_plan *revised = unit_revise(plan, &s);
    assert_says(revised, moved, "moved: a link that it used is dead");
    assert_says(revised, moved, "it was on leaf1-spine2 down");
    assert_says(revised, moved, "spine2: dead");
    struct planner_flow_explanation e;
    assert_int_equal(planner_explain_flow(revised, moved, &e), 0);
    assert_int_equal(e.candidate_count, 4);
    assert_false(e.candidates[2].live);
    uint64_t bytes = 0;
    for (unsigned i = 0; i < 4; i++)
        bytes += e.candidates[i].flow_bytes;
    assert_int_equal(bytes, 16 * MIB);
    planner_plan_destroy(revised);
    planner_plan_destroy(plan);
    step_close(&s);
}

static void test_a_link_names_its_flows(void **state)
{
    (void)state;
    struct step s;
    step_open(&s, &fabric, 3);
    step_fill(&s, STEP_ALL_TO_ALL, 0, MIB);
    struct planner_plan *plan = unit_plan(&s);
    for (uint32_t i = 0; i < 2 * 3 * 4; i++) {
        struct planner_link link = {i % 2 ? PLANNER_LINK_UP : PLANNER_LINK_DOWN, i / 2 / 4,
                                    (uint16_t)(i / 2 % 4), 0};
        struct planner_link_flow flows[100];
        uint32_t count = planner_explain_link(plan, &link, flows, 100);
        uint64_t bytes = 0;
        assert_in_range(count, 1, 100);
        for (uint32_t k = 0; k < count; k++)
            bytes += flows[k].bytes;
        assert_int_equal(bytes, planner_plan_load(plan, &link));
        assert_int_equal(planner_explain_link(plan, &link, NULL, 0), count);
    }
    planner_plan_destroy(plan);
    step_close(&s);
}

static void test_flows_without_a_path_or_a_place(void **state)
{
    (void)state;
    struct step s;
    step_open(&s, &fabric, 4);
    for (unsigned spine = 0; spine < 4; spine++)
        step_set_link(&s, 2, spine, 0);
    step_add(&s, 0, 12, MIB, 0);
    step_add(&s, 0, 6, MIB, 0);
    step_add(&s, 0, 7, MIB, 0);
    struct planner_options options = unit_options();
    options.budget_ns = 30000; /* port 0 sends 1 MiB in 21 us */
    struct planner_demands demands = step_demands(&s);
    struct planner_plan *plan = unit_plan_with(&s, &demands, &options);
    assert_says(plan, 0, "unrouted: no live path joins its leaves");
    assert_says(plan, 1, "coloured");
    assert_says(plan, 2, "deferred: it did not fit within the budget");
    assert_int_equal(planner_plan_summary(plan)->deferred_flows, 1);
    planner_plan_destroy(plan);
    step_close(&s);
}

static void test_what_is_not_there_and_short_buffers(void **state)
{
    (void)state;
    struct step s;
    step_open(&s, &fabric, 5);
    step_add(&s, 0, 6, MIB, 0);
    struct planner_plan *plan = unit_plan(&s);
    struct planner_flow_explanation e;
    char text[2048], cut[10];
    assert_int_equal(planner_explain_flow(plan, 1, &e), -EINVAL);
    assert_int_equal(planner_explain_flow_text(plan, 1, text, sizeof(text)), 0);
    uint32_t length = planner_explain_flow_text(plan, 0, text, sizeof(text));
    assert_int_equal(planner_explain_flow_text(plan, 0, cut, sizeof(cut)), length);
    assert_int_equal(strlen(cut), sizeof(cut) - 1);
    assert_memory_equal(cut, text, sizeof(cut) - 1);
    assert_int_equal(planner_explain_flow_text(plan, 0, NULL, 0), length);
    planner_plan_destroy(plan);
    step_close(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_whole_local_and_split_flows),
        cmocka_unit_test(test_a_moved_flow_names_the_link_and_its_candidates),
        cmocka_unit_test(test_a_link_names_its_flows),
        cmocka_unit_test(test_flows_without_a_path_or_a_place),
        cmocka_unit_test(test_what_is_not_there_and_short_buffers),
    };
    return cmocka_run_group_tests(tests, 0, 0);
}
