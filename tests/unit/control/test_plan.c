/* SPDX-License-Identifier: BSD-3-Clause */
/* From reports to what each host gets: plans that all hosts can check and that agree with each other. */
#include <errno.h>
#include <string.h>

#include "tests/unit/control/fabric.h"

static const struct fabric_shape shape = {.leaves = 4, .spines = 4, .hosts = 4};

/* One rank on each leaf after the other, so that every flow of the ring goes over a spine. */
static struct fabric_job *add_scattered_job(struct fabric *f, uint64_t identity)
{
    uint32_t hosts[64];
    for (uint32_t i = 0; i < f->host_count; i++)
        hosts[i] = i % f->shape.leaves * f->shape.hosts + i / f->shape.leaves;
    return fabric_add_job(f, identity, hosts, f->host_count);
}

static uint32_t spine_of(struct fabric *f, const struct fabric_job *job, uint32_t rank, uint32_t peer,
                         enum step_shape steps)
{
    struct plan_view view = fabric_block(f, job->hosts[rank]);
    const struct plan_communicator *c = plan_find_communicator(&view, job->identity, rank, steps);
    assert_non_null(c);
    const struct plan_flow *flow = plan_find_flow(&view, c, peer);
    assert_non_null(flow);
    assert_int_equal(flow->piece_count, 1);
    return view.pieces[flow->first_piece].spine;
}

/* Flows from and to each leaf by spine: in a ring of four hosts a leaf and four spines, one each. */
static void test_a_ring_is_spread_evenly(void **state)
{
    (void)state;
    struct fabric f;
    unsigned out[4][4] = {0}, in[4][4] = {0};
    fabric_open(&f, shape, ":memory:");
    struct fabric_job *job = add_scattered_job(&f, 0x1f);
    fabric_add_demand(job, STEP_SHAPE_RING, MIB);
    fabric_report_all(&f);
    assert_int_equal(fabric_plan(&f), 1);
    for (uint32_t rank = 0; rank < job->rank_count; rank++) {
        uint32_t peer = (rank + 1) % job->rank_count;
        uint32_t spine = spine_of(&f, job, rank, peer, STEP_SHAPE_RING);
        out[job->hosts[rank] / 4][spine]++;
        in[job->hosts[peer] / 4][spine]++;
    }
    for (unsigned i = 0; i < 16; i++) {
        assert_int_equal(out[i / 4][i % 4], 1);
        assert_int_equal(in[i / 4][i % 4], 1);
    }
    fabric_close(&f);
}

static void test_every_exchange_of_halving_doubling_is_spread(void **state)
{
    (void)state;
    struct fabric f;
    fabric_open(&f, shape, ":memory:");
    struct fabric_job *job = add_scattered_job(&f, 0x1f);
    fabric_add_demand(job, STEP_SHAPE_HALVING_DOUBLING, 16 * MIB);
    fabric_report_all(&f);
    assert_int_equal(fabric_plan(&f), 1);
    for (uint32_t mask = 1; mask < 4; mask *= 2) { /* larger ones stay inside leaves */
        unsigned out[4][4] = {0};
        for (uint32_t rank = 0; rank < job->rank_count; rank++)
            out[job->hosts[rank] / 4][spine_of(&f, job, rank, rank ^ mask, STEP_SHAPE_HALVING_DOUBLING)]++;
        for (unsigned i = 0; i < 16; i++)
            assert_int_equal(out[i / 4][i % 4], 1);
    }
    fabric_close(&f);
}

/* In the first step ranks 0 and 2 of the second job swap inside their leaf, 1 and 3 between leaves: they
 * would be out of step from then on. Hosts have the weights, and cut the flows themselves. */
static void test_exchanges_that_do_not_keep_step_are_left_to_hosts(void **state)
{
    (void)state;
    struct fabric f;
    struct core_explanation x;
    struct core_plan_info info;
    uint32_t hosts[] = {0, 2, 1, 3}, mixed[] = {0, 4, 1, 8};
    fabric_open(&f, shape, ":memory:");
    fabric_add_demand(fabric_add_job(&f, 1, hosts, 4), STEP_SHAPE_HALVING_DOUBLING, MIB);
    fabric_add_demand(fabric_add_job(&f, 2, mixed, 4), STEP_SHAPE_HALVING_DOUBLING, MIB);
    fabric_add_demand(fabric_add_job(&f, 3, mixed, 4), STEP_SHAPE_RING, MIB);
    fabric_report_all(&f);
    assert_int_equal(fabric_plan(&f), 1);
    assert_true(core_plan_info(f.core, 1, &info));
    assert_int_equal(info.job_count, 3);
    assert_false(info.jobs[0].local);
    assert_true(info.jobs[1].local && info.jobs[1].admitted);
    assert_false(info.jobs[2].local);
    assert_int_equal(info.flows, 4); /* the ring's */
    assert_false(core_plan_explain(f.core, 2, STEP_SHAPE_HALVING_DOUBLING, 0, 1, &x));
    assert_non_null(strstr(x.text, "out of step"));
    struct plan_view view = fabric_block(&f, 0);
    const struct plan_communicator *c = plan_find_communicator(&view, 2, 0, STEP_SHAPE_HALVING_DOUBLING);
    assert_true(c == NULL || plan_find_flow(&view, c, 1) == NULL);
    fabric_close(&f);
}

/* Adds the share of the flow that each spine gets. */
static void add_shares(struct fabric *f, const struct fabric_job *job, uint32_t rank, uint32_t peer,
                       uint64_t *shares)
{
    struct plan_view view = fabric_block(f, job->hosts[rank]);
    const struct plan_flow *flow = plan_find_flow(
        &view, plan_find_communicator(&view, job->identity, rank, STEP_SHAPE_HALVING_DOUBLING), peer);
    assert_non_null(flow);
    for (uint32_t i = 0; i < flow->piece_count; i++) {
        const struct plan_piece *piece = &view.pieces[flow->first_piece + i];
        shares[piece->spine] += piece->share;
    }
}

/* Four flows of each leaf over three spines, in each of three steps: some are split, so that each spine gets
 * a third. Ranks with an even number of bits are on the first leaf, so every exchange is between leaves. */
static void test_split_flows_make_up_what_is_lacking(void **state)
{
    (void)state;
    struct fabric f;
    uint32_t hosts[8], next[2] = {0, 4};
    for (uint32_t rank = 0; rank < 8; rank++)
        hosts[rank] = next[__builtin_parity(rank)]++;
    fabric_open(&f, (struct fabric_shape){.leaves = 2, .spines = 3, .hosts = 4}, ":memory:");
    struct fabric_job *job = fabric_add_job(&f, 1, hosts, 8);
    fabric_add_demand(job, STEP_SHAPE_HALVING_DOUBLING, 16 * MIB);
    fabric_report_all(&f);
    assert_int_equal(fabric_plan(&f), 1);
    for (uint32_t mask = 1; mask < 8; mask *= 2) {
        uint64_t shares[2][3] = {0};
        for (uint32_t rank = 0; rank < 8; rank++)
            add_shares(&f, job, rank, rank ^ mask, shares[__builtin_parity(rank)]);
        for (unsigned i = 0; i < 6; i++)
            assert_in_range(shares[i / 3][i % 3], PLAN_SHARE_WHOLE * 4 / 3 * 97 / 100,
                            PLAN_SHARE_WHOLE * 4 / 3 * 103 / 100);
    }
    fabric_close(&f);
}

static void test_jobs_are_planned_together(void **state)
{
    (void)state;
    struct fabric f;
    unsigned out[4][4] = {0};
    fabric_open(&f, shape, ":memory:");
    for (uint32_t i = 0; i < 8; i++) {
        uint32_t hosts[2] = {i, i + 8};
        fabric_add_demand(fabric_add_job(&f, 0x100 + i, hosts, 2), STEP_SHAPE_RING, MIB);
    }
    fabric_report_all(&f);
    assert_int_equal(fabric_plan(&f), 1);
    for (uint32_t i = 0; i < 8; i++) {
        out[i / 4][spine_of(&f, &f.jobs[i], 0, 1, STEP_SHAPE_RING)]++;
        out[2 + i / 4][spine_of(&f, &f.jobs[i], 1, 0, STEP_SHAPE_RING)]++;
    }
    for (unsigned i = 0; i < 16; i++)
        assert_int_equal(out[i / 4][i % 4], 1);
    fabric_close(&f);
}

/* Job 1 has a ring alone, and it takes a spine of each leaf; job 2 has further steps, and all of them leave
 * that spine to it. */
static void test_steps_leave_room_for_jobs_that_have_fewer(void **state)
{
    (void)state;
    struct fabric f;
    uint32_t pair[2] = {0, 4}, four[4] = {1, 5, 2, 6};
    fabric_open(&f, (struct fabric_shape){.leaves = 2, .spines = 4, .hosts = 4}, ":memory:");
    fabric_add_demand(fabric_add_job(&f, 1, pair, 2), STEP_SHAPE_RING, 16 * MIB);
    struct fabric_job *more = fabric_add_job(&f, 2, four, 4);
    fabric_add_demand(more, STEP_SHAPE_RING, 16 * MIB);
    fabric_add_demand(more, STEP_SHAPE_HALVING_DOUBLING, 16 * MIB);
    fabric_report_all(&f);
    fabric_plan(&f);
    uint32_t taken = spine_of(&f, &f.jobs[0], 0, 1, STEP_SHAPE_RING);
    for (uint32_t rank = 0; rank < 4; rank += 2)
        assert_int_not_equal(spine_of(&f, more, rank, rank + 1, STEP_SHAPE_HALVING_DOUBLING), taken);
    fabric_close(&f);
}

static void test_all_hosts_have_the_same_plan(void **state)
{
    (void)state;
    struct fabric f;
    fabric_open(&f, shape, ":memory:");
    fabric_add_demand(add_scattered_job(&f, 0x1f), STEP_SHAPE_ALL_TO_ALL, MIB);
    fabric_report_all(&f);
    fabric_plan(&f);
    struct core_plan_info info;
    assert_true(core_plan_info(f.core, core_epoch(f.core), &info));
    assert_int_equal(info.flows, 16 * 12);
    assert_true(info.ratio < 1.0001);
    for (uint32_t host = 0; host < f.host_count; host++) {
        struct plan_view view = fabric_block(&f, host);
        assert_int_equal(view.header->epoch, info.epoch);
        assert_int_equal(view.header->hash, info.hash);
        assert_int_equal(view.header->flow_count, 12);
        assert_int_equal(view.header->leaf_count, 4);
    }
    fabric_close(&f);
}

static void test_equal_plans_are_not_published_again(void **state)
{
    (void)state;
    struct fabric f;
    fabric_open(&f, shape, ":memory:");
    struct fabric_job *job = add_scattered_job(&f, 0x1f);
    fabric_add_demand(job, STEP_SHAPE_RING, 4 * MIB);
    fabric_report_all(&f);
    assert_int_equal(fabric_plan(&f), 1);
    uint64_t epoch = core_epoch(f.core);
    job->demands[0].flow_bytes = 64 * MIB; /* planned anew, with the same outcome */
    fabric_report_all(&f);
    assert_int_equal(fabric_plan(&f), 0);
    assert_int_equal(core_epoch(f.core), epoch);
    fabric_close(&f);
}

static void test_equal_reports_give_equal_plans(void **state)
{
    (void)state;
    uint64_t hashes[2];
    for (unsigned i = 0; i < 2; i++) {
        struct fabric f;
        struct core_plan_info info;
        fabric_open(&f, shape, ":memory:");
        fabric_add_demand(add_scattered_job(&f, 0x1f), STEP_SHAPE_ALL_TO_ALL, MIB);
        for (uint32_t host = 0; host < f.host_count; host++) /* once in this order, once in the other */
            fabric_report(&f, i == 0 ? host : f.host_count - 1 - host);
        fabric_plan(&f);
        assert_true(core_plan_info(f.core, core_epoch(f.core), &info));
        hashes[i] = info.hash;
        fabric_close(&f);
    }
    assert_int_equal(hashes[0], hashes[1]);
}

/* Two flows of a leaf over the seven links that are left: what one of eight took with it is all that is lost,
 * however long the flows are. */
static void test_seven_links_of_eight_are_all_used(void **state)
{
    (void)state;
    for (uint64_t flow_bytes = 64 * 1024; flow_bytes <= 16 * MIB; flow_bytes *= 2) {
        struct fabric f;
        struct core_plan_info info;
        fabric_open(&f, (struct fabric_shape){.leaves = 2, .spines = 8, .hosts = 2, .spine_link_gbps = 25},
                    ":memory:");
        fabric_add_demand(add_scattered_job(&f, 0x1f), STEP_SHAPE_RING, flow_bytes);
        fabric_report_all(&f);
        fabric_plan(&f);
        fabric_kill(&f, 0, 3);
        for (unsigned i = 0; i < 3; i++) {
            fabric_pass(&f, SECOND);
            fabric_report_all(&f);
            fabric_plan(&f);
            assert_true(core_plan_info(f.core, core_epoch(f.core), &info));
            assert_true(info.ratio < 1.006);
        }
        fabric_close(&f);
    }
}

static void test_a_dead_link_is_left_alone(void **state)
{
    (void)state;
    struct fabric f;
    fabric_open(&f, shape, ":memory:");
    struct fabric_job *job = add_scattered_job(&f, 0x1f);
    fabric_add_demand(job, STEP_SHAPE_RING, 16 * MIB);
    fabric_report_all(&f);
    fabric_plan(&f);
    fabric_pass(&f, SECOND);
    fabric_report_all(&f);
    fabric_kill(&f, 1, 2);
    fabric_pass(&f, SECOND);
    fabric_report_all(&f);
    assert_int_equal(fabric_plan(&f), 1);
    assert_int_equal(fabric_state(&f, 1, 2), CORE_LINK_SUSPECT);
    fabric_pass(&f, SECOND);
    fabric_report_all(&f);
    fabric_plan(&f);
    assert_int_equal(fabric_state(&f, 1, 2), CORE_LINK_DOWN);
    for (uint32_t host = 0; host < f.host_count; host++) {
        struct plan_view view = fabric_block(&f, host);
        uint32_t leaf = host / shape.hosts;
        assert_int_equal(plan_find_weights(&view, 10 << 16 | 2 << 8)[2], leaf == 1 ? 8 : 0);
        for (uint32_t i = 0; leaf == 1 && i < view.header->piece_count; i++)
            assert_int_not_equal(view.pieces[i].spine, 2);
    }
    struct core_link_info info;
    core_link_info(f.core, fabric_link(&f, 1, 2), &info);
    assert_int_equal(info.planned_flows, 0);
    assert_int_equal(info.reported_by_count, 8); /* leaf 1 and those who send to it */
    fabric_close(&f);
}

/* Exchanges of 16,000 small flows lose a link: the revised plan, with few moves, is in force first, and a
 * better one follows only if it is much better. */
static void test_large_plans_are_revised_first(void **state)
{
    (void)state;
    struct fabric f;
    struct core_plan_info revised, refined;
    fabric_open(&f, (struct fabric_shape){.leaves = 8, .spines = 4, .hosts = 16}, ":memory:");
    fabric_add_demand(fabric_add_job(&f, 1, NULL, 0), STEP_SHAPE_ALL_TO_ALL, 64 << 10);
    fabric_report_all(&f);
    fabric_plan(&f);
    struct core_error error;
    struct core_link_request drain = {.link = fabric_link(&f, 1, 2), .action = CORE_LINK_DRAIN};
    assert_int_equal(core_link_act(f.core, &drain, f.now_ns, &error), 0);
    unsigned epochs = fabric_plan(&f);
    fabric_plan(&f);
    assert_true(core_plan_info(f.core, 2, &revised));
    assert_int_equal(epochs, 1);
    assert_true(core_plan_info(f.core, core_epoch(f.core), &refined));
    assert_true(refined.epoch == 2 || refined.ratio < revised.ratio * 0.95);
    assert_true(refined.ratio < 1.06);
    fabric_close(&f);
}

static void test_a_job_that_closes_is_not_planned_for(void **state)
{
    (void)state;
    struct fabric f;
    fabric_open(&f, shape, ":memory:");
    fabric_add_demand(add_scattered_job(&f, 0x1f), STEP_SHAPE_RING, MIB);
    fabric_report_all(&f);
    fabric_plan(&f);
    assert_int_equal(core_job_count(f.core), 1);
    unsigned jobs = f.job_count;
    f.job_count = 0;
    fabric_report_all(&f);
    assert_int_equal(fabric_plan(&f), 1);
    assert_int_equal(core_job_count(f.core), 0);
    assert_int_equal(fabric_block(&f, 3).header->flow_count, 0);
    assert_int_equal(fabric_events(&f, "job_closed"), 1);
    f.job_count = jobs;
    fabric_close(&f);
}

static void test_there_is_no_plan_before_the_first(void **state)
{
    (void)state;
    struct fabric f;
    const struct plan_header *block;
    fabric_open(&f, shape, ":memory:");
    assert_int_equal(core_plan_block(f.core, fabric_address(&f, 0), &block), -EAGAIN);
    assert_int_equal(core_plan_block(f.core, 1, &block), -ENOENT);
    assert_int_equal(core_epoch(f.core), 0);
    assert_int_equal(fabric_plan(&f), 1);
    assert_int_equal(core_epoch(f.core), 1);
    fabric_close(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_ring_is_spread_evenly),
        cmocka_unit_test(test_every_exchange_of_halving_doubling_is_spread),
        cmocka_unit_test(test_exchanges_that_do_not_keep_step_are_left_to_hosts),
        cmocka_unit_test(test_split_flows_make_up_what_is_lacking),
        cmocka_unit_test(test_jobs_are_planned_together),
        cmocka_unit_test(test_steps_leave_room_for_jobs_that_have_fewer),
        cmocka_unit_test(test_all_hosts_have_the_same_plan),
        cmocka_unit_test(test_equal_plans_are_not_published_again),
        cmocka_unit_test(test_equal_reports_give_equal_plans),
        cmocka_unit_test(test_seven_links_of_eight_are_all_used),
        cmocka_unit_test(test_a_dead_link_is_left_alone),
        cmocka_unit_test(test_large_plans_are_revised_first),
        cmocka_unit_test(test_a_job_that_closes_is_not_planned_for),
        cmocka_unit_test(test_there_is_no_plan_before_the_first),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
