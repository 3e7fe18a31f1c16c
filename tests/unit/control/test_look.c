/* SPDX-License-Identifier: BSD-3-Clause */
/* What is shown of plans agrees with what hosts got. */
#include "tests/unit/control/fabric.h"

#include <errno.h>
#include <string.h>

static const struct fabric_shape shape = {.leaves = 4, .spines = 4, .hosts = 2};

/* All to all over all hosts. */
static void open_planned(struct fabric *f)
{
    fabric_open(f, shape, ":memory:");
    fabric_add_demand(fabric_add_job(f, 0x1f, NULL, 0), STEP_SHAPE_ALL_TO_ALL, MIB);
    fabric_report_all(f);
    fabric_plan(f);
}

struct seen {
    uint64_t flows;
    uint32_t leaf;
    uint32_t last_rank;
    bool moved_on[PLAN_SPINES_MAX];
};

static void see_flow(void *context, const struct core_flow *flow)
{
    struct seen *seen = context;
    uint32_t from = (flow->from_address >> 16 & 0xff) - 1, to = (flow->to_address >> 16 & 0xff) - 1;
    assert_true(from == seen->leaf || to == seen->leaf);
    assert_true(flow->from_rank >= seen->last_rank);
    assert_int_equal(flow->bytes, MIB);
    seen->last_rank = flow->from_rank;
    seen->flows++;
}

static void test_the_flows_of_a_link(void **state)
{
    (void)state;
    struct fabric f;
    uint64_t total = 0;
    open_planned(&f);
    for (uint32_t i = 0; i < 16; i++) {
        struct seen seen = {.leaf = i / 4};
        struct core_link_info info;
        core_plan_flows_of_link(f.core, fabric_link(&f, i / 4, i % 4), see_flow, &seen);
        core_link_info(f.core, fabric_link(&f, i / 4, i % 4), &info);
        assert_int_equal(seen.flows, info.planned_flows);
        assert_true(info.planned_share > 0.999 && info.planned_share < 1.001);
        total += seen.flows;
    }
    assert_int_equal(total, 2 * 8 * 6); /* each of the flows has two links */
    fabric_close(&f);
}

static void count_flow(void *context, const struct core_flow *flow)
{
    (void)flow;
    ++*(uint64_t *)context;
}

/* Kept up from plan to plan, not counted anew. */
static void assert_links_count_their_flows(struct fabric *f)
{
    for (uint32_t i = 0; i < f->shape.leaves * f->shape.spines; i++) {
        uint32_t link = fabric_link(f, i / f->shape.spines, i % f->shape.spines);
        struct core_link_info info;
        uint64_t flows = 0;
        core_plan_flows_of_link(f->core, link, count_flow, &flows);
        core_link_info(f->core, link, &info);
        assert_int_equal(flows, info.planned_flows);
    }
}

/* Links go one after the other: each plan begins with what the one before did. */
static void assert_drains_are_counted(struct fabric *f, uint64_t least_split)
{
    uint64_t split = 0;
    struct core_error error;
    struct core_plan_info info;
    fabric_report_all(f);
    fabric_plan(f);
    for (uint32_t spine = 0; spine < 2; spine++) {
        struct core_link_request drain = {
            .link = fabric_link(f, 1, spine), .action = CORE_LINK_DRAIN, .force = true};
        assert_int_equal(core_link_act(f->core, &drain, f->now_ns, &error), 0);
        fabric_pass(f, SECOND);
        struct core_planning *planning = core_plan_begin(f->core, f->now_ns);
        core_plan_compute(planning);
        assert_true(core_plan_publish(f->core, planning, MS, f->now_ns));
        assert_true(core_plan_info(f->core, core_epoch(f->core), &info));
        assert_int_equal(info.change, CORE_PLAN_LINKS);
        assert_true(info.moved_flows > 0);
        split += info.split_flows;
        assert_links_count_their_flows(f);
    }
    assert_true(split >= least_split);
}

static void test_revised_plans_count_as_if_made_anew(void **state)
{
    (void)state;
    struct fabric f;
    fabric_open(&f, (struct fabric_shape){.leaves = 8, .spines = 4, .hosts = 16}, ":memory:");
    fabric_add_demand(fabric_add_job(&f, 1, NULL, 0), STEP_SHAPE_ALL_TO_ALL, 64 << 10);
    assert_drains_are_counted(&f, 0);
    fabric_close(&f);
    uint32_t hosts[] = {0, 4, 1, 5, 2, 6, 3, 7};
    fabric_open(&f, (struct fabric_shape){.leaves = 2, .spines = 4, .hosts = 4}, ":memory:");
    fabric_add_demand(fabric_add_job(&f, 1, hosts, 8), STEP_SHAPE_RING, 16 * MIB);
    assert_drains_are_counted(&f, 1);
    fabric_close(&f);
}

static void test_why_a_flow_is_where_it_is(void **state)
{
    (void)state;
    struct fabric f;
    struct core_explanation x;
    open_planned(&f);
    assert_true(core_plan_explain(f.core, 0x1f, STEP_SHAPE_ALL_TO_ALL, 1, 6, &x));
    struct plan_view view = fabric_block(&f, 1);
    const struct plan_communicator *c = plan_find_communicator(&view, 0x1f, 1, STEP_SHAPE_ALL_TO_ALL);
    assert_int_equal(x.flow.pieces[0].spine, view.pieces[plan_find_flow(&view, c, 6)->first_piece].spine);
    assert_int_equal(x.flow.to_address, fabric_address(&f, 6));
    assert_non_null(strstr(x.text, "leaf0 to leaf3: 100.0 % by spine"));
    for (unsigned spine = 0; spine < 4; spine++)
        assert_true(x.load_ratios[spine] > 0.999);
    assert_false(core_plan_explain(f.core, 0x1f, STEP_SHAPE_ALL_TO_ALL, 0, 1, &x));
    assert_non_null(strstr(x.text, "one leaf"));
    assert_false(core_plan_explain(f.core, 0x1f, STEP_SHAPE_RING, 0, 1, &x));
    assert_false(core_plan_explain(f.core, 0x1f, STEP_SHAPE_ALL_TO_ALL, 0, 99, &x));
    assert_false(core_plan_explain(f.core, 0x20, STEP_SHAPE_ALL_TO_ALL, 0, 1, &x));
    fabric_close(&f);
}

static void see_move(void *context, const struct core_flow *before, const struct core_flow *after)
{
    struct seen *seen = context;
    assert_int_equal(before->from_rank, after->from_rank);
    for (unsigned i = 0; i < after->piece_count; i++)
        seen->moved_on[after->pieces[i].spine] = true;
    seen->flows++;
}

static void test_what_has_moved(void **state)
{
    (void)state;
    struct fabric f;
    struct core_error error;
    struct core_plan_info info;
    struct core_explanation x;
    struct seen seen = {0};
    open_planned(&f);
    struct core_link_request drain = {.link = fabric_link(&f, 1, 2), .action = CORE_LINK_DRAIN};
    assert_int_equal(core_link_act(f.core, &drain, f.now_ns, &error), 0);
    assert_int_equal(fabric_plan(&f), 1);
    int64_t moved = core_plan_diff(f.core, 1, 2, see_move, &seen);
    assert_true(moved >= 6);
    assert_int_equal(moved, seen.flows);
    assert_true(core_plan_info(f.core, 2, &info));
    assert_int_equal(info.moved_flows, moved);
    assert_non_null(strstr(info.reason, "leaf1-spine2 is drained"));
    assert_int_equal(core_plan_diff(f.core, 2, 2, see_move, &seen), 0);
    assert_int_equal(core_plan_diff(f.core, 2, 9, NULL, NULL), -ENOENT);
    assert_true(core_plan_explain(f.core, 0x1f, STEP_SHAPE_ALL_TO_ALL, 2, 0, &x));
    assert_int_equal(x.load_ratios[2], 0);
    fabric_close(&f);
}

static void test_the_last_64_plans_are_kept(void **state)
{
    (void)state;
    struct fabric f;
    struct core_error error;
    struct core_plan_info info;
    uint64_t epochs[100];
    open_planned(&f);
    for (unsigned i = 0; i < 70; i++) {
        struct core_link_request request = {.link = fabric_link(&f, 1, 2),
                                            .action = i % 2 ? CORE_LINK_RESTORE : CORE_LINK_DRAIN};
        assert_int_equal(core_link_act(f.core, &request, f.now_ns, &error), 0);
        assert_int_equal(fabric_plan(&f), 1);
    }
    assert_int_equal(core_epoch(f.core), 71);
    assert_int_equal(core_plan_history(f.core, epochs, 100), CORE_HISTORY_PLANS);
    assert_int_equal(epochs[0], 71);
    assert_int_equal(epochs[63], 8);
    assert_true(core_plan_info(f.core, 8, &info));
    assert_false(core_plan_info(f.core, 7, &info));
    assert_int_equal(info.job_count, 0);
    assert_true(core_plan_info(f.core, 71, &info));
    assert_int_equal(info.job_count, 1);
    assert_int_equal(info.jobs[0].identity, 0x1f);
    assert_true(info.jobs[0].admitted);
    fabric_close(&f);
}

/* A change that comes while a plan is computed leads to another round. */
static void test_changes_during_planning(void **state)
{
    (void)state;
    struct fabric f;
    struct core_error error;
    open_planned(&f);
    struct core_link_request request = {.link = fabric_link(&f, 1, 2), .action = CORE_LINK_DRAIN};
    assert_int_equal(core_link_act(f.core, &request, f.now_ns, &error), 0);
    struct core_planning *planning = core_plan_begin(f.core, f.now_ns);
    assert_non_null(planning);
    request.link = fabric_link(&f, 2, 1);
    assert_int_equal(core_link_act(f.core, &request, f.now_ns, &error), 0);
    assert_null(core_plan_begin(f.core, f.now_ns));
    core_plan_compute(planning);
    assert_true(core_plan_publish(f.core, planning, MS, f.now_ns));
    struct plan_view view = fabric_block(&f, 0);
    assert_int_equal(plan_find_weights(&view, 10 << 16 | 2 << 8)[2], 0);
    assert_int_equal(plan_find_weights(&view, 10 << 16 | 3 << 8)[1], 8);
    assert_true(core_next_wakeup(f.core) <= f.now_ns);
    assert_int_equal(fabric_plan(&f), 1);
    view = fabric_block(&f, 0);
    assert_int_equal(plan_find_weights(&view, 10 << 16 | 3 << 8)[1], 0);
    fabric_close(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_flows_of_a_link),
        cmocka_unit_test(test_revised_plans_count_as_if_made_anew),
        cmocka_unit_test(test_why_a_flow_is_where_it_is),
        cmocka_unit_test(test_what_has_moved),
        cmocka_unit_test(test_the_last_64_plans_are_kept),
        cmocka_unit_test(test_changes_during_planning),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
