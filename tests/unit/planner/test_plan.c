/* SPDX-License-Identifier: BSD-3-Clause */
/* What is claimed of full plans: the ratios of the design's table with no flow cut, splits only of what is
 * too much, and for any demand on any fabric a valid plan near the bound. */
#include "tests/unit/planner/unit.h"

#include "dataplane/transport/random.h"

static const struct step_fabric paper = {.leaves = 16, .spines = 16, .ports = 16};

struct table_line {
    enum step_pattern pattern;
    uint32_t argument;
    double link_ratio_max;
};

/* planning.md: ring at random, permutation, halving-doubling, all-to-all; all-to-all over 3/4 of the hosts.
 */
static void test_table_of_the_design(void **state)
{
    (void)state;
    static const struct table_line table[] = {
        {STEP_PERMUTATION, 0, 1.0 + 1.0 / 15}, /* 1.000 where a leaf has no flow inside */
        {STEP_RING_RANDOM, 0, 1.0 + 1.0 / 15}, {STEP_EXCHANGE, 64, 1.000001},
        {STEP_ALL_TO_ALL, 0, 1.000001},        {STEP_ALL_TO_ALL_SOME, 192, 1.005},
    };
    for (unsigned i = 0; i < 5 * COUNT_OF(table); i++) {
        const struct table_line *line = &table[i / 5];
        struct step s;
        step_open(&s, &paper, 1 + i % 5);
        step_fill(&s, line->pattern, line->argument, MIB);
        struct planner_plan *plan = unit_plan(&s);
        const struct planner_summary *summary = planner_plan_summary(plan);
        assert_int_equal(summary->split_flows, 0);
        assert_at_most(planner_ratio(summary), 1.000001);
        assert_at_most(planner_fabric_ratio(summary), line->link_ratio_max);
        planner_plan_destroy(plan);
        step_close(&s);
    }
}

/* Flows of one size that leave (enter) a leaf, over its links: none has more than its share, rounded up. */
static void assert_equitable(const struct step *s, const struct planner_plan *plan, uint64_t bytes)
{
    for (uint32_t leaf = 0; leaf < s->shape.leaves; leaf++) {
        for (int kind = PLANNER_LINK_UP; kind <= PLANNER_LINK_DOWN; kind++) {
            uint64_t total = 0, most = 0;
            for (uint16_t spine = 0; spine < s->shape.spines; spine++) {
                struct planner_link link = {.kind = kind, .place = leaf, .spine = spine};
                uint64_t load = planner_plan_load(plan, &link);
                total += load;
                most = load > most ? load : most;
            }
            uint64_t flows = total / bytes;
            assert_int_equal(most, (flows + s->shape.spines - 1) / s->shape.spines * bytes);
        }
    }
}

static void test_equal_flows_are_spread_equitably_at_every_leaf(void **state)
{
    (void)state;
    /* Ports slow enough that the bound leaves room for whole flows. */
    for (uint32_t seed = 0; seed < 60; seed++) {
        struct step s;
        const struct step_fabric shape = {
            .leaves = 3 + seed % 9, .spines = 2 + seed % 13, .ports = 4 + seed % 7};
        step_open(&s, &shape, seed);
        step_fill(&s, seed % 2 ? STEP_PERMUTATION : STEP_RANDOM, 20 + seed * 4, MIB);
        struct planner_options options = unit_options();
        options.accept_per_mille = 10000;
        struct planner_demands demands = step_demands(&s);
        struct planner_plan *plan = unit_plan_with(&s, &demands, &options);
        assert_int_equal(planner_plan_summary(plan)->split_flows, 0);
        assert_equitable(&s, plan, MIB);
        planner_plan_destroy(plan);
        step_close(&s);
    }
}

/* n flows between two leaves with s spines: n mod s are cut, or fewer. */
static void test_only_the_excess_is_split(void **state)
{
    (void)state;
    for (uint32_t flows = 1; flows <= 40; flows++) {
        struct step s;
        const struct step_fabric shape = {.leaves = 2, .spines = 8, .ports = 40};
        step_open(&s, &shape, 1);
        for (uint32_t i = 0; i < flows; i++)
            step_add(&s, i, 40 + i, 16 * MIB, 0);
        struct planner_plan *plan = unit_plan(&s);
        const struct planner_summary *summary = planner_plan_summary(plan);
        assert_at_most(planner_ratio(summary), 1.02);
        assert_at_most(summary->split_flows, flows <= 8 ? 0 : flows % 8);
        planner_plan_destroy(plan);
        step_close(&s);
    }
}

/* One flow of every leaf too many: no more are cut, as the same flow can be what is too much at both its
 * ends. */
static void test_excess_is_spread_evenly(void **state)
{
    (void)state;
    for (uint32_t seed = 1; seed <= 30; seed++) {
        struct step s;
        const struct step_fabric shape = {.leaves = 12, .spines = 8, .ports = 9};
        step_open(&s, &shape, seed);
        for (uint32_t k = 0; k < 9; k++) {
            uint32_t shift = 1 + (uint32_t)step_random(&s, 11);
            for (uint32_t leaf = 0; leaf < 12; leaf++)
                step_add(&s, leaf * 9 + k, (leaf + shift) % 12 * 9 + k, 16 * MIB, 0);
        }
        struct planner_plan *plan = unit_plan(&s);
        assert_int_equal(planner_plan_summary(plan)->split_flows, 12);
        assert_at_most(planner_ratio(planner_plan_summary(plan)), 1.02);
        planner_plan_destroy(plan);
        step_close(&s);
    }
}

static void test_the_flow_of_the_lowest_priority_is_cut(void **state)
{
    (void)state;
    static const uint32_t priorities[] = {1, 7};
    for (uint32_t low = 0; low < 5; low++) {
        struct step s;
        const struct step_fabric shape = {.leaves = 2, .spines = 4, .ports = 5};
        step_open(&s, &shape, 1);
        for (uint32_t i = 0; i < 5; i++)
            step_add(&s, i, 5 + i, 16 * MIB, i != low);
        struct planner_options options = unit_options();
        struct planner_demands demands = step_demands(&s);
        demands.job_priorities = priorities;
        demands.job_count = 2;
        struct planner_plan *plan = unit_plan_with(&s, &demands, &options);
        for (uint32_t i = 0; i < 5; i++) {
            uint32_t count;
            planner_plan_pieces(plan, i, &count);
            assert_true((count > 1) == (i == low));
        }
        planner_plan_destroy(plan);
        step_close(&s);
    }
}

/* One port may be faster than one link: then even one flow is cut. */
static void test_a_flow_that_is_faster_than_a_link_is_cut(void **state)
{
    (void)state;
    const struct planner_port ports[] = {{0, 4000000000ull}, {1, 4000000000ull}};
    const uint64_t links[] = {1000000000, 1000000000, 1000000000, 1000000000,
                              1000000000, 1000000000, 1000000000, 1000000000};
    const struct planner_fabric_config config = {.leaf_count = 2,
                                                 .spine_count = 4,
                                                 .port_count = 2,
                                                 .ports = ports,
                                                 .up_bytes_per_s = links,
                                                 .down_bytes_per_s = links};
    const struct planner_demand demand = {0, 1, 4 * MIB, 0};
    const struct planner_demands demands = {.demands = &demand, .count = 1};
    struct step s = {0};
    char error[PLANNER_ERROR_BYTES];
    assert_int_equal(planner_fabric_create(&config, &s.fabric, error), 0);
    struct planner_options options = unit_options();
    struct planner_plan *plan = unit_plan_with(&s, &demands, &options);
    assert_int_equal(planner_plan_summary(plan)->pieces, 4);
    assert_at_most(planner_ratio(planner_plan_summary(plan)), 1.000001);
    uint32_t shares[4];
    assert_int_equal(planner_plan_shares(plan, 0, shares, 4), 4);
    for (unsigned i = 0; i < 4; i++)
        assert_int_equal(shares[i], PLANNER_SHARE_WHOLE / 4);
    planner_plan_destroy(plan);
    step_close(&s);
}

static void test_pieces_keep_their_least_size_and_packets(void **state)
{
    (void)state;
    for (uint32_t seed = 1; seed <= 40; seed++) {
        struct step s;
        const struct step_fabric shape = {.leaves = 4, .spines = 6, .ports = 8};
        step_open(&s, &shape, seed);
        for (unsigned i = 0; i < 60; i++)
            step_add(&s, (uint32_t)step_random(&s, 32), (uint32_t)step_random(&s, 32),
                     step_random(&s, 4 * MIB), 0);
        struct planner_plan *plan = unit_plan(&s);
        for (uint32_t i = 0; i < s.count; i++) {
            uint32_t count;
            const struct planner_piece *pieces = planner_plan_pieces(plan, i, &count);
            for (uint32_t k = 0; k < count && count > 1; k++) {
                /* A cut moves down by less than a packet. */
                assert_true(pieces[k].bytes + PAYLOAD > 65536);
            }
        }
        planner_plan_destroy(plan);
        step_close(&s);
    }
}

static void test_equal_inputs_give_equal_plans(void **state)
{
    (void)state;
    struct step s;
    step_open(&s, &paper, 7);
    for (unsigned i = 0; i < 600; i++)
        step_add(&s, (uint32_t)step_random(&s, 256), (uint32_t)step_random(&s, 256),
                 MIB + step_random(&s, MIB), 0);
    step_set_link(&s, 3, 5, 0);
    struct planner_plan *one = unit_plan(&s), *other = unit_plan(&s);
    unit_assert_same_pieces(one, other);
    planner_plan_destroy(one);
    planner_plan_destroy(other);
    step_close(&s);
}

static void test_flows_inside_a_leaf_and_without_a_path_have_no_pieces(void **state)
{
    (void)state;
    struct step s;
    const struct step_fabric shape = {.leaves = 3, .spines = 2, .ports = 2};
    step_open(&s, &shape, 1);
    step_set_link(&s, 0, 0, 0); /* leaf 0 has spine 1 only, leaf 1 spine 0 only */
    step_set_link(&s, 1, 1, 0);
    step_add(&s, 0, 1, MIB, 0);
    step_add(&s, 0, 2, MIB, 0);
    step_add(&s, 0, 4, MIB, 0);
    step_add(&s, 2, 4, 0, 0);
    struct planner_plan *plan = unit_plan(&s);
    const struct planner_summary *summary = planner_plan_summary(plan);
    assert_int_equal(summary->local_flows, 1);
    assert_int_equal(summary->unrouted_flows, 1);
    assert_int_equal(summary->flows, 2);
    uint32_t count;
    assert_int_equal(planner_plan_pieces(plan, 2, &count)->spine, 1);
    assert_int_equal(count, 1);
    assert_int_equal(planner_plan_pieces(plan, 3, &count)->spine, 0);
    assert_int_equal(count, 1);
    planner_plan_destroy(plan);
    step_close(&s);
}

/* ---- any demand on any fabric ---- */

static void damage(struct step *s, unsigned links)
{
    for (unsigned i = 0; i < links; i++)
        step_set_link(s, (uint32_t)step_random(s, s->shape.leaves), (unsigned)step_random(s, s->shape.spines),
                      planner_weighted_rate(s->shape.rate_bytes_per_s, (unsigned)step_random(s, 8)));
}

/* By how many bytes the worst link is over what is accepted. */
static double worst_excess(const struct step *s, const struct planner_plan *plan)
{
    double worst = 0, accepted_s = 1.02e-12 * (double)planner_plan_summary(plan)->bound_ps;
    for (uint32_t i = 0; i < 2 * s->shape.leaves * s->shape.spines; i++) {
        struct planner_link link = {.kind = i % 2 ? PLANNER_LINK_UP : PLANNER_LINK_DOWN,
                                    .place = i / 2 / s->shape.spines,
                                    .spine = (uint16_t)(i / 2 % s->shape.spines)};
        double most = accepted_s * (double)planner_fabric_rate(s->fabric, &link);
        double excess = (double)planner_plan_load(plan, &link) - most;
        worst = excess > worst ? excess : worst;
    }
    return worst;
}

struct random_outcome {
    double ratio, excess_bytes;
};

static struct random_outcome plan_random(uint64_t seed, unsigned damaged_links, bool equal)
{
    struct step s;
    const struct step_fabric shape = {.leaves = 2 + (uint32_t)(mix64(seed) % 12),
                                      .spines = 1 + (uint32_t)(mix64(seed + 1) % 20),
                                      .ports = 1 + (uint32_t)(mix64(seed + 2) % 16),
                                      .port_speedup = 100}; /* so that the links make the bound */
    step_open(&s, &shape, seed);
    damage(&s, damaged_links);
    uint32_t ports = shape.leaves * shape.ports, flows = 1 + (uint32_t)step_random(&s, 8 * ports);
    for (uint32_t i = 0; i < flows; i++)
        step_add(&s, (uint32_t)step_random(&s, ports), (uint32_t)step_random(&s, ports),
                 equal ? 16 * MIB : 2 * MIB + step_random(&s, 16 * MIB), 0);
    struct planner_plan *plan = unit_plan(&s);
    const struct random_outcome outcome = {planner_ratio(planner_plan_summary(plan)), worst_excess(&s, plan)};
    planner_plan_destroy(plan);
    step_close(&s);
    return outcome;
}

/* Pieces have a least size: where shares of links are not much larger, a link may have two of them too many.
 */
static void test_any_demand_on_whole_fabrics_is_within_what_is_accepted(void **state)
{
    (void)state;
    unsigned over = 0;
    for (uint64_t seed = 0; seed < 1000; seed++) {
        struct random_outcome outcome = plan_random(seed, 0, seed % 2);
        assert_at_most(outcome.excess_bytes, 2 * 65536);
        over += outcome.ratio > 1.02;
    }
    assert_at_most(over, 50);
}

/* Where the bound cannot be reached: the plan is valid still. */
static void test_any_demand_on_damaged_fabrics_has_a_valid_plan(void **state)
{
    (void)state;
    double sum = 0;
    for (uint64_t seed = 0; seed < 1000; seed++)
        sum += plan_random(seed, 3, seed % 2).ratio;
    assert_at_most(sum / 1000, 1.025);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_table_of_the_design),
        cmocka_unit_test(test_equal_flows_are_spread_equitably_at_every_leaf),
        cmocka_unit_test(test_only_the_excess_is_split),
        cmocka_unit_test(test_excess_is_spread_evenly),
        cmocka_unit_test(test_the_flow_of_the_lowest_priority_is_cut),
        cmocka_unit_test(test_a_flow_that_is_faster_than_a_link_is_cut),
        cmocka_unit_test(test_pieces_keep_their_least_size_and_packets),
        cmocka_unit_test(test_equal_inputs_give_equal_plans),
        cmocka_unit_test(test_flows_inside_a_leaf_and_without_a_path_have_no_pieces),
        cmocka_unit_test(test_any_demand_on_whole_fabrics_is_within_what_is_accepted),
        cmocka_unit_test(test_any_demand_on_damaged_fabrics_has_a_valid_plan),
    };
    return cmocka_run_group_tests(tests, 0, 0);
}
