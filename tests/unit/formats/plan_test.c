/* SPDX-License-Identifier: BSD-3-Clause */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "dataplane/formats/plan.h"

#define ADDRESS 0x0a010001u

/* Two spines, three leaves; rank 3 of communicator 7 has a ring, and a table for every other shape. */
struct sample {
    uint8_t *block;
    size_t bytes;
    struct plan_header *header;
    struct plan_communicator *communicators;
    struct plan_flow *flows;
    struct plan_piece *pieces;
    struct plan_leaf *leaves;
    uint8_t *weights;
};

static void seal(struct sample *s)
{
    s->header->checksum = plan_checksum(s->block, s->bytes);
}

static void fill(struct sample *s)
{
    const struct plan_leaf leaves[] = {{0x0a0100}, {0x0a0200}, {0x0a0300}};
    const uint8_t weights[] = {8, 8, 8, 0, 8, 4};
    const struct plan_communicator communicators[] = {{7, 3, STEP_SHAPE_ANY, 0, 2},
                                                      {7, 3, STEP_SHAPE_RING, 2, 1}};
    const struct plan_flow flows[] = {{0, 0, 1}, {5, 1, 2}, {4, 3, 1}};
    const struct plan_piece pieces[] = {{0, 65536}, {0, 16384}, {1, 49152}, {1, 65536}};
    memcpy(s->leaves, leaves, sizeof(leaves));
    memcpy(s->weights, weights, sizeof(weights));
    memcpy(s->communicators, communicators, sizeof(communicators));
    memcpy(s->flows, flows, sizeof(flows));
    memcpy(s->pieces, pieces, sizeof(pieces));
}

static int make_sample(void **state)
{
    struct plan_header header = {.magic = PLAN_MAGIC,
                                 .version = PLAN_VERSION,
                                 .leaf_prefix_bits = 24,
                                 .epoch = 9,
                                 .hash = 0x1234,
                                 .address = ADDRESS,
                                 .spine_count = 2,
                                 .leaf_count = 3,
                                 .communicator_count = 2,
                                 .flow_count = 3,
                                 .piece_count = 4};
    struct sample *s = calloc(1, sizeof(*s));
    s->bytes = plan_bytes(&header);
    header.bytes = (uint32_t)s->bytes;
    s->block = calloc(1, s->bytes);
    memcpy(s->block, &header, sizeof(header));
    struct plan_view v = plan_lay_out(s->block);
    s->header = (void *)s->block;
    s->communicators = (void *)(uintptr_t)v.communicators;
    s->flows = (void *)(uintptr_t)v.flows;
    s->pieces = (void *)(uintptr_t)v.pieces;
    s->leaves = (void *)(uintptr_t)v.leaves;
    s->weights = (void *)(uintptr_t)v.weights;
    fill(s);
    seal(s);
    *state = s;
    return 0;
}

static int free_sample(void **state)
{
    struct sample *s = *state;
    free(s->block);
    free(s);
    return 0;
}

static void assert_refused(struct sample *s, const char *word)
{
    char error[PLAN_ERROR_BYTES];
    struct plan_view v;
    seal(s);
    assert_int_equal(plan_check(s->block, s->bytes, ADDRESS, &v, error), -EINVAL);
    assert_non_null(strstr(error, word));
}

static void a_whole_plan_is_taken_apart(void **state)
{
    struct sample *s = *state;
    char error[PLAN_ERROR_BYTES];
    struct plan_view v;
    assert_int_equal(plan_check(s->block, s->bytes, ADDRESS, &v, error), 0);
    const struct plan_communicator *ring = plan_find_communicator(&v, 7, 3, STEP_SHAPE_RING);
    assert_ptr_equal(ring, &s->communicators[1]);
    assert_ptr_equal(plan_find_communicator(&v, 7, 3, STEP_SHAPE_TREE), &s->communicators[0]);
    assert_null(plan_find_communicator(&v, 7, 2, STEP_SHAPE_RING));
    assert_null(plan_find_communicator(&v, 8, 3, STEP_SHAPE_RING));
    assert_ptr_equal(plan_find_flow(&v, ring, 4), &s->flows[2]);
    assert_null(plan_find_flow(&v, ring, 5));
    assert_ptr_equal(plan_find_flow(&v, &s->communicators[0], 5), &s->flows[1]);
    assert_ptr_equal(plan_find_weights(&v, 0x0a0200), &s->weights[2]);
    assert_null(plan_find_weights(&v, 0x0a0201));
    assert_null(plan_find_weights(&v, 0x0a0301));
}

static void damage_is_noticed(void **state)
{
    struct sample *s = *state;
    char error[PLAN_ERROR_BYTES];
    struct plan_view v;
    for (size_t i = 0; i < s->bytes; i++) {
        s->block[i] ^= 0x10;
        assert_int_equal(plan_check(s->block, s->bytes, ADDRESS, &v, error), -EINVAL);
        s->block[i] ^= 0x10;
    }
    for (size_t bytes = 0; bytes < s->bytes; bytes++)
        assert_int_equal(plan_check(s->block, bytes, ADDRESS, &v, error), -EINVAL);
    assert_int_equal(plan_check(s->block, s->bytes, ADDRESS + 1, &v, error), -EINVAL);
    assert_non_null(strstr(error, "another host port"));
    assert_int_equal(plan_check(s->block, s->bytes, ADDRESS, &v, error), 0);
}

static void headers_are_checked(void **state)
{
    struct sample *s = *state;
    s->header->version = 2;
    assert_refused(s, "version");
    s->header->version = PLAN_VERSION;
    s->header->epoch = 0;
    assert_refused(s, "epoch");
    s->header->epoch = 1;
    s->header->flow_count = 4;
    assert_refused(s, "truncated");
    s->header->flow_count = PLAN_FLOWS_MAX + 1;
    assert_refused(s, "truncated");
}

static void tables_are_checked(void **state)
{
    struct sample *s = *state;
    s->communicators[1].rank = 2;
    assert_refused(s, "out of order");
    s->communicators[1].rank = 3;
    s->communicators[1].shape = STEP_SHAPES;
    assert_refused(s, "shape");
    s->communicators[1].shape = STEP_SHAPE_RING;
    s->communicators[1].flow_count = 2;
    assert_refused(s, "do not exist");
    s->communicators[1].flow_count = UINT32_MAX;
    assert_refused(s, "do not exist");
    s->communicators[1].flow_count = 1;
    s->flows[1].peer_rank = 0;
    assert_refused(s, "flows out of order");
}

static void pieces_are_checked(void **state)
{
    struct sample *s = *state;
    s->flows[2].first_piece = 4;
    assert_refused(s, "do not exist");
    s->flows[2].first_piece = UINT32_MAX;
    assert_refused(s, "do not exist");
    s->flows[2].first_piece = 3;
    s->pieces[3].spine = 2;
    assert_refused(s, "no spine");
    s->pieces[3].spine = 1;
    s->pieces[2].share = 49153;
    assert_refused(s, "make up the whole");
    s->pieces[2].share = 0;
    assert_refused(s, "empty piece");
}

static void leaves_are_checked(void **state)
{
    struct sample *s = *state;
    s->weights[3] = PLAN_WEIGHT_FULL + 1;
    assert_refused(s, "weight 3");
    s->weights[3] = 1;
    s->leaves[2].prefix = s->leaves[1].prefix;
    assert_refused(s, "leaf 2");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_whole_plan_is_taken_apart, make_sample, free_sample),
        cmocka_unit_test_setup_teardown(damage_is_noticed, make_sample, free_sample),
        cmocka_unit_test_setup_teardown(headers_are_checked, make_sample, free_sample),
        cmocka_unit_test_setup_teardown(tables_are_checked, make_sample, free_sample),
        cmocka_unit_test_setup_teardown(pieces_are_checked, make_sample, free_sample),
        cmocka_unit_test_setup_teardown(leaves_are_checked, make_sample, free_sample),
    };
    return cmocka_run_group_tests_name("plan", tests, NULL, NULL);
}
