/* SPDX-License-Identifier: BSD-3-Clause */
/* What agents may say, and what becomes of those who say it. */
#include "tests/unit/control/fabric.h"

#include <errno.h>
#include <string.h>

static const struct fabric_shape shape = {.leaves = 2, .spines = 4, .hosts = 2};

static int report(struct fabric *f, const struct core_report *r, struct core_error *error)
{
    *error = (struct core_error){0};
    return core_report(f->core, r, f->now_ns, &f->reply, error);
}

static void assert_refused(struct fabric *f, const struct core_report *r, int result, const char *code)
{
    struct core_error error;
    assert_int_equal(report(f, r, &error), result);
    assert_string_equal(error.code, code);
    assert_true(strlen(error.text) > 20);
}

static void assert_taken(struct fabric *f, const struct core_report *r)
{
    struct core_error error;
    if (report(f, r, &error) != 0)
        fail_msg("%s", error.text);
}

static struct core_agent_info agent(struct fabric *f, uint32_t host)
{
    struct core_agent_info info;
    assert_true(core_agent_info(f->core, fabric_address(f, host), &info));
    return info;
}

static void test_an_agent_joins_and_is_told_what_to_do(void **state)
{
    (void)state;
    struct fabric f;
    fabric_open(&f, shape, ":memory:");
    assert_int_equal(agent(&f, 1).state, CORE_AGENT_ABSENT);
    fabric_report(&f, 1);
    assert_int_equal(f.reply.report_every_ns, 2 * SECOND);
    assert_int_equal(f.reply.lease_ns, 10 * SECOND);
    assert_int_equal(agent(&f, 1).state, CORE_AGENT_CURRENT);
    fabric_plan(&f);
    assert_int_equal(agent(&f, 1).state, CORE_AGENT_BEHIND);
    fabric_report(&f, 1);
    assert_int_equal(agent(&f, 1).state, CORE_AGENT_CURRENT);
    fabric_close(&f);
}

static void test_strangers_are_told_so(void **state)
{
    (void)state;
    struct fabric f;
    struct core_agent_info info;
    fabric_open(&f, shape, ":memory:");
    struct core_report r = fabric_begin_report(&f, 0);
    r.address = 1;
    assert_refused(&f, &r, -ENOENT, "unknown_agent");
    r.address = 0;
    assert_refused(&f, &r, -ENOENT, "unknown_agent");
    assert_false(core_agent_info(f.core, 1, &info));
    fabric_close(&f);
}

static void test_a_process_that_was_replaced_is_stale(void **state)
{
    (void)state;
    struct fabric f;
    fabric_open(&f, shape, ":memory:");
    struct core_report first = fabric_begin_report(&f, 0), second = first;
    second.incarnation = 77;
    second.sequence = 1;
    assert_taken(&f, &first);
    assert_taken(&f, &second);
    first.sequence++;
    assert_refused(&f, &first, -ESTALE, "stale_incarnation");
    assert_int_equal(agent(&f, 0).incarnation, 77);
    second.incarnation = 0;
    assert_refused(&f, &second, -EINVAL, "out_of_range");
    fabric_pass(&f, 6 * MS);
    assert_int_equal(fabric_events(&f, "agent_restarted"), 1);
    fabric_close(&f);
}

static void test_a_late_report_changes_nothing(void **state)
{
    (void)state;
    struct fabric f;
    struct core_path path = {.peer = 5, .spine = 6, .alive = false};
    fabric_open(&f, shape, ":memory:");
    struct core_report late = fabric_begin_report(&f, 0);
    struct core_report r = fabric_begin_report(&f, 0);
    r.paths = &path;
    r.path_count = 1;
    assert_taken(&f, &r);
    assert_taken(&f, &late);
    assert_int_equal(agent(&f, 0).dead_paths, 1);
    fabric_close(&f);
}

static void test_a_lease_ends(void **state)
{
    (void)state;
    struct fabric f;
    fabric_open(&f, shape, ":memory:");
    fabric_add_demand(fabric_add_job(&f, 1, NULL, 0), STEP_SHAPE_RING, MIB);
    fabric_report_all(&f);
    fabric_plan(&f);
    fabric_pass(&f, 9 * SECOND);
    fabric_report(&f, 0);
    assert_true(core_next_wakeup(f.core) <= f.now_ns + SECOND);
    fabric_pass(&f, 2 * SECOND);
    assert_int_equal(agent(&f, 0).state, CORE_AGENT_CURRENT);
    assert_int_equal(agent(&f, 1).state, CORE_AGENT_ABSENT);
    struct core_job_info info;
    core_job_info(f.core, 0, &info);
    assert_int_equal(info.ranks_present, 1);
    fabric_pass(&f, 10 * SECOND);
    assert_int_equal(core_job_count(f.core), 0);
    fabric_plan(&f);
    assert_int_equal(fabric_block(&f, 0).header->communicator_count, 0);
    fabric_close(&f);
}

/* Each field out of range once; nothing of such a report is taken over. */
static void test_reports_are_checked(void **state)
{
    (void)state;
    struct fabric f;
    fabric_open(&f, shape, ":memory:");
    uint32_t addresses[2] = {fabric_address(&f, 0), fabric_address(&f, 2)};
    const struct core_communicator good = {
        .identity = 9, .rank = 0, .rank_count = 2, .addresses = addresses, .planned = true};
    struct core_communicator bad[8];
    for (unsigned i = 0; i < 8; i++)
        bad[i] = good;
    bad[0].identity = 0;
    bad[1].rank = 2;
    bad[2].rank_count = 0;
    bad[3].rank_count = CORE_JOB_RANKS_MAX + 1;
    bad[4].rank = 1; /* whose address is another host's */
    bad[5].demand_count = STEP_SHAPES + 1;
    bad[6].demand_count = 1;
    bad[6].demands[0].shape = STEP_SHAPES;
    bad[7].demand_count = 1;
    bad[7].demands[0] = (struct core_demand){STEP_SHAPE_RING, UINT64_MAX};
    for (unsigned i = 0; i < 8; i++) {
        struct core_communicator both[2] = {good, bad[i]};
        struct core_report r = fabric_begin_report(&f, 0);
        r.communicators = both;
        r.communicator_count = 2;
        assert_refused(&f, &r, -EINVAL, "out_of_range");
        assert_int_equal(core_job_count(f.core), 0);
        assert_int_equal(agent(&f, 0).state, CORE_AGENT_ABSENT);
    }
    fabric_close(&f);
}

static void test_ranks_that_disagree_are_left_out(void **state)
{
    (void)state;
    struct fabric f;
    fabric_open(&f, shape, ":memory:");
    uint32_t one[2] = {fabric_address(&f, 0), fabric_address(&f, 2)};
    uint32_t other[2] = {fabric_address(&f, 3), fabric_address(&f, 2)};
    struct core_communicator c = {.identity = 9, .rank_count = 2, .addresses = one, .planned = true};
    struct core_report r = fabric_begin_report(&f, 0);
    r.communicators = &c;
    r.communicator_count = 1;
    assert_taken(&f, &r);
    r = fabric_begin_report(&f, 2);
    c.rank = 1;
    c.addresses = other;
    r.communicators = &c;
    r.communicator_count = 1;
    assert_taken(&f, &r);
    struct core_job_info info;
    core_job_info(f.core, 0, &info);
    assert_int_equal(info.ranks_present, 1);
    fabric_pass(&f, 6 * MS);
    assert_int_equal(fabric_events(&f, "job_refused"), 1);
    fabric_close(&f);
}

static void test_a_job_with_an_unknown_host_is_not_planned(void **state)
{
    (void)state;
    struct fabric f;
    fabric_open(&f, shape, ":memory:");
    uint32_t addresses[3] = {fabric_address(&f, 0), fabric_address(&f, 2), 12345};
    struct core_communicator c = {.identity = 9,
                                  .rank_count = 3,
                                  .addresses = addresses,
                                  .planned = true,
                                  .demand_count = 1,
                                  .demands = {{STEP_SHAPE_RING, MIB}}};
    struct core_report r = fabric_begin_report(&f, 0);
    r.communicators = &c;
    r.communicator_count = 1;
    assert_taken(&f, &r);
    fabric_plan(&f);
    assert_int_equal(fabric_events(&f, "job_refused"), 1);
    assert_int_equal(fabric_block(&f, 0).header->flow_count, 0);
    fabric_close(&f);
}

static void test_a_probe_is_asked_for_until_it_is_done(void **state)
{
    (void)state;
    struct fabric f;
    struct core_error error;
    fabric_open(&f, shape, ":memory:");
    uint32_t peer = fabric_address(&f, 2);
    assert_int_equal(core_probe(f.core, fabric_address(&f, 0), peer, f.now_ns, &error), -ENOENT);
    assert_string_equal(error.code, "unknown_agent");
    fabric_report(&f, 0);
    assert_int_equal(f.reply.probe_count, 0);
    assert_int_equal(core_probe(f.core, fabric_address(&f, 0), 99, f.now_ns, &error), -ENOENT);
    assert_string_equal(error.code, "unknown_host");
    assert_int_equal(core_probe(f.core, fabric_address(&f, 0), peer, f.now_ns, &error), 0);
    for (unsigned i = 0; i < 2; i++) {
        fabric_report(&f, 0);
        assert_int_equal(f.reply.probe_count, 1);
        assert_int_equal(f.reply.probe[0], peer);
    }
    struct core_report r = fabric_begin_report(&f, 0);
    r.probed = &peer;
    r.probed_count = 1;
    assert_taken(&f, &r);
    assert_int_equal(f.reply.probe_count, 0);
    fabric_pass(&f, 6 * MS);
    assert_int_equal(fabric_events(&f, "probe_requested"), 1);
    assert_int_equal(fabric_events(&f, "path_changed"), 1);
    fabric_close(&f);
}

/* Host 0 sees host 2 over all spines, host 1 over one less: it is asked to look again, but not for ever. */
static void test_a_host_that_lacks_a_path_looks_again(void **state)
{
    (void)state;
    struct fabric f;
    struct core_path paths[4];
    fabric_open(&f, shape, ":memory:");
    uint32_t peer = fabric_address(&f, 2);
    for (uint32_t spine = 0; spine < 4; spine++)
        paths[spine] = (struct core_path){.peer = peer, .spine = fabric_spine_address(spine), .alive = true};
    struct core_report r = fabric_begin_report(&f, 0);
    r.paths = paths;
    r.path_count = 4;
    assert_taken(&f, &r);
    assert_int_equal(f.reply.probe_count, 0);
    r = fabric_begin_report(&f, 1);
    r.paths = paths;
    r.path_count = 3;
    assert_taken(&f, &r);
    assert_int_equal(f.reply.probe_count, 1);
    r.sequence++;
    r.probed = &peer;
    r.probed_count = 1;
    assert_taken(&f, &r);
    assert_int_equal(f.reply.probe_count, 0);
    fabric_pass(&f, 61 * SECOND);
    r.sequence++;
    assert_taken(&f, &r);
    assert_int_equal(f.reply.probe_count, 1);
    fabric_close(&f);
}

static void test_a_wrong_cable_is_named(void **state)
{
    (void)state;
    struct fabric f;
    struct core_path path = {.alive = true, .spine = 10u << 24 | 200};
    fabric_open(&f, shape, ":memory:");
    path.peer = fabric_address(&f, 2);
    for (unsigned i = 0; i < 3; i++) {
        struct core_report r = fabric_begin_report(&f, 0);
        r.paths = &path;
        r.path_count = 1;
        assert_taken(&f, &r);
    }
    fabric_pass(&f, 6 * MS);
    assert_int_equal(fabric_events(&f, "miswired"), 1);
    fabric_close(&f);
}

static void test_other_source_ports_are_noticed(void **state)
{
    (void)state;
    struct fabric f;
    struct core_path path = {.alive = true, .source_port = 50000};
    fabric_open(&f, shape, ":memory:");
    path.peer = fabric_address(&f, 2);
    path.spine = fabric_spine_address(1);
    for (unsigned i = 0; i < 4; i++) {
        struct core_report r = fabric_begin_report(&f, 0);
        r.paths = &path;
        r.path_count = 1;
        path.source_port = i < 2 ? 50000 : 50001;
        assert_taken(&f, &r);
    }
    fabric_pass(&f, 6 * MS);
    assert_int_equal(fabric_events(&f, "path_changed"), 1);
    const struct core_path *paths;
    assert_int_equal(core_agent_paths(f.core, fabric_address(&f, 0), path.peer, &paths), 1);
    assert_int_equal(paths[0].source_port, 50001);
    fabric_close(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_an_agent_joins_and_is_told_what_to_do),
        cmocka_unit_test(test_strangers_are_told_so),
        cmocka_unit_test(test_a_process_that_was_replaced_is_stale),
        cmocka_unit_test(test_a_late_report_changes_nothing),
        cmocka_unit_test(test_a_lease_ends),
        cmocka_unit_test(test_reports_are_checked),
        cmocka_unit_test(test_ranks_that_disagree_are_left_out),
        cmocka_unit_test(test_a_job_with_an_unknown_host_is_not_planned),
        cmocka_unit_test(test_a_probe_is_asked_for_until_it_is_done),
        cmocka_unit_test(test_a_host_that_lacks_a_path_looks_again),
        cmocka_unit_test(test_a_wrong_cable_is_named),
        cmocka_unit_test(test_other_source_ports_are_noticed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
