/* SPDX-License-Identifier: BSD-3-Clause */
/* Whom dead paths accuse: the link that died and no other, or both that it may be. */
#include "tests/unit/control/fabric.h"

#include <string.h>

static const struct fabric_shape shape = {.leaves = 4, .spines = 4, .hosts = 2};

/* A ring over all hosts, leaf by leaf, with everything reported twice, so that paths carry. */
static void open_busy(struct fabric *f, struct fabric_shape s)
{
    fabric_open(f, s, ":memory:");
    fabric_add_demand(fabric_add_job(f, 1, NULL, 0), STEP_SHAPE_RING, MIB);
    fabric_report_all(f);
    fabric_pass(f, SECOND);
    fabric_report_all(f);
    fabric_plan(f);
}

static void report_once(struct fabric *f)
{
    fabric_pass(f, SECOND / 2);
    fabric_report_all(f);
    fabric_plan(f);
}

/* The second time proves which links have worked since. */
static void report_and_judge(struct fabric *f)
{
    report_once(f);
    report_once(f);
}

static unsigned count_in_state(struct fabric *f, enum core_link_state wanted)
{
    unsigned count = 0;
    for (uint32_t i = 0; i < f->shape.leaves * f->shape.spines; i++)
        count += fabric_state(f, i / f->shape.spines, i % f->shape.spines) == wanted;
    return count;
}

static void test_one_link_is_found(void **state)
{
    (void)state;
    for (uint32_t i = 0; i < 16; i++) {
        struct fabric f;
        open_busy(&f, shape);
        fabric_kill(&f, i / 4, i % 4);
        report_and_judge(&f);
        assert_int_equal(fabric_state(&f, i / 4, i % 4), CORE_LINK_DOWN);
        assert_int_equal(count_in_state(&f, CORE_LINK_UP), 15);
        assert_int_equal(fabric_events(&f, "link_down"), 1);
        assert_int_equal(fabric_events(&f, "link_up"), 2); /* those at the other ends of its paths */
        fabric_close(&f);
    }
}

static void assert_suspects_named(struct fabric *f, const char *names, const char *evidence)
{
    const struct store_event *events;
    unsigned count = core_events(f->core, 0, &events, UINT32_MAX), found = 0;
    for (unsigned i = 0; i < count; i++) {
        if (strcmp(events[i].kind, "link_suspect") != 0)
            continue;
        found++;
        if (strstr(events[i].text, names) == NULL)
            fail_msg("'%s' does not name %s", events[i].text, names);
        if (strstr(events[i].evidence, evidence) == NULL)
            fail_msg("'%s' does not have %s", events[i].evidence, evidence);
    }
    assert_int_equal(found, 1);
}

/* Where nothing proves that either link has worked since, it may be either: that is told once, of both. */
static void test_without_proof_it_may_be_either(void **state)
{
    (void)state;
    struct fabric f;
    open_busy(&f, shape);
    fabric_kill(&f, 1, 1);
    f.deaf = true;
    for (unsigned i = 0; i < 3; i++) {
        fabric_pass(&f, SECOND);
        for (uint32_t host = 0; host < f.host_count; host++)
            fabric_report(&f, host); /* without growth */
        fabric_plan(&f);
    }
    assert_int_equal(fabric_state(&f, 1, 1), CORE_LINK_SUSPECT);
    assert_int_equal(fabric_state(&f, 2, 1), CORE_LINK_SUSPECT);
    assert_suspects_named(&f, "leaf0-spine1 or leaf1-spine1 or leaf2-spine1 is down",
                          "\"links\": [\"leaf0-spine1\", \"leaf1-spine1\", \"leaf2-spine1\"");
    fabric_close(&f);
}

/* What hosts hear, and what they send, proves that a link works: either suffices. */
static void test_carrying_acquits_as_hearing_does(void **state)
{
    (void)state;
    for (unsigned deaf = 0; deaf < 2; deaf++) {
        struct fabric f;
        open_busy(&f, shape);
        f.deaf = deaf;
        fabric_kill(&f, 1, 1);
        report_once(&f);
        assert_int_equal(fabric_state(&f, 1, 1), CORE_LINK_SUSPECT);
        assert_int_equal(fabric_state(&f, 2, 1), CORE_LINK_SUSPECT);
        report_and_judge(&f);
        assert_int_equal(fabric_state(&f, 1, 1), CORE_LINK_DOWN);
        assert_int_equal(count_in_state(&f, CORE_LINK_UP), 15);
        struct core_link_info info;
        core_link_info(f.core, fabric_link(&f, 1, 1), &info);
        assert_true(info.dead_paths >= info.reported_by_count); /* routers still send there */
        assert_true(info.reported_by_count > 0);
        fabric_close(&f);
    }
}

static void test_two_links_are_found(void **state)
{
    (void)state;
    struct fabric f;
    open_busy(&f, shape);
    fabric_kill(&f, 0, 1);
    fabric_kill(&f, 2, 3);
    report_and_judge(&f);
    assert_int_equal(fabric_state(&f, 0, 1), CORE_LINK_DOWN);
    assert_int_equal(fabric_state(&f, 2, 3), CORE_LINK_DOWN);
    assert_int_equal(count_in_state(&f, CORE_LINK_UP), 14);
    fabric_close(&f);
}

static void test_both_are_avoided_until_it_is_known_which(void **state)
{
    (void)state;
    struct fabric f;
    open_busy(&f, (struct fabric_shape){.leaves = 2, .spines = 8, .hosts = 2});
    fabric_kill(&f, 0, 3);
    report_once(&f);
    assert_int_equal(fabric_state(&f, 0, 3), CORE_LINK_SUSPECT);
    assert_int_equal(fabric_state(&f, 1, 3), CORE_LINK_SUSPECT);
    assert_int_equal(count_in_state(&f, CORE_LINK_UP), 14);
    struct plan_view view = fabric_block(&f, 0);
    for (uint32_t spine = 0; spine < 8; spine++)
        assert_int_equal(plan_find_weights(&view, 10 << 16 | 2 << 8)[spine], spine == 3 ? 0 : 8);
    report_once(&f);
    assert_int_equal(fabric_state(&f, 0, 3), CORE_LINK_DOWN);
    assert_int_equal(count_in_state(&f, CORE_LINK_UP), 15);
    fabric_close(&f);
}

/* Routers that hash around a dead link leave no path dead: paths over it are missing. */
static void test_a_link_that_routers_avoid_is_down(void **state)
{
    (void)state;
    struct fabric f;
    open_busy(&f, shape);
    f.routed = true;
    fabric_kill(&f, 1, 1);
    fabric_kill(&f, 3, 0);
    report_once(&f);
    assert_int_equal(fabric_state(&f, 1, 1), CORE_LINK_DOWN);
    assert_int_equal(fabric_state(&f, 3, 0), CORE_LINK_DOWN);
    assert_int_equal(count_in_state(&f, CORE_LINK_UP), 14);
    fabric_mend(&f, 1, 1);
    report_once(&f);
    assert_int_equal(fabric_state(&f, 1, 1), CORE_LINK_UP);
    assert_int_equal(fabric_state(&f, 3, 0), CORE_LINK_DOWN);
    fabric_close(&f);
}

/* Hosts notice one after the other; as long as some have paths over a link, it is there. */
static void test_a_link_that_some_path_crosses_is_up(void **state)
{
    (void)state;
    struct fabric f;
    open_busy(&f, shape);
    f.routed = true;
    fabric_kill(&f, 1, 1);
    fabric_report(&f, 3); /* of leaf 1: sends to leaf 2 */
    fabric_plan(&f);
    assert_int_equal(count_in_state(&f, CORE_LINK_UP), 16);
    for (uint32_t host = 0; host < f.host_count; host++)
        fabric_report(&f, host);
    fabric_plan(&f);
    assert_int_equal(fabric_state(&f, 1, 1), CORE_LINK_DOWN);
    fabric_close(&f);
}

/* Between two leaves nobody can say on which side the link is missing; hosts that have not looked for all
 * paths say nothing. */
static void test_missing_between_two_leaves_it_may_be_either(void **state)
{
    (void)state;
    struct fabric f;
    open_busy(&f, (struct fabric_shape){.leaves = 2, .spines = 8, .hosts = 2});
    f.routed = true;
    f.hasty = true;
    fabric_kill(&f, 0, 3);
    report_once(&f);
    assert_int_equal(count_in_state(&f, CORE_LINK_UP), 16);
    f.hasty = false;
    report_once(&f);
    assert_int_equal(fabric_state(&f, 0, 3), CORE_LINK_SUSPECT);
    assert_int_equal(fabric_state(&f, 1, 3), CORE_LINK_SUSPECT);
    struct core_link_info info;
    core_link_info(f.core, fabric_link(&f, 0, 3), &info);
    assert_int_equal(info.reported_by_count, 2); /* those with a neighbour on the other leaf */
    assert_int_equal(info.dead_paths, 0);        /* routers avoid it */
    fabric_close(&f);
}

static void test_a_link_comes_back(void **state)
{
    (void)state;
    struct fabric f;
    open_busy(&f, shape);
    fabric_kill(&f, 1, 1);
    report_and_judge(&f);
    uint64_t epoch = core_epoch(f.core);
    fabric_mend(&f, 1, 1);
    report_and_judge(&f);
    assert_int_equal(count_in_state(&f, CORE_LINK_UP), 16);
    assert_int_equal(fabric_events(&f, "link_up"), 3); /* its neighbours had been cleared before */
    assert_true(core_epoch(f.core) > epoch);
    fabric_close(&f);
}

static void test_a_spine_that_dies_is_left_alone(void **state)
{
    (void)state;
    struct fabric f;
    open_busy(&f, shape);
    for (uint32_t leaf = 0; leaf < 4; leaf++)
        fabric_kill(&f, leaf, 2);
    report_and_judge(&f);
    for (uint32_t leaf = 0; leaf < 4; leaf++)
        assert_int_not_equal(fabric_state(&f, leaf, 2), CORE_LINK_UP);
    assert_int_equal(count_in_state(&f, CORE_LINK_UP), 12);
    fabric_close(&f);
}

/* A host that nobody reaches says nothing of the links. */
static void test_a_dead_host_accuses_no_link(void **state)
{
    (void)state;
    struct fabric f;
    struct core_path paths[4];
    struct core_error error;
    open_busy(&f, shape);
    for (uint32_t spine = 0; spine < 4; spine++)
        paths[spine] = (struct core_path){
            .peer = fabric_address(&f, 2), .spine = fabric_spine_address(spine), .alive = false};
    struct core_report report = fabric_begin_report(&f, 1);
    report.paths = paths;
    report.path_count = 4;
    assert_int_equal(core_report(f.core, &report, f.now_ns, &f.reply, &error), 0);
    fabric_plan(&f);
    assert_int_equal(count_in_state(&f, CORE_LINK_UP), 16);
    fabric_close(&f);
}

/* Hosts that have nothing to send believe that their paths live: that is no evidence against a neighbour that
 * knows better. Paths of host 1 (leaf 0) to host 3 (leaf 1) are dead on spine 0; host 0 idles there, and is
 * the only other one that says anything of leaf 0's uplink. */
static void test_idle_hosts_do_not_acquit(void **state)
{
    (void)state;
    struct fabric f;
    struct core_error error;
    fabric_open(&f, shape, ":memory:");
    for (uint32_t host = 0; host < 2; host++) {
        struct core_path paths[4];
        for (uint32_t spine = 0; spine < 4; spine++)
            paths[spine] = (struct core_path){.peer = fabric_address(&f, host == 0 ? 6 : 3),
                                              .spine = fabric_spine_address(spine),
                                              .alive = !(host == 1 && spine == 0),
                                              .heard_ms = CORE_NEVER_HEARD};
        struct core_report report = fabric_begin_report(&f, host);
        report.paths = paths;
        report.path_count = 4;
        assert_int_equal(core_report(f.core, &report, f.now_ns, &f.reply, &error), 0);
    }
    fabric_plan(&f);
    assert_int_equal(fabric_state(&f, 0, 0), CORE_LINK_SUSPECT);
    assert_int_equal(fabric_state(&f, 1, 0), CORE_LINK_SUSPECT);
    fabric_close(&f);
}

/* What an agent said goes with it. */
static void test_accusations_end_with_the_lease(void **state)
{
    (void)state;
    struct fabric f;
    open_busy(&f, shape);
    fabric_kill(&f, 1, 1);
    report_and_judge(&f);
    fabric_mend(&f, 1, 1);
    fabric_pass(&f, 11 * SECOND);
    fabric_plan(&f);
    assert_int_equal(fabric_events(&f, "agent_left"), 8);
    assert_int_equal(count_in_state(&f, CORE_LINK_UP), 16);
    fabric_close(&f);
}

static void flap_once(struct fabric *f)
{
    fabric_kill(f, 1, 1);
    report_and_judge(f);
    fabric_mend(f, 1, 1);
    report_and_judge(f);
}

/* The third time within a minute it stays out for 10 s, the fourth for 20 s; ten calm minutes later it is as
 * good as any. */
static void test_a_link_that_flaps_stays_out(void **state)
{
    (void)state;
    struct fabric f;
    open_busy(&f, shape);
    flap_once(&f);
    flap_once(&f);
    assert_int_equal(fabric_state(&f, 1, 1), CORE_LINK_UP);
    flap_once(&f);
    assert_int_equal(fabric_state(&f, 1, 1), CORE_LINK_DOWN);
    for (unsigned i = 0; i < 8; i++)
        report_and_judge(&f);
    assert_int_equal(fabric_state(&f, 1, 1), CORE_LINK_DOWN);
    report_and_judge(&f);
    assert_int_equal(fabric_state(&f, 1, 1), CORE_LINK_UP);
    flap_once(&f);
    for (unsigned i = 0; i < 18; i++)
        report_and_judge(&f);
    assert_int_equal(fabric_state(&f, 1, 1), CORE_LINK_DOWN);
    report_and_judge(&f);
    assert_int_equal(fabric_state(&f, 1, 1), CORE_LINK_UP);
    for (unsigned i = 0; i < 120; i++) {
        fabric_pass(&f, 4 * SECOND);
        report_and_judge(&f);
    }
    flap_once(&f);
    assert_int_equal(fabric_state(&f, 1, 1), CORE_LINK_UP);
    fabric_close(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_one_link_is_found),
        cmocka_unit_test(test_without_proof_it_may_be_either),
        cmocka_unit_test(test_carrying_acquits_as_hearing_does),
        cmocka_unit_test(test_two_links_are_found),
        cmocka_unit_test(test_both_are_avoided_until_it_is_known_which),
        cmocka_unit_test(test_a_link_that_routers_avoid_is_down),
        cmocka_unit_test(test_a_link_that_some_path_crosses_is_up),
        cmocka_unit_test(test_missing_between_two_leaves_it_may_be_either),
        cmocka_unit_test(test_a_link_comes_back),
        cmocka_unit_test(test_a_spine_that_dies_is_left_alone),
        cmocka_unit_test(test_a_dead_host_accuses_no_link),
        cmocka_unit_test(test_idle_hosts_do_not_acquit),
        cmocka_unit_test(test_accusations_end_with_the_lease),
        cmocka_unit_test(test_a_link_that_flaps_stays_out),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
