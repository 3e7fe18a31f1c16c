/* SPDX-License-Identifier: BSD-3-Clause */
/* Jobs of path mode `planned` go as the planner says once hosts know each other's plan, go on when links die,
 * and are split locally where nothing can be planned. */
#include "tests/unit/sim/unit.h"

#include "tools/sim/experiment.h"

static uint32_t hosts[] = {0, 4, 1, 8, 5, 12, 9, 2, 13, 6, 3, 10, 14, 7, 11, 15};

static struct experiment_job ring = {.name = "ring",
                                     .workload = {.kind = WORKLOAD_ALL_REDUCE, .ranks = 16, .bytes = 4 << 20},
                                     .path_mode = PATH_MODE_PLANNED,
                                     .hosts = hosts,
                                     .iterations = 3};

static struct experiment ring_on(struct topology_shape shape)
{
    const struct link_config link = {.rate_bytes_per_s = 50000000000,
                                     .delay_ns = 500,
                                     .queue_limit_bytes = 8 << 20,
                                     .mark_from_bytes = 800000,
                                     .mark_full_bytes = 800000};
    struct experiment e = {
        .config = {.seed = 1, .base_rtt_ns = 8000}, .jobs = &ring, .job_count = 1, .limit_ns = NSEC_PER_SEC};
    ring.workload.algorithm = WEFT_ALGORITHM_RING;
    e.config.topology = (struct topology_config){
        .shape = shape, .host_link = link, .fabric_link = link, .turnaround_ns = NSEC_PER_USEC};
    transport_config_default(&e.config.transport, link.rate_bytes_per_s, e.config.base_rtt_ns);
    experiment_size_transport(&e);
    return e;
}

static struct experiment_result run(const struct experiment *e)
{
    struct experiment_result result;
    experiment_run(e, &result);
    assert_int_equal(result.complaints.count, 0);
    assert_true(result.jobs[0].complete);
    return result;
}

static void test_steps_go_as_planned(void **state)
{
    (void)state;
    struct experiment e = ring_on((struct topology_shape){.pods = 1, .leaves = 4, .spines = 4, .hosts = 4});
    struct experiment_result result = run(&e);
    /* Only what is sent before the peer was ever heard is split locally. */
    assert_true(result.counters.flows_planned > 20 * result.counters.flows_unplanned);
    assert_true(result.counters.pieces_sent < 1.2 * (double)result.counters.messages_sent);
    experiment_result_clear(&result);
}

static void test_a_dead_link_is_planned_around_when_it_is_noticed(void **state)
{
    (void)state;
    struct experiment e = ring_on((struct topology_shape){.pods = 1, .leaves = 4, .spines = 4, .hosts = 4});
    struct topology t;
    struct sim_fault fault = {.kind = SIM_FAULT_DOWN,
                              .at = EXPERIMENT_START_NS + 50 * NSEC_PER_USEC,
                              .until = NSEC_NEVER,
                              .converges_after_ns = 100 * NSEC_PER_USEC};
    topology_init(&t, &e.config.topology);
    assert_true(topology_find_link(&t, "leaf0-spine1", &fault.up_link, &fault.down_link));
    topology_destroy(&t);
    e.faults = &fault;
    e.fault_count = 1;
    struct experiment_result result = run(&e);
    assert_true(result.counters.flows_planned > 4 * result.counters.flows_unplanned);
    experiment_result_clear(&result);
}

static uint64_t flows_not_planned(nsec_t control_delay_ns)
{
    struct experiment e = ring_on((struct topology_shape){.pods = 1, .leaves = 4, .spines = 4, .hosts = 4});
    struct topology t;
    struct sim_fault fault = {
        .kind = SIM_FAULT_BLACK_HOLE, .at = EXPERIMENT_START_NS + 50 * NSEC_PER_USEC, .until = NSEC_NEVER};
    topology_init(&t, &e.config.topology);
    assert_true(topology_find_link(&t, "leaf0-spine1", &fault.up_link, &fault.down_link));
    topology_destroy(&t);
    e.config.control_delay_ns = control_delay_ns;
    e.faults = &fault;
    e.fault_count = 1;
    struct experiment_result result = run(&e);
    uint64_t flows = result.counters.flows_unplanned;
    assert_true(result.counters.paths_died > 0);
    experiment_result_clear(&result);
    return flows;
}

/* Whoever is told to go over a path that is dead for it goes as it sees fit. */
static void test_what_hosts_report_is_planned_around(void **state)
{
    (void)state;
    uint64_t in_time = flows_not_planned(10 * NSEC_PER_USEC), too_late = flows_not_planned(NSEC_PER_SEC);
    assert_true(in_time < too_late / 2);
}

static void test_three_tiers_are_split_locally(void **state)
{
    (void)state;
    struct experiment e =
        ring_on((struct topology_shape){.pods = 2, .leaves = 2, .spines = 2, .cores = 2, .hosts = 4});
    struct experiment_result result = run(&e);
    assert_int_equal(result.counters.flows_planned, 0);
    experiment_result_clear(&result);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_steps_go_as_planned),
        cmocka_unit_test(test_a_dead_link_is_planned_around_when_it_is_noticed),
        cmocka_unit_test(test_what_hosts_report_is_planned_around),
        cmocka_unit_test(test_three_tiers_are_split_locally),
    };
    return cmocka_run_group_tests(tests, 0, 0);
}
