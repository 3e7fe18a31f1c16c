/* SPDX-License-Identifier: BSD-3-Clause */
/* A file against what LLDP and probes see. */
#include "control/topology/compare.h"
#include "tests/unit/topology/unit.h"

struct view {
    const char *node, *port, *neighbour, *far_port;
};

static struct topology_findings compare(const char *file, const struct view *views, size_t count)
{
    struct topology *t = parse(file);
    struct observed_cables *cables = observed_cables_create();
    struct topology_findings findings = {0};
    for (size_t i = 0; i < count; i++) {
        const struct view *v = &views[i];
        struct observed_cable cable = {.node = observed_cables_add_node(cables, v->node),
                                       .port = v->port,
                                       .neighbour = v->neighbour,
                                       .far_port = v->far_port};
        if (v->port)
            assert_int_equal(observed_cables_add(cables, &cable), 0);
    }
    assert_int_equal(topology_compare_cables(t, cables, &findings), 0);
    observed_cables_free(cables);
    topology_free(t);
    return findings;
}

static void assert_finding(const struct topology_findings *findings, size_t i,
                           enum topology_finding_kind kind, const char *text)
{
    assert_true(i < findings->count);
    assert_string_equal(findings->list[i].text, text);
    assert_int_equal(findings->list[i].kind, kind);
}

#define COMPARE(file, ...)                                                                                   \
    compare(file, (const struct view[]){__VA_ARGS__},                                                        \
            sizeof((const struct view[]){__VA_ARGS__}) / sizeof(struct view))

static void a_right_fabric_has_no_findings(void **state)
{
    (void)state;
    struct topology_findings f =
        COMPARE(SMALL, {"leaf0", "eth0", "host0", "eth0"}, {"leaf0", "eth1", "spine0", "eth1"},
                {"leaf0", "eth2", "spine1", "eth1"}, {"spine0", "eth1", "leaf0", "eth1"},
                {"spine0", "eth2", "leaf1", "eth1"});
    assert_int_equal(f.count, 0);
    assert_int_equal(f.confirmed_links, 4);
    assert_int_equal(f.unseen_links, 2); /* neither host1, leaf1 nor spine1 was asked */
    topology_findings_clear(&f);
}

static void swapped_cables_are_named(void **state)
{
    (void)state;
    struct topology_findings f =
        COMPARE(SMALL, {"leaf0", "eth0", "host0", "eth0"}, {"leaf0", "eth2", "spine0", "eth1"},
                {"spine0", "eth1", "leaf0", "eth2"}, {"leaf0", "eth1", "spine1", "eth1"});
    assert_int_equal(f.count, 3);
    assert_finding(&f, 0, TOPOLOGY_MISWIRED,
                   "leaf0:eth1 is cabled to spine1:eth1, the file says spine0:eth1");
    assert_finding(&f, 1, TOPOLOGY_MISWIRED,
                   "leaf0:eth2 is cabled to spine0:eth1, the file says spine1:eth1");
    assert_finding(&f, 2, TOPOLOGY_MISSING,
                   "leaf1:eth1 and spine0:eth2 do not see each other, the file has a link between them");
    assert_int_equal(f.list[0].link, 2);
    assert_int_equal(f.list[1].link, 3);
    assert_int_equal(f.list[2].link, 4);
    topology_findings_clear(&f);
}

/* A cable moved to a port that the file does not have is found from its other end. */
static void a_moved_cable_is_found_from_either_end(void **state)
{
    (void)state;
    struct topology_findings f = COMPARE(SMALL, {"leaf0", "eth7", "spine0", "eth1"});
    assert_finding(&f, 0, TOPOLOGY_MISWIRED, "spine0:eth1 is cabled to leaf0:eth7, the file says leaf0:eth1");
    topology_findings_clear(&f);
    f = COMPARE(SMALL, {"spine1", "eth9", "leaf1", "eth1"});
    assert_finding(&f, 0, TOPOLOGY_MISWIRED,
                   "leaf1:eth1 is cabled to spine1:eth9, the file says spine0:eth2");
    topology_findings_clear(&f);
}

static void extra_cables_are_named(void **state)
{
    (void)state;
    struct topology_findings f =
        COMPARE(SMALL, {"host0", "eth0", "leaf0", "eth0"}, {"host0", "mgmt0", "office1", "7"},
                {"leaf0", "eth8", "leaf1", "eth8"}, {"host0", "eth0", "leaf1", "eth9"});
    assert_int_equal(f.count, 5);
    assert_finding(&f, 0, TOPOLOGY_EXTRA, "host0:eth0 is cabled to leaf1:eth9, the file has no such link");
    assert_finding(&f, 1, TOPOLOGY_EXTRA, "host0:mgmt0 is cabled to office1:7, the file has no office1");
    assert_finding(&f, 2, TOPOLOGY_EXTRA, "leaf0:eth8 is cabled to leaf1:eth8, the file has no such link");
    assert_int_equal(f.list[3].kind, TOPOLOGY_MISSING);
    topology_findings_clear(&f);
}

static void who_sees_nothing_misses_its_links(void **state)
{
    (void)state;
    struct topology_findings f = COMPARE(SMALL, {"host1", NULL, NULL, NULL});
    assert_int_equal(f.count, 1);
    assert_finding(&f, 0, TOPOLOGY_MISSING,
                   "host1:eth0 and leaf1:eth0 do not see each other, the file has a link between them");
    assert_int_equal(f.unseen_links, 5);
    topology_findings_clear(&f);
}

#define UNNAMED                                                                                              \
    "topology:\n  nodes: {h: {kind: host}, l: {kind: leaf}, s: {kind: spine}, r: {kind: spine}}\n"           \
    "  links:\n    - {endpoints: [h, l], rate: 1G}\n    - {endpoints: [\"l:1\", s], rate: 1G}\n"             \
    "    - {endpoints: [\"l:2\", s], rate: 1G}\n    - {endpoints: [l, r], rate: 1G}\n"

static void ports_that_are_not_told_agree_with_any(void **state)
{
    (void)state;
    struct topology_findings f = COMPARE(UNNAMED, {"h", "eth0", "l", "9"}, {"l", "2", "s", "5"},
                                         {"s", "4", "l", "1"}, {"l", "3", "r", ""}, {"l", "4", "r", "6"});
    assert_int_equal(f.confirmed_links, 4);
    assert_int_equal(f.count, 1);
    assert_finding(&f, 0, TOPOLOGY_EXTRA, "l:4 is cabled to r:6, the file has no such link");
    topology_findings_clear(&f);
}

static void equal_observations_give_equal_findings(void **state)
{
    (void)state;
    struct topology_findings a =
        COMPARE(SMALL, {"leaf0", "eth2", "spine0", "eth1"}, {"leaf0", "eth1", "spine1", "eth1"});
    struct topology_findings b =
        COMPARE(SMALL, {"leaf0", "eth1", "spine1", "eth1"}, {"leaf0", "eth2", "spine0", "eth1"});
    assert_int_equal(a.count, b.count);
    for (size_t i = 0; i < a.count; i++)
        assert_string_equal(a.list[i].text, b.list[i].text);
    topology_findings_clear(&a);
    topology_findings_clear(&b);
}

enum {
    PORT0 = 0x0a010001,
    PORT1 = 0x0a020001,
    LEAF0 = 0x0aff0001,
    LEAF1 = 0x0aff0002,
    SPINE0 = 0x0aff0101,
    SPINE1 = 0x0aff0102,
    STRANGER = 0x0aff0109
};

static struct topology_findings hear(const char *file, const struct observed_hop *hops, size_t count)
{
    struct topology *t = parse(file);
    struct topology_findings findings = {0};
    assert_int_equal(topology_compare_hops(t, hops, count, &findings), 0);
    topology_free(t);
    return findings;
}

#define HEAR(file, ...)                                                                                      \
    hear(file, (const struct observed_hop[]){__VA_ARGS__},                                                   \
         sizeof((const struct observed_hop[]){__VA_ARGS__}) / sizeof(struct observed_hop))

static void expected_routers_are_no_findings(void **state)
{
    (void)state;
    struct topology_findings f =
        HEAR(SMALL, {PORT0, SPINE1}, {PORT0, SPINE0}, {PORT0, LEAF0}, {PORT0, SPINE0}, {PORT1, LEAF1});
    assert_int_equal(f.count, 0);
}

static void unexpected_routers_are_named(void **state)
{
    (void)state;
    struct topology_findings f = HEAR(SMALL, {PORT0, STRANGER}, {STRANGER, SPINE0}, {STRANGER, SPINE1},
                                      {PORT0, LEAF1}, {PORT0, STRANGER});
    assert_int_equal(f.count, 3);
    assert_finding(&f, 0, TOPOLOGY_MISWIRED,
                   "probes of host0 (10.1.0.1) go through leaf1, the file says leaf0");
    assert_int_equal(f.list[0].link, 0);
    assert_finding(&f, 1, TOPOLOGY_EXTRA,
                   "10.255.1.9 answers probes of host0 (10.1.0.1), but is no switch's address in the file");
    assert_finding(&f, 2, TOPOLOGY_EXTRA,
                   "probes come from 10.255.1.9, which is no port's address in the file");
    topology_findings_clear(&f);
}

static void a_port_that_is_not_known_is_named_once(void **state)
{
    (void)state;
    struct topology_findings f = HEAR(SMALL, {STRANGER, SPINE0}, {STRANGER + 1, SPINE0}, {STRANGER, SPINE1});
    assert_int_equal(f.count, 2);
    assert_finding(&f, 1, TOPOLOGY_EXTRA,
                   "probes come from 10.255.1.10, which is no port's address in the file");
    topology_findings_clear(&f);
}

/* As SMALL, without the link of leaf1 and spine1. */
static const char lopsided[] =
    SMALL_NODES "  links:\n"
                "    - {endpoints: [\"host0:eth0\", \"leaf0:eth0\"], rate: 400G}\n"
                "    - {endpoints: [\"host1:eth0\", \"leaf1:eth0\"], rate: 400G}\n"
                "    - {endpoints: [\"leaf0:eth1\", \"spine0:eth1\"], rate: 400G}\n"
                "    - {endpoints: [\"leaf0:eth2\", \"spine1:eth1\"], rate: 400G}\n"
                "    - {endpoints: [\"leaf1:eth1\", \"spine0:eth2\"], rate: 400G}\n";

static void spines_too_many_and_too_few_are_named(void **state)
{
    (void)state;
    struct topology_findings f = HEAR(lopsided, {PORT1, SPINE1}, {PORT0, SPINE0});
    assert_int_equal(f.count, 3);
    assert_finding(
        &f, 0, TOPOLOGY_EXTRA,
        "probes of host1 (10.2.0.1) on leaf1 go through spine1, to which the file knows no way up");
    assert_finding(&f, 1, TOPOLOGY_MISSING,
                   "no probe of a host on leaf0 goes through spine1, the file has leaf0-spine1");
    assert_finding(&f, 2, TOPOLOGY_MISSING,
                   "no probe of a host on leaf1 goes through spine0, the file has leaf1-spine0");
    assert_int_equal(f.list[1].link, 3);
    topology_findings_clear(&f);
}

/* Hosts of leaf0 only heard their own leaf: probing has not come far yet. */
static void silence_is_no_finding(void **state)
{
    (void)state;
    struct topology_findings f = HEAR(SMALL, {PORT0, LEAF0});
    assert_int_equal(f.count, 0);
    assert_int_equal(hear(SMALL, NULL, 0).count, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_right_fabric_has_no_findings),
        cmocka_unit_test(swapped_cables_are_named),
        cmocka_unit_test(a_moved_cable_is_found_from_either_end),
        cmocka_unit_test(extra_cables_are_named),
        cmocka_unit_test(who_sees_nothing_misses_its_links),
        cmocka_unit_test(ports_that_are_not_told_agree_with_any),
        cmocka_unit_test(equal_observations_give_equal_findings),
        cmocka_unit_test(expected_routers_are_no_findings),
        cmocka_unit_test(unexpected_routers_are_named),
        cmocka_unit_test(a_port_that_is_not_known_is_named_once),
        cmocka_unit_test(spines_too_many_and_too_few_are_named),
        cmocka_unit_test(silence_is_no_finding),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
