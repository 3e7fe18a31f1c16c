/* SPDX-License-Identifier: BSD-3-Clause */
#include "control/topology/import.h"
#include "tests/unit/topology/unit.h"

enum {
    RATE = 100000000
};

static struct topology *import(const char *text)
{
    struct topology_error error;
    struct topology *topology;
    if (topology_import_slurm_text("topology.conf", text, strlen(text), RATE, &topology, &error) != 0)
        fail_msg("%s", error.text);
    return topology;
}

static void expect_error(const char *text, const char *where, const char *code, const char *what)
{
    struct topology_error error;
    struct topology *topology;
    char start[64];
    assert_int_equal(topology_import_slurm_text("topology.conf", text, strlen(text), RATE, &topology, &error),
                     -EINVAL);
    assert_null(topology);
    snprintf(start, sizeof(start), "topology.conf:%s: ", where);
    if (strcmp(error.code, code) != 0 || strncmp(error.text, start, strlen(start)) != 0 ||
        !strstr(error.text, what))
        fail_msg("expected %s (%s) ... %s, but it is (%s) %s", start, code, what, error.code, error.text);
}

static void two_tiers_are_written_as_yaml(void **state)
{
    (void)state;
    struct topology *t = import("# a comment\n"
                                "\n"
                                "SwitchName=spine1 Switches=leaf[1-2] LinkSpeed=100\n"
                                "switchname=leaf1\tnodes=host[0-1]   # another\n"
                                "SwitchName=leaf2 \\\n"
                                "    Nodes=host2,host[03-03]\n"
                                "SwitchName=spine2 Switches=leaf[1-2]");
    assert_written(t, topology_write_yaml,
                   "topology:\n"
                   "  nodes:\n"
                   "    host0: {kind: host}\n"
                   "    host1: {kind: host}\n"
                   "    host2: {kind: host}\n"
                   "    host03: {kind: host}\n"
                   "    leaf1: {kind: leaf}\n"
                   "    leaf2: {kind: leaf}\n"
                   "    spine1: {kind: spine}\n"
                   "    spine2: {kind: spine}\n"
                   "  links:\n"
                   "    - {endpoints: [\"leaf1\", \"spine1\"], rate: 100M}\n"
                   "    - {endpoints: [\"leaf2\", \"spine1\"], rate: 100M}\n"
                   "    - {endpoints: [\"host0\", \"leaf1\"], rate: 100M}\n"
                   "    - {endpoints: [\"host1\", \"leaf1\"], rate: 100M}\n"
                   "    - {endpoints: [\"host2\", \"leaf2\"], rate: 100M}\n"
                   "    - {endpoints: [\"host03\", \"leaf2\"], rate: 100M}\n"
                   "    - {endpoints: [\"leaf1\", \"spine2\"], rate: 100M}\n"
                   "    - {endpoints: [\"leaf2\", \"spine2\"], rate: 100M}\n");
    topology_free(t);
}

static void a_third_tier_is_of_cores(void **state)
{
    (void)state;
    struct topology *t = import("SwitchName=top Switches=s[1-2]\r\n"
                                "SwitchName=s1 Switches=l1\r\nSwitchName=s2 Switches=l2\r\n"
                                "SwitchName=l1 Nodes=h1\r\nSwitchName=l2 Nodes=h2\r\n");
    assert_int_equal(topology_count(t, TOPOLOGY_CORE), 1);
    assert_int_equal(topology_count(t, TOPOLOGY_SPINE), 2);
    assert_int_equal(topology_pod_count(t), 2);
    topology_free(t);
}

static void a_host_of_two_leaves_has_two_ports(void **state)
{
    (void)state;
    struct topology *t =
        import("SwitchName=a Nodes=h[0-1]\nSwitchName=b Nodes=h[0-1]\nSwitchName=s Switches=a,b\n");
    uint32_t first;
    assert_int_equal(topology_count(t, TOPOLOGY_HOST), 2);
    assert_int_equal(topology_host_ports(t, 1, &first), 2);
    assert_int_equal(topology_port(t, first + 1)->leaf, 1);
    topology_free(t);
}

#define LEAF "SwitchName=l1 Nodes=h1\n"

static void lines_are_checked(void **state)
{
    (void)state;
    expect_error("SwitchName=a Nodes=h1 Planes=2\n", "1:23", "unknown_key", "'Planes'");
    expect_error("SwitchName=a Nodes=h1 Nodes=h2\n", "1:23", "unknown_key", "twice");
    expect_error("BlockName=a Nodes=h1\n", "1:1", "unknown_key", "topology/tree");
    expect_error(LEAF "  SwitchName a\n", "2:3", "bad_structure", "'SwitchName'");
    expect_error(LEAF "SwitchName=\n", "2:1", "bad_structure", "'SwitchName='");
    expect_error(LEAF "SwitchName=a\n", "2:1", "missing_key", "Nodes");
    expect_error(LEAF "Nodes=a\n", "2:1", "missing_key", "SwitchName");
    expect_error(LEAF "SwitchName=a Nodes=h2 Switches=l1\n", "2:1", "missing_key", "either");
    expect_error("a=1 b=1 c=1 d=1 e=1 f=1 g=1 h=1 i=1\n", "1:33", "bad_structure", "8 settings");
    expect_error(LEAF "\\\n\\ \n  oops\n", "4:3", "bad_structure", "'oops'");
}

static void lists_are_checked(void **state)
{
    (void)state;
    expect_error("SwitchName=l1 Nodes=h[1-\n", "1:15", "bad_value", "l1: ");
    expect_error("SwitchName=l1 Nodes=h[0-70000]\n", "1:15", "bad_value", "65536");
    expect_error("SwitchName=l1 Nodes=h[0-65535]\nSwitchName=l2 Nodes=i\n", "2:15", "too_large",
                 "65536 ports");
    expect_error("SwitchName=l\x01 Nodes=h1\n", "1:1", "bad_name", "'l?'");
    expect_error("SwitchName=s Switches=l\x01\n", "1:14", "unknown_node", "=l?");
    expect_error("SwitchName=l1 Nodes=h/1\n", "1:15", "bad_name", "h/1");
    expect_error("SwitchName=l1 Nodes=h1,h1\n", "1:15", "duplicate_link", "h1");
}

static void the_tree_is_checked(void **state)
{
    (void)state;
    expect_error(LEAF "SwitchName=s Switches=l[1-2]\n", "2:14", "unknown_node", "SwitchName=l2");
    expect_error(LEAF LEAF, "2:1", "duplicate_node", "l1 (line 1)");
    expect_error(LEAF "SwitchName=a Switches=b\nSwitchName=b Switches=a\n", "2:1", "miswired", "circle");
    expect_error(LEAF "SwitchName=s Switches=l1\nSwitchName=c Switches=l1,s\n", "3:1", "miswired", "mixed");
    expect_error(LEAF "SwitchName=s Switches=l1\nSwitchName=c Switches=s\nSwitchName=d Switches=c\n", "4:1",
                 "miswired", "three tiers");
    expect_error(LEAF "SwitchName=l2 Nodes=h2\n", "2:1", "disconnected", "from l1 to l2");
}

static void a_text_with_a_zero_is_refused(void **state)
{
    (void)state;
    struct topology_error error;
    struct topology *topology;
    assert_int_equal(topology_import_slurm_text("t", "a\0b", 3, RATE, &topology, &error), -EINVAL);
    assert_string_equal(error.code, "bad_structure");
    assert_int_equal(topology_import_slurm("/nonexistent/topology.conf", RATE, &topology, &error), -ENOENT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(two_tiers_are_written_as_yaml),
        cmocka_unit_test(a_third_tier_is_of_cores),
        cmocka_unit_test(a_host_of_two_leaves_has_two_ports),
        cmocka_unit_test(lines_are_checked),
        cmocka_unit_test(lists_are_checked),
        cmocka_unit_test(the_tree_is_checked),
        cmocka_unit_test(a_text_with_a_zero_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
