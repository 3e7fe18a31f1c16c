/* SPDX-License-Identifier: BSD-3-Clause */
/* What is planned is what the dataplanes' own gate reads out of the blocks: paths, shares and weights, by
 * port, communicator, rank and shape. */
#include <errno.h>
#include <stdlib.h>

#include "control/planner/plan_block.h"
#include "tests/unit/planner/unit.h"

enum {
    LEAVES = 4,
    SPINES = 5,
    PORTS = 6,
    ALL = LEAVES * PORTS,
    IDENTITY = 4711
};

struct epoch {
    struct step steps[2];
    struct plan_block_flow *flows[2];
    struct plan_block_step planned[2];
    uint32_t ports[ALL], spines[SPINES];
    struct plan_blocks *blocks;
};

/* Rank i is on port i; leaves' prefixes do not ascend with their numbers. */
static void plan_epoch_step(struct epoch *e, unsigned i, enum step_pattern pattern, enum step_shape shape)
{
    const struct step_fabric fabric = {.leaves = LEAVES, .spines = SPINES, .ports = PORTS};
    struct step *s = &e->steps[i];
    step_open(s, &fabric, i);
    step_set_link(s, 1, 3, 0);
    step_set_link(s, 2, 4, s->shape.rate_bytes_per_s / 2);
    step_fill(s, pattern, 0, 16 * MIB);
    e->flows[i] = calloc(s->count, sizeof(*e->flows[i]));
    for (uint32_t k = 0; k < s->count; k++)
        e->flows[i][k] = (struct plan_block_flow){IDENTITY, s->demands[k].source_port,
                                                  s->demands[k].destination_port, shape};
    e->planned[i] = (struct plan_block_step){unit_plan(s), e->flows[i]};
}

static struct plan_blocks_config config_of(struct epoch *e)
{
    return (struct plan_blocks_config){.epoch = 9,
                                       .leaf_prefix_bits = 24,
                                       .fabric = e->steps[0].fabric,
                                       .port_addresses = e->ports,
                                       .spine_addresses = e->spines,
                                       .steps = e->planned,
                                       .step_count = 2};
}

static struct epoch *open_epoch(void)
{
    struct epoch *e = calloc(1, sizeof(*e));
    char error[PLANNER_ERROR_BYTES];
    for (uint32_t i = 0; i < ALL; i++)
        e->ports[i] = (10u << 24 | (LEAVES - i / PORTS) << 16) + 1 + i % PORTS;
    for (uint32_t i = 0; i < SPINES; i++)
        e->spines[i] = 0xc0000000 + i;
    plan_epoch_step(e, 0, STEP_RING_RANDOM, STEP_SHAPE_RING);
    plan_epoch_step(e, 1, STEP_ALL_TO_ALL, STEP_SHAPE_ALL_TO_ALL);
    struct plan_blocks_config config = config_of(e);
    assert_int_equal(plan_blocks_create(&config, &e->blocks, error), 0);
    return e;
}

static void close_epoch(struct epoch *e)
{
    plan_blocks_destroy(e->blocks);
    for (unsigned i = 0; i < 2; i++) {
        planner_plan_destroy((struct planner_plan *)e->planned[i].plan);
        step_close(&e->steps[i]);
        free(e->flows[i]);
    }
    free(e);
}

static struct plan_header *read_block(const struct epoch *e, uint32_t port, struct plan_view *view)
{
    struct plan_header *block;
    char error[PLANNER_ERROR_BYTES] = "", refusal[PLAN_ERROR_BYTES] = "";
    assert_int_equal(plan_blocks_write(e->blocks, port, &block, error), 0);
    if (plan_check(block, block->bytes, e->ports[port], view, refusal) != 0)
        fail_msg("%s", refusal);
    return block;
}

static void assert_flow(const struct epoch *e, const struct plan_view *view, unsigned step, uint32_t demand)
{
    const struct plan_block_flow *name = &e->flows[step][demand];
    uint32_t count, shares[PLAN_SPINES_MAX];
    const struct planner_piece *pieces = planner_plan_pieces(e->planned[step].plan, demand, &count);
    const struct plan_communicator *table =
        plan_find_communicator(view, IDENTITY, name->source_rank, name->shape);
    const struct plan_flow *flow = table ? plan_find_flow(view, table, name->destination_rank) : NULL;
    if (count == 0) {
        assert_null(flow);
        return;
    }
    assert_non_null(flow);
    assert_int_equal(flow->piece_count, count);
    planner_plan_shares(e->planned[step].plan, demand, shares, PLAN_SPINES_MAX);
    for (uint32_t i = 0; i < count; i++) {
        assert_int_equal(view->pieces[flow->first_piece + i].spine, pieces[i].spine);
        assert_int_equal(view->pieces[flow->first_piece + i].share, shares[i]);
    }
}

static void test_every_flow_is_found_as_planned(void **state)
{
    (void)state;
    struct epoch *e = open_epoch();
    uint32_t found = 0, planned = 0;
    for (uint32_t port = 0; port < ALL; port++) {
        struct plan_view view;
        struct plan_header *block = read_block(e, port, &view);
        found += block->flow_count;
        for (unsigned step = 0; step < 2; step++) {
            for (uint32_t i = 0; i < e->steps[step].count; i++) {
                if (e->steps[step].demands[i].source_port == port)
                    assert_flow(e, &view, step, i);
            }
        }
        assert_true(block->hash == plan_blocks_hash(e->blocks));
        assert_int_equal(view.spines[4].address, 0xc0000004);
        free(block);
    }
    for (unsigned step = 0; step < 2; step++)
        planned += planner_plan_summary(e->planned[step].plan)->flows;
    assert_int_equal(found, planned);
    close_epoch(e);
}

static void test_weights_are_those_from_the_own_leaf(void **state)
{
    (void)state;
    struct epoch *e = open_epoch();
    struct plan_view view;
    struct plan_header *block = read_block(e, 1 * PORTS, &view);
    static const uint8_t to_leaf_2[SPINES] = {8, 8, 8, 0, 4};
    const uint8_t *weights = plan_find_weights(&view, e->ports[2 * PORTS] >> 8);
    assert_non_null(weights);
    assert_memory_equal(weights, to_leaf_2, SPINES);
    assert_null(plan_find_weights(&view, 1));
    free(block);
    close_epoch(e);
}

static void assert_refused(const struct plan_blocks_config *config, const char *because)
{
    char error[PLANNER_ERROR_BYTES] = "";
    struct plan_blocks *blocks;
    assert_int_equal(plan_blocks_create(config, &blocks, error), -EINVAL);
    if (strstr(error, because) == NULL)
        fail_msg("\"%s\" does not say \"%s\"", error, because);
}

static void test_what_cannot_be_published_is_refused(void **state)
{
    (void)state;
    struct epoch *e = open_epoch();
    struct plan_blocks_config config = config_of(e);
    char error[PLANNER_ERROR_BYTES];
    struct plan_header *block;
    assert_int_equal(plan_blocks_write(e->blocks, ALL, &block, error), -EINVAL);
    config.epoch = 0;
    assert_refused(&config, "epoch 0");
    config = config_of(e);
    config.leaf_prefix_bits = 33;
    assert_refused(&config, "33 bits");
    config.leaf_prefix_bits = 8;
    assert_refused(&config, "same first 8 bits");
    config = config_of(e);
    struct plan_block_step twice[2] = {e->planned[0], e->planned[0]};
    config.steps = twice;
    assert_refused(&config, "planned twice");
    e->flows[1][0].shape = STEP_SHAPES;
    for (uint32_t i = 0; i < e->steps[1].count; i++)
        e->flows[1][i].shape = STEP_SHAPES;
    config = config_of(e);
    assert_refused(&config, "no known shape");
    close_epoch(e);
}

static void test_other_plans_have_other_hashes(void **state)
{
    (void)state;
    struct epoch *e = open_epoch(), *same = open_epoch();
    char error[PLANNER_ERROR_BYTES];
    assert_true(plan_blocks_hash(e->blocks) == plan_blocks_hash(same->blocks));
    struct plan_blocks_config config = config_of(same);
    struct plan_blocks *other;
    config.step_count = 1;
    assert_int_equal(plan_blocks_create(&config, &other, error), 0);
    assert_true(plan_blocks_hash(e->blocks) != plan_blocks_hash(other));
    plan_blocks_destroy(other);
    close_epoch(e);
    close_epoch(same);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_flow_is_found_as_planned),
        cmocka_unit_test(test_weights_are_those_from_the_own_leaf),
        cmocka_unit_test(test_what_cannot_be_published_is_refused),
        cmocka_unit_test(test_other_plans_have_other_hashes),
    };
    return cmocka_run_group_tests(tests, 0, 0);
}
