/* SPDX-License-Identifier: BSD-3-Clause */
#include "tests/unit/sim/unit.h"

#include <stdio.h>
#include <string.h>

#include "tools/sim/topology.h"

static const struct link_config any_link = {.rate_bytes_per_s = 1000000000, .queue_limit_bytes = 1 << 20};
static const struct topology_shape two_tiers = {.pods = 1, .leaves = 3, .spines = 4, .hosts = 2};
static const struct topology_shape three_tiers = {
    .pods = 3, .leaves = 2, .spines = 2, .cores = 3, .hosts = 2};

static struct topology make(const struct topology_shape *shape)
{
    struct topology t;
    topology_init(&t, &(struct topology_config){
                          .shape = *shape, .host_link = any_link, .fabric_link = any_link, .seed = 5});
    return t;
}

/* From the source's link on until a host is reached: which, and over how many links. */
static uint32_t follow(const struct topology *t, const struct sim_packet *packet, uint32_t *links)
{
    uint32_t link = packet->source, count = 1;
    for (; t->links[link].to >= 0; count++) {
        assert_true(count < 8);
        link = topology_route(t, (uint32_t)t->links[link].to, packet);
        links[count] = link;
    }
    links[0] = count;
    return (uint32_t)(-1 - t->links[link].to);
}

static void check_shape(const struct topology_shape *shape)
{
    struct topology t = make(shape);
    uint16_t ports[PACKET_PATHS_MAX];
    for (uint32_t from = 0; from < t.host_count; from++) {
        for (uint32_t to = 0; to < t.host_count; to++) {
            topology_find_ports(&t, from, to, ports);
            for (unsigned i = 0; i < topology_path_count(&t, from, to); i++) {
                struct sim_packet packet = {.source = from, .destination = to, .source_port = ports[i]};
                uint32_t links[8];
                assert_int_not_equal(ports[i], 0);
                assert_int_equal(follow(&t, &packet, links), to);
            }
        }
    }
    topology_destroy(&t);
}

static void every_port_leads_to_its_host(void **state)
{
    (void)state;
    check_shape(&two_tiers);
    check_shape(&three_tiers);
}

static void path_i_crosses_spine_i(void **state)
{
    (void)state;
    struct topology t = make(&two_tiers);
    uint16_t ports[PACKET_PATHS_MAX];
    topology_find_ports(&t, 0, 4, ports);
    for (unsigned i = 0; i < 4; i++) {
        struct sim_packet packet = {.source = 0, .destination = 4, .source_port = ports[i]};
        char name[TOPOLOGY_NAME_BYTES], wanted[TOPOLOGY_NAME_BYTES];
        topology_link_name(&t, topology_route(&t, 0, &packet), name);
        snprintf(wanted, sizeof(wanted), "leaf0>spine%u", i);
        assert_string_equal(name, wanted);
    }
    topology_destroy(&t);
}

static void paths_between_pods_are_all_different(void **state)
{
    (void)state;
    struct topology t = make(&three_tiers);
    uint16_t ports[PACKET_PATHS_MAX];
    bool seen[64] = {false};
    assert_int_equal(topology_path_count(&t, 0, 11), 6);
    topology_find_ports(&t, 0, 11, ports);
    for (unsigned i = 0; i < 6; i++) {
        struct sim_packet packet = {.source = 0, .destination = 11, .source_port = ports[i]};
        uint32_t links[8];
        follow(&t, &packet, links);
        uint32_t core = (uint32_t)t.links[links[2]].to - t.leaf_count - 3 * 2;
        assert_false(seen[core]);
        seen[core] = true;
    }
    topology_destroy(&t);
}

static void routing_goes_around_what_is_withdrawn(void **state)
{
    (void)state;
    struct topology t = make(&two_tiers);
    uint32_t up, down, other_up, other_down;
    assert_true(topology_find_link(&t, "leaf0-spine1", &up, &down));
    assert_true(topology_find_link(&t, "leaf2-spine2", &other_up, &other_down));
    topology_withdraw(&t, up, true);
    topology_withdraw(&t, other_down, true); /* spine 2 no longer reaches leaf 2 */
    for (uint16_t port = 1; port < 1000; port++) {
        struct sim_packet packet = {.source = 0, .destination = 5, .source_port = port};
        uint32_t link = topology_route(&t, 0, &packet);
        assert_int_not_equal(link, up);
        assert_int_not_equal(t.links[link].to, t.links[other_up].to);
    }
    topology_destroy(&t);
}

static void names_are_found_again(void **state)
{
    (void)state;
    struct topology t = make(&three_tiers);
    for (uint32_t i = 0; i < t.link_count; i++) {
        char name[TOPOLOGY_NAME_BYTES];
        uint32_t up, down;
        topology_link_name(&t, i, name);
        *strchr(name, '>') = '-';
        assert_true(topology_find_link(&t, name, &up, &down));
        assert_int_equal(up, i);
    }
    uint32_t nothing;
    assert_false(topology_find_link(&t, "leaf0-spine9", &nothing, &nothing));
    assert_false(topology_find_link(&t, "leaf0", &nothing, &nothing));
    topology_destroy(&t);
}

/* The same five-tuple takes every spine, and arrives. */
static void switches_that_spray_use_every_link(void **state)
{
    (void)state;
    struct topology t = make(&two_tiers);
    uint32_t links[8], taken[4] = {0};
    struct sim_packet packet = {.source = 0, .destination = t.host_count - 1, .source_port = 50000};
    t.sprays = true;
    for (unsigned i = 0; i < 4000; i++) {
        assert_int_equal(follow(&t, &packet, links), packet.destination);
        taken[links[1] - t.first_leaf_to_spine]++;
    }
    for (unsigned i = 0; i < 4; i++)
        assert_in_range(taken[i], 850, 1150);
    topology_destroy(&t);
}

static void impossible_shapes_are_named(void **state)
{
    (void)state;
    char error[100];
    assert_true(topology_shape_is_valid(&three_tiers, error, sizeof(error)));
    assert_false(topology_shape_is_valid(&(struct topology_shape){2, 2, 2, 0, 2}, error, sizeof(error)));
    assert_string_equal(error, "several pods need cores");
    assert_false(topology_shape_is_valid(&(struct topology_shape){1, 2, 65, 0, 2}, error, sizeof(error)));
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(every_port_leads_to_its_host),
                                       cmocka_unit_test(path_i_crosses_spine_i),
                                       cmocka_unit_test(paths_between_pods_are_all_different),
                                       cmocka_unit_test(routing_goes_around_what_is_withdrawn),
                                       cmocka_unit_test(names_are_found_again),
                                       cmocka_unit_test(switches_that_spray_use_every_link),
                                       cmocka_unit_test(impossible_shapes_are_named)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
