/* SPDX-License-Identifier: BSD-3-Clause */
/* Which topologies can be planned for, and what becomes of parallel links and planes. */
#include "tests/unit/control/fabric.h"

#include <errno.h>
#include <string.h>

#include "control/core/fabric_map.h"

#define HEAD                                                                                                 \
    "topology:\n  nodes:\n    l0: {kind: leaf}\n    l1: {kind: leaf}\n"                                      \
    "    h0: {kind: host, addresses: {e: 10.1.0.1}}\n    h1: {kind: host, addresses: {e: 10.2.0.1}}\n"
#define LINKS                                                                                                \
    "  links:\n    - {endpoints: [\"h0:e\", l0], rate: 100G}\n    - {endpoints: [\"h1:e\", l1], rate: "      \
    "100G}\n"

static struct topology *parse(const char *text)
{
    struct topology *topology;
    struct topology_error error;
    if (topology_parse("test", text, strlen(text), &topology, &error) != 0)
        fail_msg("%s", error.text);
    return topology;
}

static void assert_refused(const char *text, uint32_t leaf_prefix_bits, const char *code, const char *says)
{
    struct topology *topology = parse(text);
    struct fabric_map *map;
    struct core_error error;
    assert_int_equal(fabric_map_create(topology, leaf_prefix_bits, &map, &error), -EINVAL);
    assert_string_equal(error.code, code);
    if (strstr(error.text, says) == NULL)
        fail_msg("'%s' does not say '%s'", error.text, says);
    topology_free(topology);
}

static const char two_leaves[] =
    HEAD "    s0: {kind: spine, address: 10.255.1.1}\n" LINKS "    - {endpoints: [l0, s0], rate: 100G}\n"
         "    - {endpoints: [l1, s0], rate: 100G}\n";

static void test_what_cannot_be_planned_for(void **state)
{
    (void)state;
    assert_refused(HEAD "    s0: {kind: spine}\n" LINKS "    - {endpoints: [l0, s0], rate: 100G}\n"
                        "    - {endpoints: [l1, s0], rate: 100G}\n",
                   24, "missing_key", "s0 no address");
    assert_refused(two_leaves, 8, "out_of_range", "l0 and l1");
    assert_refused(two_leaves, 0, "out_of_range", "leaf_prefix_bits");
    assert_refused(two_leaves, 33, "out_of_range", "leaf_prefix_bits");
    assert_refused(HEAD "    s0: {kind: spine, address: 10.255.1.1}\n    c0: {kind: core}\n"
                        "    s1: {kind: spine, address: 10.255.1.2}\n" LINKS
                        "    - {endpoints: [l0, s0], rate: 100G}\n    - {endpoints: [l1, s1], rate: 100G}\n"
                        "    - {endpoints: [s0, c0], rate: 100G}\n    - {endpoints: [s1, c0], rate: 100G}\n",
                   24, "three_tiers", "cores");
}

static void test_parallel_links_are_one_uplink(void **state)
{
    (void)state;
    struct topology *topology = parse(
        HEAD
        "    s0: {kind: spine, address: 10.255.1.1}\n" LINKS
        "    - {endpoints: [\"l0:1\", \"s0:1\"], rate: 100G}\n"
        "    - {endpoints: [\"l0:2\", \"s0:2\"], rate: 100G}\n    - {endpoints: [l1, s0], rate: 100G}\n");
    struct fabric_map *map;
    struct core_error error;
    assert_int_equal(fabric_map_create(topology, 24, &map, &error), 0);
    assert_int_equal(map->nominal_bytes_per_s[0], 2 * 12500000000);
    assert_int_equal(map->nominal_bytes_per_s[1], 12500000000);
    assert_int_equal(fabric_map_spine(map, 10u << 24 | 255 << 16 | 1 << 8 | 1), 0);
    assert_int_equal(fabric_map_spine(map, 7), MAP_NONE);
    assert_int_equal(fabric_map_leaf_of_prefix(map, 10 << 16 | 2 << 8), 1);
    assert_int_equal(fabric_map_leaf_of_prefix(map, 10 << 16 | 3 << 8), MAP_NONE);
    fabric_map_destroy(map);
    topology_free(topology);
}

static void test_planes_are_kept_apart(void **state)
{
    (void)state;
    struct topology *topology =
        parse("topology:\n  nodes:\n    a0: {kind: leaf}\n    b0: {kind: leaf}\n"
              "    h0: {kind: host, addresses: {e0: 10.1.0.1, e1: 10.2.0.1}}\n"
              "    sa: {kind: spine, address: 10.255.1.1}\n    sb: {kind: spine, address: 10.255.1.2}\n"
              "  links:\n    - {endpoints: [\"h0:e0\", a0], rate: 100G}\n"
              "    - {endpoints: [\"h0:e1\", b0], rate: 100G, plane: 1}\n"
              "    - {endpoints: [a0, sa], rate: 100G}\n    - {endpoints: [b0, sb], rate: 100G, plane: 1}\n");
    struct fabric_map *map;
    struct core_error error;
    assert_int_equal(fabric_map_create(topology, 24, &map, &error), 0);
    assert_int_equal(map->nominal_bytes_per_s[fabric_map_uplink(map, 0, 0)], 12500000000);
    assert_int_equal(map->nominal_bytes_per_s[fabric_map_uplink(map, 0, 1)], 0);
    assert_int_equal(map->nominal_bytes_per_s[fabric_map_uplink(map, 1, 0)], 0);
    assert_string_equal(fabric_map_host_name(map, 1), "h0");
    fabric_map_destroy(map);
    topology_free(topology);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_what_cannot_be_planned_for),
        cmocka_unit_test(test_parallel_links_are_one_uplink),
        cmocka_unit_test(test_planes_are_kept_apart),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
