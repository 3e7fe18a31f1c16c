/* SPDX-License-Identifier: BSD-3-Clause */
/* The JSON that others read, and the statistics behind it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "tools/bench/demo.h"
#include "tools/bench/result.h"

static struct fabric fabric;
static struct link_load loads[1] = {{0, 0, true, 500, 700}};

static struct bench_result make_result(struct bench_options *options)
{
    *options = options_default();
    options->iterations = 3;
    fabric.link_count = 1;
    strcpy(fabric.links[0].name, "leaf0-spine0");
    struct bench_result result = {.options = options, .ranks = 2, .verified = true};
    result.shape = collective_shape_of(BENCH_ALL_REDUCE, 1000000, 2, 4);
    return result;
}

/* The text as JSON; freed by the caller. */
static json_t *parse(char *text)
{
    assert_null(strchr(text, '\n'));
    json_t *json = json_loads(text, 0, NULL);
    free(text);
    assert_non_null(json);
    return json;
}

static void an_iteration_takes_as_long_as_its_slowest_rank(void **state)
{
    (void)state;
    struct bench_options options;
    struct bench_result result = make_result(&options);
    const struct rank_time first[] = {{0, 100}, {1000, 5000}, {9000, 9300}};
    const struct rank_time second[] = {{50, 250}, {1000, 2000}, {9000, 9300}};
    const struct rank_time *const times[] = {first, second};
    result_set_times(&result, times);
    assert_int_equal(result.completion.min_ns, 200);
    assert_int_equal(result.completion.p50_ns, 300);
    assert_int_equal(result.completion.max_ns, 4000);
    assert_float_equal(result.algorithm_bandwidth_bps, 8e6 / 300e-9, 1e6);
    assert_float_equal(result.bus_bandwidth_bps, result.algorithm_bandwidth_bps, 1); /* 2 (n - 1) / n = 1 */
}

static void each_job_has_its_own_bandwidth(void **state)
{
    (void)state;
    struct bench_options options;
    struct bench_result result = make_result(&options);
    const struct rank_time quick[] = {{0, 100}, {200, 300}, {400, 500}};
    const struct rank_time slow[] = {{0, 400}, {400, 800}, {800, 1200}};
    const struct rank_time *const times[] = {quick, quick, quick, slow};
    options.jobs = 2;
    result.fabric = &fabric;
    result.links = loads;
    result_set_times(&result, times);
    assert_int_equal(result.completion.p50_ns, 400);
    assert_float_equal(result.jobs.best_bps, 8e6 / 100e-9, 1e6);
    assert_float_equal(result.jobs.worst_bps, 8e6 / 400e-9, 1e6);
    assert_float_equal(result.jobs.mean_bps, 8e6 / 160e-9, 1e6);
    json_t *json = parse(result_json_text(&result)), *jobs = json_object_get(json, "jobs");
    assert_int_equal(json_integer_value(json_object_get(jobs, "count")), 2);
    assert_float_equal(json_real_value(json_object_get(jobs, "bus_bandwidth_worst_bps")), 8e6 / 400e-9, 1e6);
    json_decref(json);
}

static void a_result_outside_a_lab_claims_no_links(void **state)
{
    (void)state;
    struct bench_options options;
    struct bench_result result = make_result(&options);
    json_t *json = parse(result_json_text(&result));
    assert_string_equal(json_string_value(json_object_get(json, "collective")), "all_reduce");
    assert_int_equal(json_integer_value(json_object_get(json, "size_bytes")), 1000000);
    assert_true(json_is_null(json_object_get(json, "verified"))); /* was not asked to check */
    assert_null(json_object_get(json, "links"));
    assert_null(json_object_get(json, "imbalance"));
    json_decref(json);
}

static void a_result_in_a_lab_has_links_and_bounds(void **state)
{
    (void)state;
    struct bench_options options;
    struct bench_result result = make_result(&options);
    options.check = true;
    result.fabric = &fabric;
    result.links = loads;
    result.bound = (struct bound){0.5, true};
    result.bound_ratio = 1.25;
    json_t *json = parse(result_json_text(&result));
    assert_true(json_is_true(json_object_get(json, "verified")));
    assert_int_equal(json_integer_value(json_object_get(json, "bound_ns")), 500000000);
    assert_float_equal(json_real_value(json_object_get(json, "bound_ratio")), 1.25, 1e-9);
    assert_true(json_is_null(json_object_get(json, "imbalance"))); /* nothing crossed */
    json_t *link = json_array_get(json_object_get(json, "links"), 0);
    assert_string_equal(json_string_value(json_object_get(link, "name")), "leaf0-spine0");
    assert_int_equal(json_integer_value(json_object_get(link, "down_bytes")), 700);
    assert_null(json_object_get(json, "fault"));
    json_decref(json);
}

static void the_fault_is_part_of_the_result(void **state)
{
    (void)state;
    struct bench_options options;
    struct bench_result result = make_result(&options);
    options.fault = (struct bench_fault){"leaf0-spine0", "down", NULL, 40};
    result.fabric = &fabric;
    result.links = loads;
    result.fault_injected = true;
    result.stall_ns = 12345;
    json_t *json = parse(result_json_text(&result)), *fault = json_object_get(json, "fault");
    assert_string_equal(json_string_value(json_object_get(fault, "kind")), "down");
    assert_true(json_is_null(json_object_get(fault, "value")));
    assert_int_equal(json_integer_value(json_object_get(fault, "stall_ns")), 12345);
    json_decref(json);
}

static void the_demo_reports_every_mode_and_collective(void **state)
{
    (void)state;
    static struct demo demo;
    demo.fault.link = "leaf0-spine0";
    demo.cells[1][3] = (struct demo_cell){.imbalance = 1.01, .completion_p50_ns = 77, .verified = true};
    json_t *json = parse(demo_json_text(&demo)), *modes = json_object_get(json, "modes");
    const char *const names[] = {"hash", "spray", "ethereal", "wrap"};
    for (unsigned i = 0; i < 4; i++)
        for (unsigned c = 0; c < 2; c++) {
            json_t *cell = json_object_get(json_object_get(modes, names[i]), c ? "all_to_all" : "all_reduce");
            const char *const keys[] = {"imbalance", "bus_bandwidth_bps", "completion_p50_ns", "bound_ratio",
                                        "verified"};
            for (unsigned k = 0; k < 5; k++)
                assert_non_null(json_object_get(cell, keys[k]));
        }
    json_t *wrap = json_object_get(json_object_get(modes, "wrap"), "all_to_all");
    assert_int_equal(json_integer_value(json_object_get(wrap, "completion_p50_ns")), 77);
    assert_float_equal(json_real_value(json_object_get(wrap, "imbalance")), 1.01, 1e-9);
    assert_true(json_is_true(json_object_get(wrap, "verified")));
    json_decref(json);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_iteration_takes_as_long_as_its_slowest_rank),
        cmocka_unit_test(each_job_has_its_own_bandwidth),
        cmocka_unit_test(a_result_outside_a_lab_claims_no_links),
        cmocka_unit_test(a_result_in_a_lab_has_links_and_bounds),
        cmocka_unit_test(the_fault_is_part_of_the_result),
        cmocka_unit_test(the_demo_reports_every_mode_and_collective),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
