/* SPDX-License-Identifier: BSD-3-Clause */
/* Everything that a topology file can be refused for, once each, with its place. */
#include "tests/unit/topology/unit.h"

static void expect_error(const char *text, const char *where, const char *code, const char *what)
{
    struct topology_error error;
    struct topology *topology;
    char start[64];
    assert_int_equal(topology_parse("test.yaml", text, strlen(text), &topology, &error), -EINVAL);
    assert_null(topology);
    snprintf(start, sizeof(start), "test.yaml:%s: ", where);
    if (strcmp(error.code, code) != 0 || strncmp(error.text, start, strlen(start)) != 0 ||
        !strstr(error.text, what))
        fail_msg("expected %s (%s) ... %s, but it is (%s) %s", start, code, what, error.code, error.text);
    assert_null(strchr(error.text, '\n'));
}

#define NODES "topology:\n  nodes:\n"

static void a_small_fabric_is_taken(void **state)
{
    (void)state;
    topology_free(parse(SMALL));
    topology_free(parse("name: containerlab has this\n" SMALL));
    topology_free(parse("topology:\n" /* links before nodes, one leaf, no spine, ports not named */
                        "  links: [{rate: 10K, endpoints: [leaf0, host0]}]\n"
                        "  nodes: {host0: {kind: host}, leaf0: {kind: leaf}}\n"));
}

static void what_is_not_yaml_is_refused(void **state)
{
    (void)state;
    expect_error("", "1:1", "bad_structure", "empty");
    expect_error("topology: {\n", "2:1", "bad_yaml", "not YAML");
    expect_error("topology:\n\tnodes: {}\n", "2:1", "bad_yaml", "not YAML");
    expect_error("topology: \xff\n", "1:1", "bad_yaml", "UTF-8");
    expect_error(SMALL "---\na: b\n", "16:1", "bad_structure", "second document");
}

static void sharing_is_refused(void **state)
{
    (void)state;
    expect_error("topology: &a\n  nodes: *a\n", "1:11", "bad_yaml", "anchors");
    expect_error("topology:\n  nodes: *a\n", "2:10", "bad_yaml", "anchors");
    expect_error("topology: !!map {}\n", "1:11", "bad_yaml", "tags");
    expect_error(NODES "    a: {kind: !!str leaf}\n", "3:15", "bad_yaml", "tags");
}

static void deep_nesting_is_refused(void **state)
{
    (void)state;
    enum {
        DEPTH = 1 << 20
    };
    char *text = malloc(DEPTH + 1);
    assert_non_null(text);
    memset(text, '[', DEPTH);
    text[DEPTH] = '\0';
    expect_error(text, "1:1", "bad_structure", "mapping");
    free(text);
}

static void structure_is_checked(void **state)
{
    (void)state;
    expect_error("- a\n", "1:1", "bad_structure", "`topology`");
    expect_error("name: a\n", "1:1", "missing_key", "`topology`");
    expect_error("mgmt: a\n", "1:1", "unknown_key", "'mgmt'");
    expect_error("topology:\n  nodes: {}\n", "2:3", "missing_key", "`links`");
    expect_error("topology:\n  nodes: {}\n  nodes: {}\n", "3:3", "duplicate_key", "nodes");
    expect_error(NODES "    leaf0: leaf\n", "3:12", "bad_structure", "{kind: leaf}");
    expect_error(NODES "    leaf0: {}\n", "3:12", "missing_key", "`kind`");
    expect_error(NODES "    leaf0: {kind: leaf, image: linux}\n", "3:25", "unknown_key",
                 "kind, address or addresses");
    expect_error(NODES "    leaf0: {kind: switch}\n", "3:19", "bad_value", "'switch'");
    expect_error(NODES "    leaf0: {kind: [leaf]}\n", "3:19", "bad_structure", "host, leaf, spine or core");
}

#define LINKS(link) SMALL_NODES "  links:\n    - " link "\n"

static void links_are_checked(void **state)
{
    (void)state;
    expect_error(LINKS("{rate: 1G}"), "10:7", "missing_key", "`endpoints`");
    expect_error(LINKS("{endpoints: [\"host0:eth0\", \"leaf0:eth0\"]}"), "10:7", "missing_key", "`rate`");
    expect_error(LINKS("{endpoints: [\"host0:eth0\"], rate: 1G}"), "10:19", "bad_structure", "two ends");
    expect_error(LINKS("{endpoints: [a, b, c], rate: 1G}"), "10:26", "bad_structure", "third");
    expect_error(LINKS("{endpoints: [\"host0:\", \"leaf0:eth0\"], rate: 1G}"), "10:20", "bad_name",
                 "leaf1:eth1");
    expect_error(LINKS("{endpoints: [\"host0:e 0\", \"leaf0:eth0\"], rate: 1G}"), "10:7", "bad_name",
                 "'e 0'");
    expect_error(LINKS("{endpoints: [\"host0:eth0\", \"leaf9:eth0\"], rate: 1G}"), "10:7", "unknown_node",
                 "'leaf9'");
}

static void rates_and_planes_have_ranges(void **state)
{
    (void)state;
    expect_error(LINKS("{endpoints: [host0, leaf0], rate: fast}"), "10:41", "bad_rate", "400G");
    expect_error(LINKS("{endpoints: [host0, leaf0], rate: 9999}"), "10:7", "bad_rate", "10K");
    expect_error(LINKS("{endpoints: [host0, leaf0], rate: 11T}"), "10:7", "bad_rate", "10T");
    expect_error(LINKS("{endpoints: [host0, leaf0], rate: 99999999999T}"), "10:41", "bad_rate", "400G");
    expect_error(LINKS("{endpoints: [host0, leaf0], rate: 1G, plane: -1}"), "10:52", "bad_plane", "0 to 63");
    expect_error(LINKS("{endpoints: [host0, leaf0], rate: 1G, plane: 64}"), "10:7", "bad_plane", "0 to 63");
}

static void wrong_wiring_is_refused(void **state)
{
    (void)state;
    expect_error(SMALL "    - {endpoints: [\"host0:eth1\", \"spine1:eth9\"], rate: 1G}\n", "16:7", "miswired",
                 "host0 is a host and spine1 is a spine");
    expect_error(SMALL "    - {endpoints: [\"leaf0:eth8\", \"leaf1:eth8\"], rate: 1G}\n", "16:7", "miswired",
                 "leaf0 is a leaf and leaf1 is a leaf");
    expect_error(SMALL "    - {endpoints: [\"leaf0:eth8\", \"leaf0:eth9\"], rate: 1G}\n", "16:7", "miswired",
                 "leaf0 is a leaf and leaf0 is a leaf");
    expect_error(SMALL "    - {endpoints: [\"leaf0:eth8\", \"spine0:eth9\"], rate: 1G, plane: 1}\n", "16:7",
                 "mixed_planes", "leaf0 is in plane 0");
}

static void what_is_there_twice_is_refused(void **state)
{
    (void)state;
    expect_error(NODES "    a1: {kind: leaf}\n    h1: {kind: host}\n    a1: {kind: spine}\n  links: []\n",
                 "5:5", "duplicate_node", "a1 (line 3)");
    expect_error(SMALL "    - {endpoints: [\"spine0:eth1\", \"leaf0:eth1\"], rate: 1G}\n", "16:7",
                 "duplicate_link", "line 12");
    expect_error(SMALL "    - {endpoints: [\"spine0:eth9\", \"leaf0:eth1\"], rate: 1G}\n", "16:7",
                 "duplicate_endpoint", "leaf0:eth1 is already an end of that in line 12");
    expect_error(SMALL "    - {endpoints: [spine0, leaf0], rate: 1G}\n"
                       "    - {endpoints: [leaf0, spine0], rate: 1G}\n",
                 "17:7", "duplicate_link", "line 16");
}

static void addresses_are_checked(void **state)
{
    (void)state;
    expect_error(NODES "    a1: {kind: leaf, address: 10.1.1}\n", "3:31", "bad_address", "10.1.0.1");
    expect_error(NODES "    a1: {kind: leaf, address: 224.0.0.1}\n", "3:5", "bad_address", "224.0.0.1");
    expect_error(NODES "    h1: {kind: host, address: 10.1.0.1}\n", "3:5", "wrong_kind", "`addresses`");
    expect_error(NODES "    h1: {kind: host, addresses: {e0: 127.0.0.1}}\n", "3:34", "bad_address",
                 "127.0.0.1");
    expect_error("topology:\n  nodes: {leaf0: {kind: leaf, addresses: {e0: 10.1.0.1}}, h0: {kind: host}}\n"
                 "  links: [{endpoints: [h0, leaf0], rate: 1G}]\n",
                 "2:43", "wrong_kind", "leaf0 is no host");
    expect_error("topology:\n  nodes: {leaf0: {kind: leaf}, h0: {kind: host, addresses: {e1: 10.1.0.1}}}\n"
                 "  links: [{endpoints: [\"h0:e0\", leaf0], rate: 1G}]\n",
                 "2:61", "unknown_port", "h0:e1");
    expect_error("topology:\n  nodes:\n    h0: {kind: host, addresses: {e0: 10.1.0.1, e0: 10.1.0.2}}\n"
                 "    leaf0: {kind: leaf}\n  links: [{endpoints: [\"h0:e0\", leaf0], rate: 1G}]\n",
                 "3:48", "duplicate_address", "h0:e0");
    expect_error(
        "topology:\n  nodes:\n    h0: {kind: host, addresses: {e0: 10.1.0.1}}\n"
        "    leaf0: {kind: leaf, address: 10.1.0.1}\n  links: [{endpoints: [\"h0:e0\", leaf0], rate: 1G}]\n",
        "4:5", "duplicate_address", "10.1.0.1 is an address of h0 and of leaf0");
}

static void foreign_text_is_quoted_safely(void **state)
{
    (void)state;
    expect_error(NODES "    \"a\\nb\": {kind: leaf}\n", "3:5", "bad_name", "'a?b'");
    expect_error(NODES "    \"a\\0b\": {kind: leaf}\n", "3:5", "bad_value", "name");
    expect_error("\"\\e[31m\": 1\n", "1:1", "unknown_key", "'?[31m'");
    expect_error("xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx: 1\n", "1:1", "unknown_key",
                 "xxx...'");
}

static void a_topology_has_hosts(void **state)
{
    (void)state;
    struct topology_error error;
    struct topology *topology;
    static const char text[] = "topology: {nodes: {}, links: []}\n";
    assert_int_equal(topology_parse("test.yaml", text, strlen(text), &topology, &error), -EINVAL);
    assert_string_equal(error.code, "no_hosts");
}

static void disconnected_parts_are_named(void **state)
{
    (void)state;
    expect_error(SMALL_NODES "    host2: {kind: host}\n" SMALL_LINKS, "9:5", "unconnected_node", "host2");
    expect_error(SMALL_NODES "    spine2: {kind: spine}\n" SMALL_LINKS, "9:5", "unconnected_node", "spine2");
    expect_error(
        "topology:\n  nodes:\n    h0: {kind: host}\n    h1: {kind: host}\n"
        "    leaf0: {kind: leaf}\n    leaf1: {kind: leaf}\n    s0: {kind: spine}\n    s1: {kind: spine}\n"
        "  links:\n    - {endpoints: [h0, leaf0], rate: 1G}\n    - {endpoints: [h1, leaf1], rate: 1G}\n"
        "    - {endpoints: [leaf0, s0], rate: 1G}\n    - {endpoints: [leaf1, s1], rate: 1G}\n",
        "6:5", "disconnected", "from leaf0 to leaf1 in plane 0");
}

/* Joined only by way of another leaf: routers send nothing down and up again. */
static void a_valley_is_no_way(void **state)
{
    (void)state;
    expect_error(
        "topology:\n  nodes:\n    h0: {kind: host}\n    h1: {kind: host}\n"
        "    leaf0: {kind: leaf}\n    leaf1: {kind: leaf}\n    leaf2: {kind: leaf}\n"
        "    s0: {kind: spine}\n    s1: {kind: spine}\n"
        "  links:\n    - {endpoints: [h0, leaf0], rate: 1G}\n    - {endpoints: [h1, leaf2], rate: 1G}\n"
        "    - {endpoints: [leaf0, s0], rate: 1G}\n    - {endpoints: [leaf1, s0], rate: 1G}\n"
        "    - {endpoints: [leaf1, s1], rate: 1G}\n    - {endpoints: [leaf2, s1], rate: 1G}\n",
        "7:5", "disconnected", "from leaf0 to leaf2");
}

static void a_file_that_cannot_be_read_is_named(void **state)
{
    (void)state;
    struct topology_error error;
    struct topology *topology;
    assert_int_equal(topology_load("/nonexistent/fabric.yaml", &topology, &error), -ENOENT);
    assert_null(topology);
    assert_string_equal(error.code, "cannot_read");
    assert_string_equal(error.text, "/nonexistent/fabric.yaml: cannot read it: No such file or directory");
    assert_int_equal(topology_load("/", &topology, &error), -EISDIR);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_small_fabric_is_taken),
        cmocka_unit_test(what_is_not_yaml_is_refused),
        cmocka_unit_test(sharing_is_refused),
        cmocka_unit_test(deep_nesting_is_refused),
        cmocka_unit_test(structure_is_checked),
        cmocka_unit_test(links_are_checked),
        cmocka_unit_test(rates_and_planes_have_ranges),
        cmocka_unit_test(wrong_wiring_is_refused),
        cmocka_unit_test(what_is_there_twice_is_refused),
        cmocka_unit_test(addresses_are_checked),
        cmocka_unit_test(foreign_text_is_quoted_safely),
        cmocka_unit_test(a_topology_has_hosts),
        cmocka_unit_test(disconnected_parts_are_named),
        cmocka_unit_test(a_valley_is_no_way),
        cmocka_unit_test(a_file_that_cannot_be_read_is_named),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
