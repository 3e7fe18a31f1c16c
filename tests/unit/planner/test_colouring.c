/* SPDX-License-Identifier: BSD-3-Clause */
/* What is claimed of the colouring alone: König's theorem, rooms that are kept, and books that balance
 * whatever is done. */
#include <string.h>

#include "control/planner/colouring.h"
#include "dataplane/transport/random.h"
#include "tests/unit/planner/unit.h"

enum {
    VERTICES_MAX = 32,
    COLOURS_MAX = 24
};

static uint64_t rates[SIDES][VERTICES_MAX * COLOURS_MAX];

static struct colouring *open_colouring(uint32_t vertices, unsigned colours)
{
    for (unsigned i = 0; i < SIDES * VERTICES_MAX * COLOURS_MAX; i++)
        rates[i % SIDES][i / SIDES] = 1000000;
    const struct colouring_shape shape = {
        .vertex_count = vertices, .colour_count = colours, .rates = {rates[SIDE_OUT], rates[SIDE_IN]}};
    struct colouring *c;
    assert_int_equal(colouring_create(&shape, &c), 0);
    return c;
}

static void set_limits(struct colouring *c, int64_t bytes)
{
    for (uint32_t i = 0; i < SIDES * c->vertex_count * c->colour_count; i++)
        colouring_set_limit(c, i % SIDES, i / SIDES / c->colour_count, i / SIDES % c->colour_count, bytes);
}

/* Rooms are limits less what the items take; lists hold each item once. */
static void assert_books(const struct colouring *c)
{
    for (enum planner_side side = SIDE_OUT; side < SIDES; side++) {
        for (size_t slot = 0; slot < colouring_slot(c, c->vertex_count, 0); slot++) {
            int64_t bytes = 0;
            for (uint32_t i = c->first[side][slot]; i != ITEM_NONE; i = c->items[i].next[side]) {
                assert_int_equal(colouring_slot(c, c->items[i].vertex[side], c->items[i].colour), slot);
                bytes += c->items[i].bytes;
            }
            if (c->room[side][slot] > ROOM_OF_NO_LINK / 2)
                assert_int_equal(c->room[side][slot], c->limit[side][slot] - bytes);
        }
    }
}

/* A d-regular bipartite multigraph takes d colours, one of each at every vertex. */
static void test_koenig(void **state)
{
    (void)state;
    struct random_stream random = {.state = 1916};
    for (unsigned turn = 0; turn < 100; turn++) {
        unsigned colours = 1 + random_below(&random, COLOURS_MAX),
                 vertices = 1 + random_below(&random, VERTICES_MAX);
        struct colouring *c = open_colouring(vertices, colours);
        set_limits(c, 1);
        for (unsigned k = 0; k < colours; k++) {
            uint32_t shift = (uint32_t)random_below(&random, vertices), step = k % 2 ? 1 : vertices - 1;
            for (uint32_t v = 0; v < vertices; v++)
                colouring_add(c, v, (uint32_t)(((uint64_t)v * step + shift) % vertices), 1, 0);
        }
        for (uint32_t i = 0; i < c->item_count; i++)
            assert_true(colouring_insert(c, i));
        for (uint32_t i = 0; i < SIDES * vertices * colours; i++)
            assert_int_equal(c->room[i % SIDES][colouring_slot(c, i / SIDES / colours, i / SIDES % colours)],
                             0);
        assert_books(c);
        colouring_destroy(c);
    }
}

static void test_no_room_is_overdrawn_and_the_books_balance(void **state)
{
    (void)state;
    struct random_stream random = {.state = 4793};
    for (unsigned turn = 0; turn < 200; turn++) {
        struct colouring *c = open_colouring(8, 5);
        for (unsigned i = 0; i < 4; i++)
            rates[random_below(&random, SIDES)][random_below(&random, 8 * 5)] = 0;
        colouring_destroy(c);
        const struct colouring_shape shape = {
            .vertex_count = 8, .colour_count = 5, .rates = {rates[SIDE_OUT], rates[SIDE_IN]}};
        assert_int_equal(colouring_create(&shape, &c), 0);
        set_limits(c, 100);
        for (unsigned i = 0; i < 100; i++) {
            uint32_t item =
                colouring_add(c, (uint32_t)random_below(&random, 8), (uint32_t)random_below(&random, 8),
                              1 + (int64_t)random_below(&random, 60), 0);
            if (!colouring_insert(c, item) && i % 2)
                colouring_truncate(c, item);
        }
        assert_books(c);
        for (size_t slot = 0; slot < 8 * 6; slot++) {
            for (enum planner_side side = SIDE_OUT; side < SIDES; side++)
                assert_true(c->room[side][slot] >= 0 || c->room[side][slot] < ROOM_OF_NO_LINK / 2);
        }
        colouring_destroy(c);
    }
}

/* Four edges of a square, two colours: the last one needs the path. */
static void test_a_path_recolours_no_more_than_it_must(void **state)
{
    (void)state;
    struct colouring *c = open_colouring(2, 2);
    set_limits(c, 1);
    uint32_t a = colouring_add(c, 0, 0, 1, 0), b = colouring_add(c, 1, 1, 1, 0),
             d = colouring_add(c, 0, 1, 1, 0);
    colouring_put(c, a, 0);
    colouring_put(c, b, 1);
    c->effort.flips = 0;
    assert_false(colouring_insert(c, d));
    c->effort.flips = 1;
    assert_true(colouring_insert(c, d));
    assert_int_equal(c->effort.flips, 0);
    assert_books(c);
    colouring_destroy(c);
}

/* The new item (3 bytes, from 0 to 1) could have colour 1 if b went to colour 0, where e is in its way, which
 * cannot leave. One byte of b can go there. */
static void test_a_path_may_cut(void **state)
{
    (void)state;
    struct colouring *c = open_colouring(3, 2);
    rates[SIDE_IN][0 * 2 + 1] = rates[SIDE_IN][2 * 2 + 1] = 0; /* a and e keep colour 0 */
    set_limits(c, 4);
    uint32_t a = colouring_add(c, 0, 0, 4, 0), b = colouring_add(c, 1, 1, 4, 1),
             e = colouring_add(c, 1, 2, 2, 2);
    colouring_put(c, a, 0);
    colouring_put(c, b, 1);
    colouring_put(c, e, 0);
    uint32_t d = colouring_add(c, 0, 1, 3, 3);
    c->effort.pairs = 100;
    assert_false(colouring_insert(c, d));
    assert_int_equal(colouring_insert_by_cutting(c, d, 1, 0, 1), 0);
    c->items[d].bytes = 1;
    assert_int_equal(colouring_insert_by_cutting(c, d, 1, 0, 1), 1);
    assert_books(c);
    int64_t bytes[4] = {0};
    for (uint32_t i = 0; i < c->item_count; i++)
        bytes[c->items[i].owner] += c->items[i].bytes;
    assert_int_equal(bytes[0], 4);
    assert_int_equal(bytes[1], 4);
    assert_int_equal(c->item_count, 5);
    colouring_destroy(c);
}

static void test_a_snapshot_is_come_back_to(void **state)
{
    (void)state;
    struct colouring *c = open_colouring(4, 3);
    struct colouring_snapshot snapshot = {0};
    set_limits(c, 2);
    for (uint32_t i = 0; i < 12; i++)
        assert_true(colouring_insert(c, colouring_add(c, i % 4, (i + 1) % 4, 1, i)));
    assert_int_equal(colouring_save(c, &snapshot), 0);
    for (uint32_t i = 0; i < 12; i++)
        colouring_insert(c, colouring_add(c, i % 4, (i + 2) % 4, 1, i));
    colouring_take(c, 3);
    colouring_restore(c, &snapshot);
    assert_int_equal(c->item_count, 12);
    assert_books(c);
    colouring_forget(&snapshot);
    colouring_destroy(c);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_koenig),
        cmocka_unit_test(test_no_room_is_overdrawn_and_the_books_balance),
        cmocka_unit_test(test_a_path_recolours_no_more_than_it_must),
        cmocka_unit_test(test_a_path_may_cut),
        cmocka_unit_test(test_a_snapshot_is_come_back_to),
    };
    return cmocka_run_group_tests(tests, 0, 0);
}
