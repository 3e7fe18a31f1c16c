/* SPDX-License-Identifier: BSD-3-Clause */
/* What is counted from the exporter's start on: events, plans and verdicts. */
#include "tests/unit/exporter/page_text.h"
#include "tools/exporter/event_counts.h"
#include "tools/exporter/plan_counts.h"
#include "tools/exporter/verdict_metrics.h"

static bool take(struct event_counts *counts, const char *answer)
{
    json_t *json = parse(answer);
    bool more = event_counts_take(counts, json);
    json_decref(json);
    return more;
}

#define DOWN(sequence, at)                                                                                   \
    "{'sequence': " #sequence ", 'at_s': " #at ", 'kind': 'link_down', 'link': 'leaf0-spine1'}"

#define UP(sequence) "{'sequence': " #sequence ", 'at_s': 50, 'kind': 'link_up', 'link': 'leaf0-spine1'}"
#define EITHER(sequence)                                                                                     \
    "{'sequence': " #sequence ", 'at_s': 60, 'kind': 'link_suspect', 'link': 'leaf0-spine1',"                \
    " 'evidence': {'links': ['leaf0-spine1', 'leaf1-spine1', 7]}}"

static json_int_t flaps_of(const struct event_counts *counts, const char *link)
{
    return json_integer_value(json_object_get(event_counts_flaps(counts), link));
}

static json_int_t flaps(const struct event_counts *counts)
{
    return flaps_of(counts, "leaf0-spine1");
}

static void events_of_before_the_start_are_passed_over(void **state)
{
    (void)state;
    struct event_counts *counts = event_counts_create();
    assert_int_equal(event_counts_after(counts), 0);
    assert_false(take(counts, "{'events': [" DOWN(1, 10.5) "," DOWN(2, 11) "]}"));
    assert_int_equal(flaps(counts), 0);
    assert_int_equal(event_counts_after(counts), 1);
    assert_false(take(counts, "{'events': [" DOWN(2, 11) "," UP(3) "," DOWN(4, 12) "]}"));
    assert_int_equal(flaps(counts), 1);
    event_counts_destroy(counts);
}

static void every_link_that_an_event_names_has_gone_out_once(void **state)
{
    (void)state;
    struct event_counts *counts = event_counts_create();
    take(counts, "{'events': []}");
    take(counts, "{'events': [" EITHER(1) "," DOWN(2, 61) "," EITHER(3) "," UP(4) "," EITHER(5) "]}");
    assert_int_equal(flaps(counts), 2);
    assert_int_equal(flaps_of(counts, "leaf1-spine1"), 1);
    event_counts_destroy(counts);
}

static void the_log_of_a_control_that_lost_its_memory_is_counted_from_its_beginning(void **state)
{
    (void)state;
    struct event_counts *counts = event_counts_create();
    take(counts, "{'events': [" DOWN(5, 10) "]}");
    assert_true(take(counts, "{'events': []}")); /* sequence 5 is not there any more */
    assert_int_equal(event_counts_after(counts), 0);
    assert_false(take(counts, "{'events': [" DOWN(1, 20) "," UP(2) "," DOWN(3, 21) "]}"));
    assert_int_equal(flaps(counts), 2);
    assert_true(take(counts, "{'events': [" DOWN(3, 99) "]}")); /* it is there, and another one */
    assert_int_equal(event_counts_after(counts), 0);
    event_counts_destroy(counts);
}

static void nonsense_is_no_event(void **state)
{
    (void)state;
    struct event_counts *counts = event_counts_create();
    assert_false(take(counts, "{}"));
    assert_false(take(counts, "{'events': 7}"));
    take(counts, "{'events': []}");
    assert_false(
        take(counts, "{'events': [7, null, {'sequence': -4}, {'sequence': 'x', 'kind': 'link_down'}]}"));
    assert_int_equal(event_counts_after(counts), 0);
    event_counts_destroy(counts);
}

static void kinds_that_are_not_known_are_counted_together(void **state)
{
    (void)state;
    struct metric_page page = {.family_count = 0};
    struct event_counts *counts = event_counts_create();
    take(counts, "{'events': []}");
    take(counts, "{'events': [{'sequence': 1, 'kind': 'meteor'}, {'sequence': 2, 'kind': 'path_changed'}]}");
    event_counts_write(&page, counts);
    assert_line(&page, "fabric_events_total{kind=\"other\"} 1");
    assert_line(&page, "fabric_events_total{kind=\"path_changed\"} 1");
    assert_line(&page, "fabric_events_total{kind=\"link_down\"} 0");
    metric_page_free(&page);
    event_counts_destroy(counts);
}

static void take_plans(struct plan_counts *counts, const char *answer)
{
    json_t *json = parse(answer);
    plan_counts_take(counts, json);
    json_decref(json);
}

static void new_plans_are_counted_by_what_changed(void **state)
{
    (void)state;
    struct metric_page page = {.family_count = 0};
    struct plan_counts counts;
    plan_counts_init(&counts);
    take_plans(&counts, "{'plans': [{'epoch': 2, 'change': 'links', 'duration_ms': 9}]}");
    take_plans(&counts,
               "{'plans': [{'epoch': 4, 'change': 'links', 'duration_ms': 4},"
               " {'epoch': 3, 'change': 'moon', 'duration_ms': 2000}, {'epoch': 2, 'change': 'links'}]}");
    plan_counts_write(&page, &counts);
    assert_line(&page, "fabric_rebalances_total{reason=\"links\"} 1");
    assert_line(&page, "fabric_rebalances_total{reason=\"other\"} 1");
    assert_line(&page, "fabric_rebalance_duration_seconds_bucket{le=\"0.005\"} 1");
    assert_line(&page, "fabric_rebalance_duration_seconds_sum 2.004");
    assert_line(&page, "fabric_rebalance_duration_seconds_count 2");
    metric_page_free(&page);
}

static void take_verdicts(struct verdict_counts *counts, const char *answer)
{
    json_t *json = parse(answer);
    verdict_counts_take(counts, json);
    json_decref(json);
}

static void new_verdicts_are_counted_once(void **state)
{
    (void)state;
    struct metric_page page = {.family_count = 0};
    struct verdict_counts counts = {.ids = {0}};
    json_t *none = parse("{'verdicts': []}");
    take_verdicts(&counts, "{'verdicts': [{'id': 1, 'kind': 'lossy'}]}");
    take_verdicts(&counts, "{'verdicts': [{'id': 1, 'kind': 'lossy'}, {'id': 2, 'kind': 'lossy'}]}");
    take_verdicts(&counts, "{'verdicts': [{'id': 2, 'kind': 'lossy'}, {'id': 3, 'kind': 'ghost'}]}");
    verdict_metrics_write(&page, none, &counts);
    assert_line(&page, "fabric_verdicts_total{kind=\"lossy\"} 1");
    assert_line(&page, "fabric_verdicts_total{kind=\"other\"} 1");
    metric_page_free(&page);
    json_decref(none);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(events_of_before_the_start_are_passed_over),
        cmocka_unit_test(the_log_of_a_control_that_lost_its_memory_is_counted_from_its_beginning),
        cmocka_unit_test(every_link_that_an_event_names_has_gone_out_once),
        cmocka_unit_test(nonsense_is_no_event),
        cmocka_unit_test(kinds_that_are_not_known_are_counted_together),
        cmocka_unit_test(new_plans_are_counted_by_what_changed),
        cmocka_unit_test(new_verdicts_are_counted_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
