/* SPDX-License-Identifier: BSD-3-Clause */
#include <stdlib.h>

#include "tests/unit/exporter/page_text.h"
#include "tools/exporter/fabric_metrics.h"
#include "tools/exporter/link_metrics.h"

static void a_link_has_a_sample_in_each_family(void **state)
{
    (void)state;
    struct metric_page page = {.family_count = 0};
    json_t *flaps = parse("{'leaf0-spine1': 3}");
    json_t *links = parse(
        "[{'name': 'leaf0-spine1', 'leaf': 'leaf0', 'spine': 'spine1', 'rate_bps': 800,"
        " 'state': 'suspect', 'drained': true, 'dead_paths': 6, 'capacity_ratio': 0.5, 'planned_flows': 4,"
        " 'planned_share': 0.25, 'anomaly_score': 1.5},"
        " {'name': 'leaf0-host2', 'leaf': 'leaf0', 'host': 'host2', 'rate_bps': 800,"
        " 'state': 'down', 'drained': false, 'capacity_ratio': 1, 'planned_flows': 2}]");
    link_metrics_write(&page, links, flaps);
    assert_line(&page, "fabric_link_up{leaf=\"leaf0\",spine=\"spine1\"} 1");
    assert_line(&page, "fabric_link_up{leaf=\"leaf0\",host=\"host2\"} 0");
    assert_line(&page, "fabric_link_suspect{leaf=\"leaf0\",spine=\"spine1\"} 1");
    assert_line(&page, "fabric_link_suspect{leaf=\"leaf0\",host=\"host2\"} 0");
    assert_line(&page, "fabric_link_dead_paths{leaf=\"leaf0\",spine=\"spine1\"} 6");
    assert_line(&page, "fabric_link_drained{leaf=\"leaf0\",spine=\"spine1\"} 1");
    assert_line(&page, "fabric_link_capacity_ratio{leaf=\"leaf0\",spine=\"spine1\"} 0.5");
    assert_line(&page, "fabric_link_rate_bytes_per_second{leaf=\"leaf0\",spine=\"spine1\"} 100");
    assert_line(&page, "fabric_link_flaps_total{leaf=\"leaf0\",spine=\"spine1\"} 3");
    assert_line(&page, "fabric_link_flaps_total{leaf=\"leaf0\",host=\"host2\"} 0");
    assert_line(&page, "fabric_anomaly_score{leaf=\"leaf0\",spine=\"spine1\"} 1.5");
    assert_line(&page, "fabric_plan_flows{leaf=\"leaf0\",spine=\"spine1\"} 4");
    assert_no_line(&page, "fabric_plan_flows{leaf=\"leaf0\",host");
    assert_line(&page, "fabric_plan_load_ratio{leaf=\"leaf0\",spine=\"spine1\"} 0.25");
    assert_line(&page, "fabric_link_info{leaf=\"leaf0\",spine=\"spine1\",link=\"leaf0-spine1\"} 1");
    metric_page_free(&page);
    json_decref(links);
    json_decref(flaps);
}

static void parallel_links_are_told_apart_by_port(void **state)
{
    (void)state;
    struct metric_page page = {.family_count = 0};
    json_t *links = parse("[{'name': 'leaf0:eth1-spine1:eth7', 'leaf': 'leaf0', 'spine': 'spine1'},"
                          " {'name': 'leaf0:eth2-spine1:eth8', 'leaf': 'leaf0', 'spine': 'spine1'}]");
    link_metrics_write(&page, links, NULL);
    assert_line(&page, "fabric_link_up{leaf=\"leaf0\",spine=\"spine1\",port=\"eth1\"} 1");
    assert_line(&page, "fabric_link_up{leaf=\"leaf0\",spine=\"spine1\",port=\"eth2\"} 1");
    metric_page_free(&page);
    json_decref(links);
}

static void nonsense_is_left_out(void **state)
{
    (void)state;
    static const char *const answers[] = {
        "{}", "[]", "[7, null, 'x', [], {}]", "[{'name': 7}]",
        "[{'name': '', 'leaf': [], 'rate_bps': 'many', 'planned_flows': {}}]"};
    for (size_t i = 0; i < sizeof(answers) / sizeof(*answers); i++) {
        struct metric_page page = {.family_count = 0};
        json_t *links = parse(answers[i]);
        link_metrics_write(&page, links, NULL);
        assert_int_equal(page.sample_count, 0);
        metric_page_free(&page);
        json_decref(links);
    }
}

static void the_fabric_has_hosts_plans_and_verdicts(void **state)
{
    (void)state;
    struct metric_page page = {.family_count = 0};
    struct event_counts *events = event_counts_create();
    struct plan_counts plans;
    struct verdict_counts verdict_counts = {.ids = {0}};
    plan_counts_init(&plans);
    json_t *fabric = parse("{'hosts': 4, 'jobs': 2, 'plan': {'epoch': 5, 'ratio': 1.25}}");
    json_t *hosts = parse("{'hosts': [{'name': 'host0', 'leaf': 'leaf0', 'ports': ["
                          "{'rail': 0, 'agent': 'current', 'dead_paths': 0},"
                          "{'rail': 1, 'agent': 'behind', 'dead_paths': 3}]},"
                          "{'name': 'host1', 'leaf': 'leaf0', 'ports': [{'rail': 0, 'agent': 'absent'}]}]}");
    json_t *verdicts =
        parse("{'verdicts': [{'id': 1, 'kind': 'lossy', 'state': 'confirmed', 'confidence': 0.99,"
              " 'components': ['up(leaf0,spine1)', 'leaf1']},"
              "{'id': 2, 'kind': 'hang', 'state': 'cleared', 'confidence': 1, 'components': ['leaf2']},"
              "{'id': 3, 'kind': 'never_entered', 'state': 'confirmed', 'confidence': 1, 'components': [],"
              " 'rank_hosts': ['host7']},"
              "{'id': 4, 'kind': 'hang', 'state': 'confirmed', 'confidence': 1}]}");
    fabric_metrics_write(&page, &(struct fabric_view){.fabric = fabric,
                                                      .hosts = json_object_get(hosts, "hosts"),
                                                      .verdicts = verdicts,
                                                      .events = events,
                                                      .plans = &plans,
                                                      .verdict_counts = &verdict_counts});
    assert_line(&page, "fabric_hosts 4");
    assert_line(&page, "fabric_jobs 2");
    assert_line(&page, "fabric_plan_epoch 5");
    assert_line(&page, "fabric_plan_imbalance_ratio 1.25");
    assert_line(&page, "fabric_agent_up{leaf=\"leaf0\",host=\"host0\",port=\"1\"} 1");
    assert_line(&page, "fabric_agent_plan_current{leaf=\"leaf0\",host=\"host0\",port=\"1\"} 0");
    assert_line(&page, "fabric_agent_dead_paths{leaf=\"leaf0\",host=\"host0\",port=\"1\"} 3");
    assert_line(&page, "fabric_agent_up{leaf=\"leaf0\",host=\"host1\",port=\"0\"} 0");
    assert_line(&page, "fabric_verdict_confidence_ratio{kind=\"lossy\",component=\"up(leaf0,spine1)\"} 0.99");
    assert_line(&page, "fabric_verdict_candidates{kind=\"lossy\",component=\"leaf1\"} 2");
    assert_no_line(&page, "component=\"leaf2\"");
    assert_line(&page, "fabric_verdict_confidence_ratio{kind=\"never_entered\",component=\"host7\"} 1");
    assert_line(&page, "fabric_verdict_confidence_ratio{kind=\"hang\"} 1");
    metric_page_free(&page);
    event_counts_destroy(events);
    json_decref(fabric);
    json_decref(hosts);
    json_decref(verdicts);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_link_has_a_sample_in_each_family),
        cmocka_unit_test(parallel_links_are_told_apart_by_port),
        cmocka_unit_test(nonsense_is_left_out),
        cmocka_unit_test(the_fabric_has_hosts_plans_and_verdicts),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
