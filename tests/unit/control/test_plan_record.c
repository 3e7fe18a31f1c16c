/* SPDX-License-Identifier: BSD-3-Clause */
/* A record gives back what was set, in whatever order that was, and tells what differs from another. */
#include "tests/unit/control/fabric.h"

#include <stdlib.h>

#include "control/core/plan_history.h"
#include "control/core/plan_record.h"

enum {
    RANKS = 16
};

static uint32_t addresses[RANKS];
static struct geometry geometry = {.users = 1, .rank_count = RANKS, .addresses = addresses};

/* One ring. */
static struct plan_record *make_record(void)
{
    struct plan_table *table = calloc(1, sizeof(*table));
    *table = (struct plan_table){.identity = 7, .geometry = &geometry, .flow_bytes = MIB};
    assert_true(step_pattern_make(STEP_SHAPE_RING, RANKS, &table->pattern));
    struct plan_record *record = plan_record_create(table, 1, RANKS);
    assert_non_null(record);
    return record;
}

/* In two pieces, of which the first has `flow` + 1 parts. */
static void split(struct plan_record *record, uint32_t flow)
{
    const struct plan_piece pieces[2] = {{.spine = 1, .share = flow + 1},
                                         {.spine = 2, .share = PLAN_SHARE_WHOLE - flow - 1}};
    assert_int_equal(plan_record_set(record, flow, pieces, 2), 0);
}

static void test_flows_may_be_set_in_any_order(void **state)
{
    (void)state;
    struct plan_record *record = make_record();
    const struct plan_piece single = {.spine = 5, .share = PLAN_SHARE_WHOLE};
    for (uint32_t flow = RANKS; flow-- > 2;)
        split(record, flow);
    assert_int_equal(plan_record_set(record, 0, &single, 1), 0);
    plan_record_seal(record);
    for (uint32_t flow = 0; flow < RANKS; flow++) {
        struct plan_piece whole;
        uint32_t count;
        const struct plan_piece *pieces = plan_record_pieces(record, flow, &whole, &count);
        assert_int_equal(count, flow == 0 ? 1 : flow == 1 ? 0 : 2);
        if (flow == 0)
            assert_memory_equal(pieces, &single, sizeof(single));
        if (flow > 1)
            assert_int_equal(pieces[0].share, flow + 1);
    }
    plan_record_destroy(record);
}

static void test_differences_are_counted(void **state)
{
    (void)state;
    struct plan_record *one = make_record(), *other = make_record();
    const struct plan_piece here = {.spine = 5, .share = PLAN_SHARE_WHOLE}, there = {6, PLAN_SHARE_WHOLE};
    plan_record_set(one, 0, &here, 1);
    plan_record_set(other, 0, &here, 1);
    plan_record_set(one, 1, &here, 1);
    plan_record_set(other, 1, &there, 1);
    split(one, 2);
    split(other, 2);
    split(one, 3);
    plan_record_set(other, 3, &here, 1);
    plan_record_set(other, 4, &here, 1);
    plan_record_seal(one);
    plan_record_seal(other);
    assert_int_equal(plan_record_diff(one, other, NULL, NULL), 3);
    assert_int_equal(plan_record_diff(one, one, NULL, NULL), 0);
    assert_non_null(plan_record_find(one, 7, STEP_SHAPE_RING));
    assert_null(plan_record_find(one, 7, STEP_SHAPE_ALL_TO_ALL));
    plan_record_destroy(one);
    plan_record_destroy(other);
}

static void test_huge_plans_leave_room_for_few(void **state)
{
    (void)state;
    struct plan_history history = {0};
    for (uint64_t epoch = 1; epoch <= 10; epoch++) {
        struct plan_record *record = plan_record_create(NULL, 0, HISTORY_BYTES_MAX / 4);
        record->info.epoch = epoch;
        plan_history_add(&history, record);
    }
    assert_int_equal(history.count, 3);
    assert_non_null(plan_history_find(&history, 10));
    assert_null(plan_history_find(&history, 7));
    plan_history_clear(&history);
    assert_int_equal(history.bytes, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_flows_may_be_set_in_any_order),
        cmocka_unit_test(test_differences_are_counted),
        cmocka_unit_test(test_huge_plans_leave_room_for_few),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
