/* SPDX-License-Identifier: BSD-3-Clause */
#include "tests/unit/sim/unit.h"

#include "tools/sim/bound.h"
#include "tools/sim/simulation.h"

/* A byte a nanosecond, packets of 1000 bytes with 100 around them: a flow of 10000 bytes takes 11000 ns. */
static const struct link_config link_of_test = {.rate_bytes_per_s = 1000000000, .queue_limit_bytes = 1 << 20};
static const uint32_t hosts[] = {0, 1, 2, 3, 4, 5, 6, 7};

static struct topology make(unsigned spines)
{
    struct topology t;
    topology_init(&t,
                  &(struct topology_config){.shape = {.pods = 1, .leaves = 2, .spines = spines, .hosts = 4},
                                            .host_link = link_of_test,
                                            .fabric_link = link_of_test});
    return t;
}

static double bound(const struct topology *t, const struct workload *w, unsigned iterations)
{
    return bound_ns(&(struct bound_case){.topology = t,
                                         .workload = w,
                                         .rank_hosts = hosts,
                                         .iterations = iterations,
                                         .payload_bytes = 1000,
                                         .overhead_bytes = 100,
                                         .base_rtt_ns = 500});
}

static const struct workload across = {.kind = WORKLOAD_EXCHANGE, .ranks = 8, .bytes = 10000, .stride = 4};

static void the_port_bounds_where_spines_are_enough(void **state)
{
    (void)state;
    struct topology t = make(4);
    assert_float_equal(bound(&t, &across, 1), 11500, 1);
    assert_float_equal(bound(&t, &across, 3), 33500, 1);
    topology_destroy(&t);
}

static void the_uplinks_bound_where_they_are_few(void **state)
{
    (void)state;
    struct topology t = make(2);
    assert_float_equal(bound(&t, &across, 1), 22500, 1);
    topology_destroy(&t);
}

static void a_dead_uplink_counts_nothing(void **state)
{
    (void)state;
    struct topology t = make(4);
    struct link_fault down = link_healthy;
    down.down = true;
    link_set_fault(&t.links[t.first_leaf_to_spine], &down);
    assert_float_equal(bound(&t, &across, 1), 500 + 11000.0 * 4 / 3, 1);
    topology_destroy(&t);
}

static void within_a_leaf_no_spine_is_needed(void **state)
{
    (void)state;
    struct topology t = make(1);
    const struct workload w = {.kind = WORKLOAD_EXCHANGE, .ranks = 8, .bytes = 10000, .stride = 1};
    assert_float_equal(bound(&t, &w, 1), 11500, 1);
    topology_destroy(&t);
}

static void an_incast_is_bounded_by_its_receiver(void **state)
{
    (void)state;
    struct topology t = make(4);
    const struct workload w = {.kind = WORKLOAD_INCAST, .ranks = 8, .bytes = 10000};
    assert_float_equal(bound(&t, &w, 1), 77500, 1);
    topology_destroy(&t);
}

/* ---- cases of the results page, by hand ---- */

/* 400 Gb/s is 50 bytes a nanosecond; 82 bytes stand around the 9000 of a packet's payload. */
#define WIRE_NS(bytes, packets) (((bytes) + (packets)*82) / 50.0)
/* Four links each way, each 500 ns and (9082 + 86) / 50 ns, in whole ones, for the packet and its ack; two
 * turnarounds. */
#define ROUND_TRIP_NS 6732

static const struct link_config link_400g = {.rate_bytes_per_s = 50000000000, .delay_ns = 500};

static struct topology_config paper(unsigned leaves_spines_and_hosts)
{
    unsigned n = leaves_spines_and_hosts;
    return (struct topology_config){.shape = {.pods = 1, .leaves = n, .spines = n, .hosts = n},
                                    .host_link = link_400g,
                                    .fabric_link = link_400g,
                                    .turnaround_ns = 1000};
}

static double bound_of_page(const struct topology *t, const struct workload *w)
{
    static uint32_t in_order[256];
    for (uint32_t i = 0; i < 256; i++)
        in_order[i] = i;
    return bound_ns(&(struct bound_case){.topology = t,
                                         .workload = w,
                                         .rank_hosts = in_order,
                                         .iterations = 1,
                                         .payload_bytes = 9000,
                                         .overhead_bytes = 82,
                                         .base_rtt_ns = ROUND_TRIP_NS});
}

static void the_round_trip_is_as_by_hand(void **state)
{
    (void)state;
    struct topology_config config = paper(16);
    assert_int_equal(simulation_base_rtt_ns(&config, 9082), ROUND_TRIP_NS);
}

/* 4 MiB are 467 packets; sixteen of these leave each leaf over sixteen uplinks, or fifteen. */
static void an_exchange_of_the_page_is_as_by_hand(void **state)
{
    (void)state;
    const struct workload w = {.kind = WORKLOAD_EXCHANGE, .ranks = 256, .bytes = 4 << 20, .stride = 64};
    struct topology_config config = paper(16);
    struct link_fault down = link_healthy;
    struct topology t;
    topology_init(&t, &config);
    assert_float_equal(bound_of_page(&t, &w), WIRE_NS(4194304, 467) + ROUND_TRIP_NS, 0.01);
    down.down = true;
    link_set_fault(&t.links[t.first_leaf_to_spine], &down);
    assert_float_equal(bound_of_page(&t, &w), WIRE_NS(4194304, 467) * 16 / 15 + ROUND_TRIP_NS, 0.01);
    topology_destroy(&t);
}

/* Every eighth rank receives 1 MiB, 117 packets, from each of 63; its port is the bottleneck: a leaf receives
 * but 56 x 2.75 MiB over eight downlinks. */
static void a_skewed_all_to_all_of_the_page_is_as_by_hand(void **state)
{
    (void)state;
    const struct workload w = {
        .kind = WORKLOAD_SKEWED_ALL_TO_ALL, .ranks = 64, .bytes = 256 << 10, .stride = 8, .factor = 4};
    struct topology_config config = paper(8);
    struct topology t;
    topology_init(&t, &config);
    assert_float_equal(bound_of_page(&t, &w), 63 * WIRE_NS(1048576, 117) + ROUND_TRIP_NS, 0.01);
    topology_destroy(&t);
}

/* ---- by brute force ---- */

/* Every packet of every flow over every path in equal parts, link by link: on a symmetric fabric nothing does
 * better (planning.md), so the most loaded link of each step is the bound. */
static double sprayed[512];

static void spray(const struct topology *t, uint32_t from, uint32_t to, double bytes)
{
    uint16_t ports[PACKET_PATHS_MAX];
    unsigned paths = topology_path_count(t, from, to);
    topology_find_ports(t, from, to, ports);
    for (unsigned i = 0; i < paths && from != to; i++) {
        struct sim_packet packet = {.source = from, .destination = to, .source_port = ports[i]};
        uint32_t link = from;
        sprayed[link] += bytes / paths;
        while (t->links[link].to >= 0) {
            link = topology_route(t, (uint32_t)t->links[link].to, &packet);
            sprayed[link] += bytes / paths;
        }
    }
}

static double longest_link_ns(const struct topology *t)
{
    double most = 0;
    for (uint32_t i = 0; i < t->link_count; i++) {
        double ns = sprayed[i] * 1e9 / (double)t->links[i].config.rate_bytes_per_s;
        most = ns > most ? ns : most;
        sprayed[i] = 0;
    }
    return most;
}

static double step_by_brute_force(const struct topology *t, const struct workload *w,
                                  struct workload_place place, unsigned step)
{
    static struct workload_turn turn;
    static struct schedule_step what;
    for (place.rank = 0; place.rank < w->ranks; place.rank++) {
        workload_begin(&turn, w, place);
        for (unsigned lane = 0; lane < turn.lanes && step < turn.steps; lane++) {
            workload_step(&turn, lane, step, &what);
            for (unsigned i = 0; i < what.send_count; i++) {
                uint64_t bytes = what.sends[i].bytes;
                spray(t, place.rank, what.sends[i].peer, (double)(bytes + (bytes + 999) / 1000 * 100));
            }
        }
    }
    return longest_link_ns(t);
}

static double by_brute_force(const struct topology *t, const struct workload *w, unsigned iterations)
{
    static struct workload_turn turn;
    double ns = 500;
    for (unsigned i = 0; i < iterations; i++) {
        for (unsigned phase = 0; phase < workload_phases(w); phase++) {
            struct workload_place place = {.iteration = i, .phase = phase};
            workload_begin(&turn, w, place);
            for (unsigned step = 0; step < turn.steps; step++)
                ns += step_by_brute_force(t, w, place, step);
        }
    }
    return ns;
}

static void check_shape(const struct topology_shape *shape, uint64_t fabric_rate)
{
    struct link_config fabric = link_of_test;
    fabric.rate_bytes_per_s = fabric_rate;
    struct topology t;
    topology_init(
        &t, &(struct topology_config){.shape = *shape, .host_link = link_of_test, .fabric_link = fabric});
    assert_true(t.link_count <= sizeof(sprayed) / sizeof(*sprayed));
    for (enum workload_kind kind = 0; kind < WORKLOAD_KINDS; kind++) {
        struct workload w = {
            .kind = kind, .ranks = 8, .bytes = 9500, .stride = 2, .factor = 3, .layers = 2, .seed = 4};
        assert_float_equal(bound(&t, &w, 2), by_brute_force(&t, &w, 2), 1);
    }
    topology_destroy(&t);
}

static void every_workload_is_bound_as_spraying_would_carry_it(void **state)
{
    (void)state;
    check_shape(&(struct topology_shape){.pods = 1, .leaves = 2, .spines = 4, .hosts = 4}, 1000000000);
    check_shape(&(struct topology_shape){.pods = 1, .leaves = 4, .spines = 3, .hosts = 2}, 300000000);
    check_shape(&(struct topology_shape){.pods = 2, .leaves = 2, .spines = 2, .cores = 1, .hosts = 2},
                700000000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(the_port_bounds_where_spines_are_enough),
                                       cmocka_unit_test(the_uplinks_bound_where_they_are_few),
                                       cmocka_unit_test(a_dead_uplink_counts_nothing),
                                       cmocka_unit_test(within_a_leaf_no_spine_is_needed),
                                       cmocka_unit_test(an_incast_is_bounded_by_its_receiver),
                                       cmocka_unit_test(the_round_trip_is_as_by_hand),
                                       cmocka_unit_test(an_exchange_of_the_page_is_as_by_hand),
                                       cmocka_unit_test(a_skewed_all_to_all_of_the_page_is_as_by_hand),
                                       cmocka_unit_test(every_workload_is_bound_as_spraying_would_carry_it)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
