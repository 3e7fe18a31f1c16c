/* SPDX-License-Identifier: BSD-3-Clause */
#include <stdlib.h>
#include <string.h>

#include "tests/unit/exporter/page_text.h"
#include "tools/exporter/dataplane_metrics.h"

static const char fabric[] =
    "topology:\n  nodes:\n    leaf0: {kind: leaf}\n    leaf1: {kind: leaf}\n"
    "    s-a: {kind: spine}\n    s-b: {kind: spine}\n"
    "    h0: {kind: host, addresses: {eth0: 10.1.0.1}}\n"
    "    h1: {kind: host, addresses: {eth0: 10.2.0.1}}\n"
    "  links:\n    - {endpoints: [\"h0:eth0\", leaf0], rate: 1G}\n"
    "    - {endpoints: [\"h1:eth0\", leaf1], rate: 1G}\n"
    "    - {endpoints: [leaf0, s-a], rate: 1G}\n    - {endpoints: [leaf0, s-b], rate: 1G}\n"
    "    - {endpoints: [leaf1, s-a], rate: 1G}\n    - {endpoints: [leaf1, s-b], rate: 1G}\n";

static void take(struct path_totals *totals, const char *answer)
{
    json_t *json = parse(answer);
    path_totals_take(totals, json);
    json_decref(json);
}

#define CHANNEL(peer, path, generation, packets)                                                             \
    "'peer" #peer "_path" #path "': {'path': " #path ", 'generation': " #generation                          \
    ", 'sent_packets': " #packets ", 'acked_bytes': " #packets                                               \
    "000, 'retransmits': 1, 'smoothed_rtt_ns': 15000}"

static void channels_of_a_spine_are_added_up_and_never_go_back(void **state)
{
    (void)state;
    struct path_totals *totals = path_totals_create();
    const struct path_total *spine = path_totals_of(totals, 1);
    take(totals, "{" CHANNEL(0, 1, 0, 100) "," CHANNEL(1, 1, 0, 50) "}");
    path_totals_end_round(totals);
    assert_int_equal(spine->sent_packets, 0); /* of before the start */
    take(totals, "{" CHANNEL(0, 1, 0, 110) "," CHANNEL(1, 1, 0, 50) ", 'next': 7}");
    assert_int_equal(spine->sent_packets, 10);
    assert_int_equal(spine->acked_bytes, 10000);
    assert_int_equal(spine->rtt_s.counts[2], 1); /* the one that has grown; 10 to 20 us */
    path_totals_end_round(totals);
    take(totals, "{" CHANNEL(1, 1, 1, 5) "}"); /* begins anew; the other one is gone */
    path_totals_end_round(totals);
    assert_int_equal(spine->sent_packets, 15);
    take(totals, "{" CHANNEL(0, 1, 0, 3) "}"); /* another one under its name */
    assert_int_equal(spine->sent_packets, 18);
    assert_int_equal(spine->retransmits, 2);
    path_totals_destroy(totals);
}

static void channels_that_make_no_sense_are_left_out(void **state)
{
    (void)state;
    struct path_totals *totals = path_totals_create();
    path_totals_end_round(totals);
    take(totals, "{'a': 7, 'b': null, 'c': {'path': 64}, 'd': {'path': 0, 'sent_packets': -5}, 'next': 'x'}");
    assert_int_equal(path_totals_of(totals, 0)->sent_packets, 0);
    assert_false(path_totals_of(totals, 63)->is_used);
    path_totals_destroy(totals);
}

static void many_channels_are_remembered(void **state)
{
    (void)state;
    struct path_totals *totals = path_totals_create();
    json_t *answer = json_object();
    char name[32];
    for (int i = 0; i < 1000; i++) {
        snprintf(name, sizeof(name), "peer%d_path%d", i, i % 4);
        json_object_set_new(answer, name, json_pack("{s:i, s:i}", "path", i % 4, "sent_packets", 7));
    }
    path_totals_take(totals, answer);
    path_totals_end_round(totals);
    path_totals_take(totals, answer);
    for (unsigned spine = 0; spine < 4; spine++)
        assert_int_equal(path_totals_of(totals, spine)->sent_packets, 0);
    json_decref(answer);
    path_totals_destroy(totals);
}

static void write_port(struct metric_page *page, const struct place_names *names, struct path_totals *totals)
{
    json_t *counters =
        parse("{'address': '10.2.0.1', 'sent_bytes': 7, 'drops_too_old': 2, 'dropped_checksum': 3,"
              " 'discovery_answers': 9}");
    json_t *plan = parse("{'agent': 'connected', 'epoch': 4, 'flows_planned': 6, 'flows_unplanned': 1}");
    struct dataplane_view view = {.names = names, .port_count = 1};
    view.ports[0] = (struct dataplane_port_view){counters, plan, totals, 1};
    dataplane_metrics_write(page, &view);
    json_decref(counters);
    json_decref(plan);
}

static void places_are_called_as_the_topology_does(void **state)
{
    (void)state;
    struct metric_page page = {.family_count = 0};
    struct path_totals *totals = path_totals_create();
    struct topology *topology;
    struct topology_error error;
    assert_int_equal(topology_parse("fabric", fabric, strlen(fabric), &topology, &error), 0);
    take(totals, "{" CHANNEL(0, 1, 0, 100) "}");
    write_port(&page, &(struct place_names){.topology = topology, .host = "other"}, totals);
#define PORT "leaf=\"leaf1\",host=\"h1\",port=\"0\""
    assert_line(&page, "fabric_port_sent_bytes_total{" PORT "} 7");
    assert_line(&page, "fabric_packets_dropped_total{" PORT ",reason=\"too_old\"} 2");
    assert_line(&page, "fabric_port_dropped_frames_total{" PORT ",reason=\"checksum\"} 3");
    assert_line(&page, "fabric_path_probes_total{" PORT ",result=\"answered\"} 9");
    assert_line(&page, "fabric_path_probes_total{" PORT ",result=\"unanswered\"} 1");
    assert_line(&page, "fabric_dataplane_control_connected{" PORT "} 1");
    assert_line(&page, "fabric_dataplane_plan_epoch{" PORT "} 4");
    assert_line(&page, "fabric_flows_total{" PORT ",placement=\"local\"} 1");
    assert_line(&page, "fabric_link_retransmits_total{" PORT ",spine=\"s-b\"} 0");
    assert_no_line(&page, "spine=\"s-a\"");
    metric_page_free(&page);
    path_totals_destroy(totals);
    topology_free(topology);
}

static void without_a_topology_the_configuration_and_numbers_name_them(void **state)
{
    (void)state;
    struct metric_page page = {.family_count = 0};
    struct path_totals *totals = path_totals_create();
    take(totals, "{" CHANNEL(0, 1, 0, 100) "}");
    write_port(&page, &(struct place_names){.host = "node7"}, totals);
    assert_line(&page, "fabric_port_sent_bytes_total{host=\"node7\",port=\"0\"} 7");
    assert_line(&page, "fabric_link_sent_packets_total{host=\"node7\",port=\"0\",spine=\"1\"} 0");
    metric_page_free(&page);
    path_totals_destroy(totals);
}

/* As /weft/counters of a port with an RDMA NIC has them (dataplane/daemon/introspection.c). */
static const char nic_counters[] =
    "{'address': '10.1.0.1', 'nic_packets_carried': 900, 'nic_packets_waited': 5, 'nic_packets_held': 1,"
    " 'nic_queue_pairs_failed': 2, 'nic_queue_pairs_wanting': 0, 'nic_drops_foreign_payload': 3,"
    " 'nic_drops_malformed': 4, 'nic_drops_of_nobody': 5, 'nic_retransmits': 6}";

static unsigned count_samples(const struct metric_page *page, const char *prefix)
{
    unsigned count = 0;
    char *text = page_text(page, METRIC_FORMAT_TEXT), *rest = text, *line;
    while ((line = strsep(&rest, "\n")) != NULL)
        count += strncmp(line, prefix, strlen(prefix)) == 0;
    free(text);
    return count;
}

static void only_ports_of_rdma_nics_have_their_families(void **state)
{
    (void)state;
    struct metric_page page = {.family_count = 0};
    struct path_totals *totals = path_totals_create();
    json_t *packet = parse("{'address': '10.1.0.2', 'sent_bytes': 7}"), *nic = parse(nic_counters);
    struct dataplane_view view = {.names = &(struct place_names){.host = "node7"}, .port_count = 2};
    view.ports[0] = (struct dataplane_port_view){.counters = packet, .totals = totals};
    view.ports[1] = (struct dataplane_port_view){.counters = nic, .totals = totals};
    dataplane_metrics_write(&page, &view);
#define NIC_PORT "host=\"node7\",port=\"1\""
    assert_line(&page, "fabric_nic_retransmits_total{" NIC_PORT "} 6");
    assert_line(&page, "fabric_nic_queue_pairs_failed_total{" NIC_PORT "} 2");
    assert_line(&page, "fabric_nic_messages_dropped_total{" NIC_PORT ",reason=\"foreign_payload\"} 3");
    assert_line(&page, "fabric_nic_messages_dropped_total{" NIC_PORT ",reason=\"malformed\"} 4");
    assert_line(&page, "fabric_nic_messages_dropped_total{" NIC_PORT ",reason=\"of_nobody\"} 5");
    assert_int_equal(count_samples(&page, "fabric_nic_"), 5); /* the README's bound for one port */
    assert_int_equal(count_samples(&page, "fabric_packets_dropped_total{"), 0);
    metric_page_free(&page);
    path_totals_destroy(totals);
    json_decref(packet);
    json_decref(nic);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(channels_of_a_spine_are_added_up_and_never_go_back),
        cmocka_unit_test(channels_that_make_no_sense_are_left_out),
        cmocka_unit_test(many_channels_are_remembered),
        cmocka_unit_test(places_are_called_as_the_topology_does),
        cmocka_unit_test(without_a_topology_the_configuration_and_numbers_name_them),
        cmocka_unit_test(only_ports_of_rdma_nics_have_their_families),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
