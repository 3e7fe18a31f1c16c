/* SPDX-License-Identifier: BSD-3-Clause */
/* What ranks have entered and ended, as their records say. */
#include "ebpf/monitor/rank_table.h"

#include "tests/unit/monitor/unit.h"

static struct rank_table table;

static void tell(enum timing_kind kind, uint32_t rank, uint64_t sequence, uint8_t flags)
{
    struct timing_record record = {.kind = (uint8_t)kind,
                                   .communicator = 9,
                                   .rank = rank,
                                   .rank_count = 4096,
                                   .sequence = sequence,
                                   .network_ns = 3000000,
                                   .operation = APP_OPERATION_ALL_REDUCE,
                                   .flags = flags,
                                   .source = 1};
    rank_table_take(&table, &record);
}

static const struct rank_entry *find(uint32_t rank)
{
    for (unsigned i = 0; i < RANK_TABLE_MAX; i++)
        if (table.ranks[i].heard != 0 && table.ranks[i].rank == rank)
            return &table.ranks[i];
    return NULL;
}

static void test_a_rank_s_life(void **state)
{
    (void)state;
    table = (struct rank_table){0};
    tell(TIMING_OPENED, 3, 0, 0);
    assert_int_equal(find(3)->entered, 0);
    tell(TIMING_ENTERED, 3, 0, 0);
    tell(TIMING_ENDED, 3, 0, 0);
    tell(TIMING_ENTERED, 3, 1, 0);
    assert_int_equal(find(3)->entered, 2);
    assert_int_equal(find(3)->ended, 1);
    tell(TIMING_CLOSED, 3, 0, 0);
    assert_null(find(3));
}

static void test_operations_are_counted_and_timed(void **state)
{
    (void)state;
    table = (struct rank_table){0};
    tell(TIMING_ENTERED, 0, 0, 0);
    tell(TIMING_ENDED, 0, 0, 0);
    tell(TIMING_ENTERED, 1, 0, 0);
    tell(TIMING_ENDED, 1, 0, TIMING_FAILED);
    const struct operation_entry *o = &table.ports[0].operations[APP_OPERATION_ALL_REDUCE];
    assert_int_equal(o->entered, 2);
    assert_int_equal(o->ended, 2);
    assert_int_equal(o->failed, 1);
    assert_int_equal(o->sum_ns, 6000000);
    assert_int_equal(o->buckets[12], 2); /* above 2.048 ms, at most 4.096 ms */
}

static void test_another_library_s_calls_are_of_no_rank(void **state)
{
    (void)state;
    table = (struct rank_table){0};
    tell(TIMING_ENTERED, 5, 0, TIMING_ENQUEUE_ONLY);
    assert_null(find(5));
    assert_int_equal(table.ports[0].operations[APP_OPERATION_ALL_REDUCE].enqueue_only, 1);
}

static void test_the_longest_silent_gives_way(void **state)
{
    (void)state;
    table = (struct rank_table){0};
    for (uint32_t rank = 0; rank < RANK_TABLE_MAX; rank++)
        tell(TIMING_OPENED, rank, 0, 0);
    tell(TIMING_ENTERED, 0, 0, 0);
    tell(TIMING_OPENED, RANK_TABLE_MAX, 0, 0);
    assert_non_null(find(0));
    assert_null(find(1));
    assert_non_null(find(RANK_TABLE_MAX));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_rank_s_life),
        cmocka_unit_test(test_operations_are_counted_and_timed),
        cmocka_unit_test(test_another_library_s_calls_are_of_no_rank),
        cmocka_unit_test(test_the_longest_silent_gives_way),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
