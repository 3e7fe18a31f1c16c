/* SPDX-License-Identifier: BSD-3-Clause */
#include "tests/unit/exporter/page_text.h"
#include "tools/exporter/monitor_metrics.h"

static const struct place_names names = {.host = "node7"};
#define PORT "host=\"node7\",port=\"0\""

static const char answer[] =
    "{'version': '0.1.0', 'missing': ['ring buffer'], 'bounds_s': [0.001, 0.01],"
    " 'programs': [{'binary': '/a', 'probe': 'message_sent', 'attached': true},"
    "  {'binary': '/b', 'probe': 'message_sent', 'attached': false}, {'binary': '/a', 'probe': 'opened', "
    "'attached': true}],"
    " 'records': {'taken': 30, 'lost': 2, 'refused': 1}, 'stages_lost': 0,"
    " 'ports': [{'address': '10.1.0.1', 'dropped': 5}],"
    " 'control': {'configured': true, 'answering': false, 'batches': 20, 'failures': 3},"
    " 'stages': ["
    "  {'address': '10.1.0.1', 'peer_leaf': '10.2.0.0', 'path': 3, 'stage': 'network', 'count': 4, 'sum_s': "
    "0.5, 'buckets': [1, 3]},"
    "  {'address': '10.1.0.1', 'peer_leaf': '10.3.0.0', 'path': 3, 'stage': 'network', 'count': 1, 'sum_s': "
    "0.25, 'buckets': [1, 1]},"
    "  {'address': '10.1.0.1', 'peer_leaf': '10.3.0.0', 'path': null, 'stage': 'ready', 'count': 2, 'sum_s': "
    "0.125, 'buckets': [1, 1]}],"
    " 'operations': [{'address': '10.1.0.1', 'operation': 'all_reduce', 'ended': 2, 'failed': 1, 'sum_s': 3, "
    "'buckets': [0, 1]}],"
    " 'ranks': [{'address': '10.1.0.1', 'communicator': '0x1f', 'rank': 0, 'entered': 17},"
    "  {'address': '10.1.0.1', 'communicator': '0x1f', 'rank': 1, 'entered': 14},"
    "  {'address': '10.1.0.1', 'communicator': '0x2f', 'rank': 1, 'entered': 3}],"
    " 'hangs': [{'communicator': '0x1f', 'sequence': 17, 'for_s': 12.5, 'ranks': [1], 'path': null, 'text': "
    "'t'},"
    "  {'communicator': '0x3f', 'sequence': 1, 'for_s': 12.5, 'ranks': [], 'path': 2, 'text': 't'}]}";

static void rows_are_added_up(void **state)
{
    (void)state;
    struct metric_page page = {.family_count = 0};
    json_t *json = parse(answer);
    assert_true(monitor_metrics_write(&page, &names, json));
    assert_line(&page, "fabric_monitor_records_total 30");
    assert_line(&page, "fabric_monitor_events_lost_total 2");
    assert_line(&page, "fabric_monitor_records_dropped_total 5");
    assert_line(&page, "fabric_monitor_control_connected 0");
    assert_line(&page, "fabric_monitor_missing_features 1");
    assert_line(&page, "fabric_monitor_program_attached{program=\"message_sent\"} 0");
    assert_line(&page, "fabric_monitor_program_attached{program=\"opened\"} 1");
    assert_no_line(&page, "fabric_monitor_program_attached{program=\"entered\"}"); /* no file has it */
    assert_line(&page, "fabric_collective_stage_seconds_total{" PORT ",stage=\"network\"} 0.75");
    assert_line(&page, "fabric_collective_stage_seconds_total{" PORT ",stage=\"ready\"} 0.125");
    assert_line(&page, "fabric_collective_stage_messages_total{" PORT ",stage=\"network\"} 5");
    assert_line(&page, "fabric_path_network_seconds_bucket{" PORT ",spine=\"3\",le=\"0.001\"} 2");
    assert_line(&page, "fabric_path_network_seconds_bucket{" PORT ",spine=\"3\",le=\"0.01\"} 4");
    assert_line(&page, "fabric_path_network_seconds_bucket{" PORT ",spine=\"3\",le=\"+Inf\"} 5");
    assert_line(&page, "fabric_path_network_seconds_sum{" PORT ",spine=\"3\"} 0.75");
    assert_line(&page, "fabric_collective_duration_seconds_count{op=\"all_reduce\"} 2");
    assert_line(&page, "fabric_collective_failures_total{op=\"all_reduce\"} 1");
    assert_line(&page, "fabric_collective_hung{" PORT "} 1");
    assert_line(&page, "fabric_rank_lag_ops{" PORT "} 3");
    metric_page_free(&page);
    json_decref(json);
}

static void nonsense_is_left_out(void **state)
{
    (void)state;
    static const char *const answers[] = {
        "{}", "{'bounds_s': 7, 'stages': {}, 'ports': [7, {'address': 7}], 'programs': [null], 'ranks': 'x'}",
        ("{'bounds_s': [3, 2, 'x', 4], 'stages': [{'address': '10.1.0.1', 'stage': 'network', 'path': -1},"
         " {'address': '10.1.0.1', 'stage': 'network', 'path': 64}, {'address': '10.1.0.1', 'stage': "
         "'sleep'},"
         " {'address': '10.1.0.1', 'stage': 'network', 'path': 0, 'count': -4, 'buckets': [9, 1, 'x']}]}"),
        ("{'ports': [{'address': '10.1.0.100000000000000000000'}], 'operations': [{'operation': ''}, 7],"
         " 'ranks': [{'address': '10.1.0.1'}], 'hangs': [{}]}")};
    for (size_t i = 0; i < sizeof(answers) / sizeof(*answers); i++) {
        struct metric_page page = {.family_count = 0};
        json_t *json = parse(answers[i]);
        assert_true(monitor_metrics_write(&page, &names, json));
        assert_no_line(&page, "NaN");
        assert_no_line(&page, " -");
        metric_page_free(&page);
        json_decref(json);
    }
    assert_false(monitor_metrics_write(NULL, &names, NULL));
}

static void series_stay_few_whatever_there_is(void **state)
{
    (void)state;
    struct metric_page page = {.family_count = 0};
    json_t *rows = json_array(), *stages = json_array();
    char name[32];
    for (int i = 0; i < 1000; i++) {
        snprintf(name, sizeof(name), "operation%d", i);
        json_array_append_new(rows, json_pack("{s:s, s:i}", "operation", name, "ended", 1));
        snprintf(name, sizeof(name), "10.%d.0.1", i % 256);
        json_array_append_new(stages,
                              json_pack("{s:s, s:s, s:i}", "address", name, "stage", "ready", "count", 1));
    }
    json_t *json = json_pack("{s:o, s:o}", "operations", rows, "stages", stages);
    assert_true(monitor_metrics_write(&page, &names, json));
    assert_line(&page, "fabric_collective_duration_seconds_count{op=\"other\"} 969");
    assert_true(page.sample_count < 300);
    metric_page_free(&page);
    json_decref(json);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rows_are_added_up),
        cmocka_unit_test(nonsense_is_left_out),
        cmocka_unit_test(series_stay_few_whatever_there_is),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
