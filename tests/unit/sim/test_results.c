/* SPDX-License-Identifier: BSD-3-Clause */
/* What the page says of measurements that are made up here: nothing is simulated. */
#include "tests/unit/sim/unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "dataplane/transport/congestion.h"
#include "tools/sim/metric.h"
#include "tools/sim/report.h"
#include "tools/sim/results_page.h"

enum {
    TRIALS = 6
};

static struct experiment_job jobs[TRIALS];
static struct experiment_job_result job_results[TRIALS];
static struct trial trials[TRIALS];
static struct experiment base;
static struct results_measured measured;
static struct results results;

/* One case: wrap with nscc is the default; hash, spray and wrap were measured, each with nscc and dctcp. */
static void make_up(const double ratios[TRIALS])
{
    static const enum path_mode modes[] = {PATH_MODE_HASH, PATH_MODE_SPRAY, PATH_MODE_WRAP};
    for (unsigned i = 0; i < TRIALS; i++) {
        jobs[i] = (struct experiment_job){.name = "job", .path_mode = modes[i / 2], .iterations = 1};
        job_results[i] = (struct experiment_job_result){.complete = ratios[i] > 0,
                                                        .bound_ratio = ratios[i],
                                                        .bound_ns = 1000,
                                                        .completion_ns = 1000 * ratios[i]};
        trials[i] =
            (struct trial){.experiment = {.jobs = &jobs[i], .job_count = 1},
                           .result = {.jobs = &job_results[i], .job_count = 1, .queue_peak_bytes = 1000}};
        trials[i].experiment.config.transport.congestion = i % 2 ? &congestion_dctcp : &congestion_nscc;
    }
    base = trials[4].experiment;
    measured = (struct results_measured){.what = &results_cases[1], .base = &base, .count = TRIALS};
    results = (struct results){
        .comparison = {.trials = trials, .count = TRIALS}, .cases = &measured, .case_count = 1};
}

static char *written(void (*write)(const struct results *, FILE *))
{
    static char text[16384];
    FILE *out = fmemopen(text, sizeof(text), "w");
    write(&results, out);
    fclose(out);
    return text;
}

static void rivals_have_their_best_control(void **state)
{
    (void)state;
    make_up((double[TRIALS]){3, 4, 1.3, 1.25, 1.0, 1.1});
    const char *text = written(results_targets_write);
    assert_non_null(
        strstr(text, "| the same ÷ spraying | ≤ 1.00 | 0.800, at the bound 0.800 (exchange 4M) | yes |"));
    assert_non_null(strstr(text, "| ≤ 1.03 | 1.000 (exchange 4M) | yes |"));
    assert_non_null(strstr(text, "link down | ≤ 0.80 | not in this run | – |"));
}

static void a_missed_target_is_a_no(void **state)
{
    (void)state;
    make_up((double[TRIALS]){3, 4, 1.3, 1.04, 1.05, 1.1});
    const char *text = written(results_targets_write);
    assert_non_null(strstr(text, "| ≤ 1.03 | 1.050 (exchange 4M) | **no** |"));
    assert_non_null(strstr(text, "| ≤ 1.00 | 1.010, at the bound 0.962 (exchange 4M) | **no** |"));
}

static void a_target_below_the_bound_is_a_no_with_the_reason(void **state)
{
    (void)state;
    make_up((double[TRIALS]){3, 4, 1.01, 1.02, 1.02, 1.1});
    for (unsigned i = 0; i < TRIALS; i++)
        trials[i].experiment.fault_count = 1;
    const char *text = written(results_targets_write);
    assert_non_null(strstr(
        text,
        "link down | ≤ 0.90 | 1.010, at the bound 0.990 (exchange 4M) | **no**: the bound forbids it |"));
}

static void what_is_not_complete_is_no_success(void **state)
{
    (void)state;
    make_up((double[TRIALS]){3, 4, 1.3, 1.04, 0, 1.1});
    assert_non_null(strstr(written(results_targets_write), "| not complete (exchange 4M) | **no** |"));
    assert_non_null(strstr(written(results_losses_write), "spray with dctcp is fastest, 1.040 × bound; the "
                                                          "default takes for ever"));
}

static void a_faster_rival_is_told(void **state)
{
    (void)state;
    make_up((double[TRIALS]){3, 4, 1.3, 1.25, 1.0, 0.9});
    trials[0].result.queue_peak_bytes = 100;
    const char *text = written(results_losses_write);
    assert_non_null(
        strstr(text, "wrap with dctcp is fastest, 0.900 × bound; the default takes 11.1 % longer"));
    assert_non_null(strstr(text, "hash with nscc has the shortest peak queue"));
}

static void no_gain_over_hashing_is_told(void **state)
{
    (void)state;
    make_up((double[TRIALS]){1.0, 1.1, 1.3, 1.25, 1.0, 1.0});
    assert_non_null(strstr(written(results_losses_write), "hashing takes 1.000 × bound, the default 1.000"));
}

static void a_default_that_wins_everywhere_loses_nowhere(void **state)
{
    (void)state;
    make_up((double[TRIALS]){3, 4, 1.3, 1.25, 1.0, 1.1});
    const char *text = written(results_losses_write);
    unsigned none = 0;
    for (const char *at = text; (at = strstr(at, "none of the measured cases")) != NULL; at++)
        none++;
    assert_int_equal(none, 3);
}

static void table_and_json_have_the_same_figures(void **state)
{
    (void)state;
    const struct metric *m;
    make_up((double[TRIALS]){3, 4, 1.3, 1.25, 1.5, 1.1});
    json_t *object = report_json(&base, &trials[4].result);
    json_t *job = json_array_get(json_object_get(object, "jobs"), 0);
    for (unsigned i = 0; (m = metric_of_job(i)) != NULL; i++)
        assert_non_null(json_object_get(job, m->key));
    for (unsigned i = 0; (m = metric_of_run(i)) != NULL; i++)
        assert_non_null(json_object_get(object, m->key));
    assert_float_equal(json_real_value(json_object_get(job, "bound_ratio")), 1.5, 0);
    assert_int_equal(json_integer_value(json_object_get(object, "queue_peak_bytes")), 1000);
    json_decref(object);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(rivals_have_their_best_control),
                                       cmocka_unit_test(a_missed_target_is_a_no),
                                       cmocka_unit_test(a_target_below_the_bound_is_a_no_with_the_reason),
                                       cmocka_unit_test(what_is_not_complete_is_no_success),
                                       cmocka_unit_test(a_faster_rival_is_told),
                                       cmocka_unit_test(no_gain_over_hashing_is_told),
                                       cmocka_unit_test(a_default_that_wins_everywhere_loses_nowhere),
                                       cmocka_unit_test(table_and_json_have_the_same_figures)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
