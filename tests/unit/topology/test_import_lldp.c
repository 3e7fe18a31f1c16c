/* SPDX-License-Identifier: BSD-3-Clause */
/* What lldpcli prints, to observations, to topologies. The files of golden/lldp have the form that
 * lldpd 1.0.16 prints. */
#include "control/topology/import.h"
#include "tests/unit/topology/unit.h"

static const struct topology_lldp_import how = {.rate_bits_per_s = 1000000000, .ignored = "office*"};

static struct observed_cables *read_golden(void)
{
    struct observed_cables *cables = observed_cables_create();
    struct topology_error error;
    char folder[4096];
    snprintf(folder, sizeof(folder), "%s/lldp", getenv("GOLDEN"));
    assert_non_null(cables);
    if (observed_cables_add_path(cables, folder, &error) != 0)
        fail_msg("%s", error.text);
    return cables;
}

static void neighbours_are_read(void **state)
{
    (void)state;
    struct observed_cables *cables = read_golden();
    assert_int_equal(observed_cables_node_count(cables), 6);
    assert_string_equal(observed_cables_node(cables, 2), "leaf0");
    assert_string_equal(observed_cables_node(cables, 5), "spine1");
    assert_int_equal(observed_cables_count(cables), 11);
    const struct observed_cable *first = observed_cables_at(cables, 0);
    assert_string_equal(first->node, "host0");
    assert_string_equal(first->port, "eth0");
    assert_string_equal(first->neighbour, "leaf0");
    assert_string_equal(first->far_port, "swp10");
    assert_true(first->neighbour_forwards);
    assert_false(observed_cables_at(cables, 3)->neighbour_forwards);
    observed_cables_free(cables);
}

static void the_fabric_is_found(void **state)
{
    (void)state;
    struct observed_cables *cables = read_golden();
    struct topology_error error;
    struct topology *t;
    if (topology_import_lldp(cables, &how, &t, &error) != 0)
        fail_msg("%s", error.text);
    assert_written(t, topology_write_yaml,
                   "topology:\n"
                   "  nodes:\n"
                   "    host0: {kind: host}\n"
                   "    host1: {kind: host}\n"
                   "    leaf0: {kind: leaf}\n"
                   "    leaf1: {kind: leaf}\n"
                   "    spine0: {kind: spine}\n"
                   "    spine1: {kind: spine}\n"
                   "  links:\n"
                   "    - {endpoints: [\"host0:eth0\", \"leaf0:swp10\"], rate: 1G}\n"
                   "    - {endpoints: [\"host1:eth0\", \"leaf1:swp10\"], rate: 1G}\n"
                   "    - {endpoints: [\"leaf0:swp1\", \"spine0:swp1\"], rate: 1G}\n"
                   "    - {endpoints: [\"leaf0:swp2\", \"spine1:swp1\"], rate: 1G}\n"
                   "    - {endpoints: [\"leaf1:swp1\", \"spine0:swp2\"], rate: 1G}\n"
                   "    - {endpoints: [\"leaf1:swp2\", \"spine1:swp2\"], rate: 1G}\n");
    topology_free(t);
    observed_cables_free(cables);
}

static void see(struct observed_cables *cables, const char *node, const char *port, const char *neighbour,
                const char *far_port)
{
    const char *kept = observed_cables_add_node(cables, node);
    struct observed_cable cable = {.node = kept, .port = port, .neighbour = neighbour, .far_port = far_port};
    assert_int_equal(observed_cables_add(cables, &cable), 0);
}

/* Nothing calls itself a router, so the pattern decides; and a cable seen in full from one end is one cable.
 */
static void hosts_can_be_named_by_a_pattern(void **state)
{
    (void)state;
    struct observed_cables *cables = observed_cables_create();
    struct topology_lldp_import by_name = {.rate_bits_per_s = 1000000000, .hosts = "gpu*"};
    struct topology_error error;
    struct topology *t;
    see(cables, "gpu1", "eth0", "a", "");
    see(cables, "a", "1", "gpu1", "eth0");
    see(cables, "a", "2", "b", "1");
    see(cables, "b", "2", "c", "9");
    if (topology_import_lldp(cables, &by_name, &t, &error) != 0)
        fail_msg("%s", error.text);
    assert_int_equal(topology_link_count(t), 3);
    assert_int_equal(topology_node(t, topology_node_by_name(t, "b"))->kind, TOPOLOGY_SPINE);
    assert_int_equal(topology_node(t, topology_node_by_name(t, "c"))->kind, TOPOLOGY_CORE);
    topology_free(t);
    see(cables, "c", "3", "d", "1");
    assert_int_equal(topology_import_lldp(cables, &by_name, &t, &error), -EINVAL);
    assert_string_equal(error.code, "disconnected");
    assert_non_null(strstr(error.text, "d is more than three switches away"));
    observed_cables_free(cables);
}

static void what_cannot_be_a_fabric_is_refused(void **state)
{
    (void)state;
    struct observed_cables *cables = observed_cables_create();
    struct topology_lldp_import by_name = {.rate_bits_per_s = 1000000000, .hosts = "h*"};
    struct topology_error error;
    struct topology *t;
    assert_int_equal(topology_import_lldp(cables, &by_name, &t, &error), -EINVAL);
    assert_string_equal(error.code, "no_hosts");
    see(cables, "h1", "eth0", "a", "1");
    see(cables, "h1", "eth0", "b", "1");
    assert_int_equal(topology_import_lldp(cables, &by_name, &t, &error), -EINVAL);
    assert_string_equal(error.code, "duplicate_endpoint");
    assert_string_equal(error.text, "h1:eth0 is already an end of another: a port takes one cable");
    assert_null(t);
    observed_cables_free(cables);
}

static void expect_error(const char *text, const char *code, const char *what)
{
    struct observed_cables *cables = observed_cables_create();
    struct topology_error error;
    assert_int_equal(observed_cables_add_text(cables, "leaf0", "leaf0.json", text, strlen(text), &error),
                     -EINVAL);
    if (strcmp(error.code, code) != 0 || strncmp(error.text, "leaf0.json:", 11) != 0 ||
        !strstr(error.text, what))
        fail_msg("expected (%s) ... %s, but it is (%s) %s", code, what, error.code, error.text);
    observed_cables_free(cables);
}

static void what_is_not_from_lldpcli_is_refused(void **state)
{
    (void)state;
    expect_error("", "bad_json", "leaf0.json:1:");
    expect_error("{\n \"lldp\": ]", "bad_json", "leaf0.json:2:");
    expect_error("[]", "bad_structure", "lldpcli -f json");
    expect_error("{\"lldp\": []}", "bad_structure", "lldpcli -f json");
    expect_error("{\"lldp\": {\"interface\": 1}}", "bad_structure", "lldpcli -f json");
    expect_error("{\"lldp\": {\"interface\": [1]}}", "bad_structure", "no object");
    expect_error("{\"lldp\": {\"interface\": {\"e\\nth0\": {}}}}", "bad_structure", "'e?th0': no chassis");
    expect_error("{\"lldp\": {\"interface\": {\"eth0\": {\"chassis\": {\"a\": 1}}}}}", "bad_structure",
                 "no chassis");
}

static void deep_nesting_is_refused(void **state)
{
    (void)state;
    static char text[100001];
    memset(text, '[', 100000);
    expect_error(text, "bad_json", "depth");
}

/* Anyone may call itself anything. */
static void foreign_names_are_tamed(void **state)
{
    (void)state;
    static const char text[] = "{\"lldp\": {\"interface\": {\"eth0\": {"
                               "\"chassis\": {\"-ev il\\n\\\"x\\\"\xc3\xa9.example\": {\"id\": {}}},"
                               "\"port\": {\"id\": {\"type\": \"local\", \"value\": \"1/1:2 \"}}}}}}";
    static const char unnamed[] =
        "{\"lldp\": {\"interface\": {\"eth0\": {"
        "\"chassis\": {\"id\": {\"type\": \"mac\", \"value\": \"02:00:00:00:00:02\"}},"
        "\"port\": {\"id\": {\"type\": \"mac\", \"value\": \"02:00:00:00:00:01\"}}}}}}";
    struct observed_cables *cables = observed_cables_create();
    struct topology_error error;
    assert_int_equal(observed_cables_add_text(cables, "leaf0", "t", text, strlen(text), &error), 0);
    assert_int_equal(observed_cables_add_text(cables, "192.0.2.1", "t", unnamed, strlen(unnamed), &error), 0);
    assert_string_equal(observed_cables_at(cables, 0)->neighbour, "xev-il--x---");
    assert_string_equal(observed_cables_at(cables, 0)->far_port, "1/1:2-");
    assert_string_equal(observed_cables_at(cables, 1)->node, "192.0.2.1");
    assert_string_equal(observed_cables_at(cables, 1)->neighbour, "02-00-00-00-00-02");
    assert_string_equal(observed_cables_at(cables, 1)->far_port, "");
    observed_cables_free(cables);
}

static void what_cannot_be_read_is_named(void **state)
{
    (void)state;
    struct observed_cables *cables = observed_cables_create();
    struct topology_error error;
    char folder[] = "/tmp/weft-test-lldp-XXXXXX";
    assert_non_null(mkdtemp(folder));
    assert_int_equal(observed_cables_add_path(cables, folder, &error), -EINVAL);
    assert_non_null(strstr(error.text, "no files NODE.json"));
    rmdir(folder);
    assert_int_equal(observed_cables_add_path(cables, folder, &error), -ENOENT);
    observed_cables_free(cables);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(neighbours_are_read),
        cmocka_unit_test(the_fabric_is_found),
        cmocka_unit_test(hosts_can_be_named_by_a_pattern),
        cmocka_unit_test(what_cannot_be_a_fabric_is_refused),
        cmocka_unit_test(what_is_not_from_lldpcli_is_refused),
        cmocka_unit_test(deep_nesting_is_refused),
        cmocka_unit_test(foreign_names_are_tamed),
        cmocka_unit_test(what_cannot_be_read_is_named),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
