/* SPDX-License-Identifier: BSD-3-Clause */
/* What a topology says of itself. */
#include "tests/unit/topology/unit.h"

/* Two planes of one leaf pair and one spine each, hosts with a rail in either; two links from leaf a0 to
 * spine a. */
static const char two_planes[] = "topology:\n"
                                 "  nodes:\n"
                                 "    g1: {kind: host, addresses: {eth10: 10.0.1.1, eth9: 10.0.0.1}}\n"
                                 "    g0: {kind: host}\n"
                                 "    spine-b: {kind: spine, address: 10.255.1.2}\n"
                                 "    spine-a: {kind: spine}\n"
                                 "    a0: {kind: leaf}\n"
                                 "    b0: {kind: leaf}\n"
                                 "  links:\n"
                                 "    - {endpoints: [\"g0:eth10\", \"b0:1\"], rate: 100G, plane: 1}\n"
                                 "    - {endpoints: [\"a0:2\", \"g1:eth9\"], rate: 100G}\n"
                                 "    - {endpoints: [\"g0:eth9\", \"a0:1\"], rate: 100G}\n"
                                 "    - {endpoints: [\"g1:eth10\", \"b0:2\"], rate: 100G, plane: 1}\n"
                                 "    - {endpoints: [\"spine-a:1\", \"a0:8\"], rate: 400G}\n"
                                 "    - {endpoints: [\"a0:9\", \"spine-a:2\"], rate: 200G}\n"
                                 "    - {endpoints: [\"b0:8\", \"spine-b:1\"], rate: 400G, plane: 1}\n";

static void nodes_are_numbered_kind_by_kind(void **state)
{
    struct topology *t = parse(two_planes);
    static const char *const names[] = {"g1", "g0", "a0", "b0", "spine-b", "spine-a"};
    (void)state;
    assert_int_equal(topology_node_count(t), 6);
    for (uint32_t i = 0; i < 6; i++) {
        assert_string_equal(topology_node(t, i)->name, names[i]);
        assert_int_equal(topology_node_by_name(t, names[i]), i);
    }
    assert_int_equal(topology_count(t, TOPOLOGY_SPINE), 2);
    assert_int_equal(topology_node_of(t, TOPOLOGY_SPINE, 1), 5);
    assert_int_equal(topology_node(t, 5)->index, 1);
    assert_int_equal(topology_node_by_name(t, "g2"), TOPOLOGY_NONE);
    topology_free(t);
}

static void ports_are_numbered_by_host_and_rail(void **state)
{
    struct topology *t = parse(two_planes);
    uint32_t first;
    (void)state;
    assert_int_equal(topology_port_count(t), 4);
    assert_int_equal(topology_host_ports(t, 1, &first), 2);
    assert_int_equal(first, 2);
    assert_int_equal(topology_port(t, 0)->address, 0x0a000001); /* eth9, before eth10 */
    assert_int_equal(topology_port(t, 0)->leaf, 0);
    assert_int_equal(topology_port(t, 0)->link, 1);
    assert_int_equal(topology_port(t, 1)->address, 0x0a000101);
    assert_int_equal(topology_port(t, 1)->rail, 1);
    assert_int_equal(topology_port(t, 1)->leaf, 1);
    assert_int_equal(topology_port(t, 2)->host, 1);
    assert_int_equal(topology_port(t, 2)->address, 0);
    topology_free(t);
}

static void addresses_lead_to_ports_and_switches(void **state)
{
    struct topology *t = parse(two_planes);
    (void)state;
    assert_int_equal(topology_port_by_address(t, 0x0a000101), 1);
    assert_int_equal(topology_port_by_address(t, 0x0aff0102), TOPOLOGY_NONE);
    assert_int_equal(topology_switch_by_address(t, 0x0aff0102), 4);
    assert_int_equal(topology_switch_by_address(t, 0x0a000101), TOPOLOGY_NONE);
    assert_int_equal(topology_switch_by_address(t, 0x0aff0103), TOPOLOGY_NONE);
    topology_free(t);
}

static void links_lead_up(void **state)
{
    struct topology *t = parse(two_planes);
    uint32_t a0 = topology_node_by_name(t, "a0"), spine_a = topology_node_by_name(t, "spine-a"), count;
    (void)state;
    const uint32_t *links = topology_links_up(t, a0, &count);
    assert_int_equal(count, 2);
    assert_int_equal(links[0], 4);
    assert_int_equal(links[1], 5);
    assert_int_equal(topology_link(t, 4)->lower, a0);
    assert_string_equal(topology_link(t, 4)->lower_port, "8");
    assert_string_equal(topology_link(t, 4)->upper_port, "1");
    assert_true(topology_capacity_bits_per_s(t, a0, spine_a) == 600000000000);
    assert_true(topology_capacity_bits_per_s(t, topology_node_by_name(t, "b0"), spine_a) == 0);
    topology_free(t);
}

static void assert_link(const struct topology *t, uint32_t link, const char *name)
{
    char text[TOPOLOGY_LINK_NAME_BYTES];
    assert_string_equal(topology_link_name(t, link, text), name);
    assert_int_equal(topology_link_by_name(t, name), link);
}

static void links_have_names(void **state)
{
    struct topology *t = parse(two_planes);
    (void)state;
    assert_link(t, 0, "b0-g0");
    assert_link(t, 4, "a0:8-spine-a:1");
    assert_link(t, 5, "a0:9-spine-a:2");
    assert_link(t, 6, "b0-spine-b");
    assert_int_equal(topology_link_by_name(t, "spine-b-b0"), 6);
    assert_int_equal(topology_link_by_name(t, "b0:8-spine-b:1"), 6);
    assert_int_equal(topology_link_by_name(t, "a0:9-spine-a"), 5);
    assert_int_equal(topology_link_by_name(t, "a0-spine-a"), TOPOLOGY_NONE); /* which one? */
    assert_int_equal(topology_link_by_name(t, "a0-spine-b"), TOPOLOGY_NONE);
    assert_int_equal(topology_link_by_name(t, "a0-b0"), TOPOLOGY_NONE);
    assert_int_equal(topology_link_by_name(t, "-"), TOPOLOGY_NONE);
    assert_int_equal(topology_link_by_name(t, ""), TOPOLOGY_NONE);
    topology_free(t);
}

static void switches_are_in_one_plane(void **state)
{
    struct topology *t = parse(two_planes);
    (void)state;
    assert_int_equal(topology_node(t, topology_node_by_name(t, "a0"))->plane, 0);
    assert_int_equal(topology_node(t, topology_node_by_name(t, "spine-b"))->plane, 1);
    assert_int_equal(topology_pod_count(t), 2);
    topology_free(t);
}

static const char three_tiers[] = "topology:\n"
                                  "  nodes:\n"
                                  "    h0: {kind: host}\n"
                                  "    h1: {kind: host}\n"
                                  "    p1s0: {kind: spine}\n"
                                  "    p0s0: {kind: spine}\n"
                                  "    p0s1: {kind: spine}\n"
                                  "    p0l0: {kind: leaf}\n"
                                  "    p1l0: {kind: leaf}\n"
                                  "    c0: {kind: core}\n"
                                  "  links:\n"
                                  "    - {endpoints: [h0, p0l0], rate: 1G}\n"
                                  "    - {endpoints: [h1, p1l0], rate: 1G}\n"
                                  "    - {endpoints: [p0l0, p0s0], rate: 1G}\n"
                                  "    - {endpoints: [p0l0, p0s1], rate: 1G}\n"
                                  "    - {endpoints: [p1l0, p1s0], rate: 1G}\n"
                                  "    - {endpoints: [p1s0, c0], rate: 1G}\n"
                                  "    - {endpoints: [p0s1, c0], rate: 1G}\n";

static void pods_are_what_cores_join(void **state)
{
    struct topology *t = parse(three_tiers);
    (void)state;
    assert_int_equal(topology_pod_count(t), 2);
    const struct topology_node *p1s0 = topology_node(t, topology_node_by_name(t, "p1s0"));
    const struct topology_node *p0s1 = topology_node(t, topology_node_by_name(t, "p0s1"));
    assert_int_equal(p1s0->pod, 1);
    assert_int_equal(p1s0->index_in_pod, 0);
    assert_int_equal(p0s1->pod, 0);
    assert_int_equal(p0s1->index, 2);
    assert_int_equal(p0s1->index_in_pod, 1);
    assert_int_equal(topology_node(t, topology_node_by_name(t, "c0"))->pod, TOPOLOGY_NONE);
    assert_int_equal(topology_node(t, 0)->pod, TOPOLOGY_NONE);
    topology_free(t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nodes_are_numbered_kind_by_kind),
        cmocka_unit_test(ports_are_numbered_by_host_and_rail),
        cmocka_unit_test(addresses_lead_to_ports_and_switches),
        cmocka_unit_test(links_lead_up),
        cmocka_unit_test(links_have_names),
        cmocka_unit_test(switches_are_in_one_plane),
        cmocka_unit_test(pods_are_what_cores_join),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
