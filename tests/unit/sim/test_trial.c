/* SPDX-License-Identifier: BSD-3-Clause */
#include "tests/unit/sim/unit.h"

#include "dataplane/transport/congestion.h"
#include "tools/sim/comparison.h"

static uint32_t hosts[] = {0, 1, 2, 3, 4, 5, 6, 7};

static struct experiment_job exchange = {.name = "exchange",
                                         .workload = {.kind = WORKLOAD_EXCHANGE, .ranks = 8, .stride = 4},
                                         .path_mode = PATH_MODE_WRAP,
                                         .hosts = hosts,
                                         .iterations = 3,
                                         .hash_seed = 5};

static struct experiment small_experiment(void)
{
    const struct link_config link = {.rate_bytes_per_s = 50000000000,
                                     .delay_ns = 500,
                                     .queue_limit_bytes = 8 << 20,
                                     .mark_from_bytes = 800000,
                                     .mark_full_bytes = 800000};
    struct experiment e = {.config = {.seed = 1, .base_rtt_ns = 8000},
                           .jobs = &exchange,
                           .job_count = 1,
                           .limit_ns = NSEC_PER_SEC};
    exchange.workload.bytes = 100000;
    e.config.topology = (struct topology_config){.shape = {.pods = 1, .leaves = 2, .spines = 4, .hosts = 4},
                                                 .host_link = link,
                                                 .fabric_link = link,
                                                 .turnaround_ns = NSEC_PER_USEC};
    transport_config_default(&e.config.transport, link.rate_bytes_per_s, e.config.base_rtt_ns);
    experiment_size_transport(&e);
    return e;
}

static struct comparison everything(const struct experiment *base)
{
    struct comparison c = {0};
    comparison_add(&c, base,
                   &(struct comparison_choice){.modes = comparison_all_modes(),
                                               .controls = comparison_all_controls(),
                                               .healthy = true,
                                               .link_down = true});
    return c;
}

static unsigned run(struct comparison *c, unsigned processes)
{
    struct trial_plan plan = {.trials = c->trials, .count = (unsigned)c->count, .processes = processes};
    assert_int_equal(trial_run_all(&plan), 0);
    return plan.count;
}

static void every_mode_and_control_is_tried_healthy_and_not(void **state)
{
    (void)state;
    struct experiment base = small_experiment();
    struct comparison c = everything(&base);
    unsigned modes = (unsigned)__builtin_popcount(comparison_all_modes());
    unsigned controls = (unsigned)__builtin_popcount(comparison_all_controls());
    assert_int_equal(c.count, modes * controls * 2);
    assert_int_equal(c.trials[0].experiment.fault_count, 0);
    assert_int_equal(c.trials[1].experiment.fault_count, 1);
    run(&c, 2);
    for (size_t i = 0; i < c.count; i++) {
        assert_false(c.trials[i].crashed);
        assert_true(c.trials[i].result.jobs[0].complete);
        assert_int_equal(c.trials[i].result.lost > 0, i % 2);
    }
    comparison_clear(&c);
}

static void what_runs_beside_it_changes_nothing(void **state)
{
    (void)state;
    struct experiment base = small_experiment();
    struct comparison alone = everything(&base), beside = everything(&base);
    run(&alone, 1);
    run(&beside, 5);
    for (size_t i = 0; i < alone.count; i++) {
        struct experiment_result here, *a = &alone.trials[i].result, *b = &beside.trials[i].result;
        experiment_run(&alone.trials[i].experiment, &here);
        assert_true(here.hops > 0 && a->hops == here.hops && b->hops == here.hops);
        assert_true(a->jobs[0].completion_ns == here.jobs[0].completion_ns);
        assert_true(b->jobs[0].completion_ns == here.jobs[0].completion_ns);
        for (unsigned k = 0; k < 3; k++)
            assert_true(a->jobs[0].iterations_ns[k] == here.jobs[0].iterations_ns[k]);
        experiment_result_clear(&here);
    }
    comparison_clear(&alone);
    comparison_clear(&beside);
}

static void a_crash_is_a_line_of_the_table(void **state)
{
    (void)state;
    struct experiment base = small_experiment();
    struct comparison c = {0};
    comparison_add(
        &c, &base,
        &(struct comparison_choice){.modes = comparison_all_modes(), .controls = 1, .healthy = true});
    snprintf(c.trials[1].samples, sizeof(c.trials[1].samples), "/no/such/folder/samples.csv");
    run(&c, 2);
    for (size_t i = 0; i < c.count; i++)
        assert_int_equal(c.trials[i].crashed, i == 1);
    comparison_clear(&c);
}

static void another_size_is_the_workloads(void **state)
{
    (void)state;
    struct experiment base = small_experiment(), e;
    variant_make(&base, &(struct variant){.path_mode = PATH_MODE_HASH, .bytes = 5000}, &e);
    assert_int_equal(e.jobs[0].workload.bytes, 5000);
    assert_int_equal(e.jobs[0].path_mode, PATH_MODE_HASH);
    assert_ptr_equal(e.config.transport.congestion, base.config.transport.congestion);
    assert_int_equal(base.jobs[0].workload.bytes, 100000);
    assert_int_equal(base.jobs[0].path_mode, PATH_MODE_WRAP);
    variant_clear(&e);
}

static void names_are_the_transports(void **state)
{
    (void)state;
    uint32_t bits;
    assert_true(comparison_parse_modes("wrap,hash", &bits));
    assert_int_equal(bits, 1u << PATH_MODE_WRAP | 1u << PATH_MODE_HASH);
    assert_true(comparison_parse_controls("dctcp", &bits));
    assert_int_equal(bits, comparison_control_bit(&congestion_dctcp));
    assert_true(comparison_parse_modes("all", &bits));
    assert_int_equal(bits, comparison_all_modes());
    assert_false(comparison_parse_modes("wrap,", &bits));
    assert_false(comparison_parse_modes("wra", &bits));
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(every_mode_and_control_is_tried_healthy_and_not),
                                       cmocka_unit_test(what_runs_beside_it_changes_nothing),
                                       cmocka_unit_test(a_crash_is_a_line_of_the_table),
                                       cmocka_unit_test(another_size_is_the_workloads),
                                       cmocka_unit_test(names_are_the_transports)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
