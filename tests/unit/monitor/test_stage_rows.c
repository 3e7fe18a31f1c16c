/* SPDX-License-Identifier: BSD-3-Clause */
/* The kernel's cells become rows: the network's for each path, the others' over all. */
#include "ebpf/monitor/stage_rows.h"

#include "tests/unit/monitor/unit.h"

static struct timing_cell cell_of(uint64_t records, uint64_t network_ns, unsigned bucket)
{
    struct timing_cell cell = {.records = records, .bytes = 100 * records, .retransmits = 1};
    cell.stages[STAGE_NETWORK].sum_ns = records * network_ns;
    cell.stages[STAGE_NETWORK].buckets[bucket] = records;
    cell.stages[STAGE_READY].buckets[0] = records;
    return cell;
}

static void test_paths_apart_other_stages_together(void **state)
{
    (void)state;
    struct stage_rows rows = {0};
    struct timing_cell first = cell_of(10, 1000, 0), second = cell_of(30, 4000, 2);
    assert_int_equal(stage_rows_add(&rows, &(struct timing_cell_key){1, 0x100, 1, 0, 0}, &first), 0);
    assert_int_equal(stage_rows_add(&rows, &(struct timing_cell_key){1, 0x100, 0, 0, 0}, &second), 0);
    assert_int_equal(
        stage_rows_add(&rows, &(struct timing_cell_key){1, 0x100, TIMING_PATH_NONE, 1, 0}, &first), 0);
    stage_rows_sort(&rows);
    assert_int_equal(rows.count, 5);
    assert_int_equal(rows.rows[0].stage, STAGE_READY);
    assert_int_equal(rows.rows[0].count, 40);
    assert_int_equal(rows.rows[1].stage, STAGE_CREDIT);
    assert_int_equal(rows.rows[2].stage, STAGE_NETWORK);
    assert_int_equal(rows.rows[2].path, 0);
    assert_int_equal(rows.rows[2].histogram.sum_ns, 120000);
    assert_int_equal(rows.rows[3].path, 1);
    assert_int_equal(rows.rows[4].stage, STAGE_DRAIN);
    assert_string_equal(stage_row_name(&rows.rows[4]), "drain");
    stage_rows_free(&rows);
}

static void test_quantiles_are_bounds(void **state)
{
    (void)state;
    struct stage_row row = {.count = 100};
    row.histogram.buckets[3] = 60;
    row.histogram.buckets[5] = 30;
    assert_int_equal(stage_row_quantile_ns(&row, 50), 8000);
    assert_int_equal(stage_row_quantile_ns(&row, 90), 32000);
    assert_true(stage_row_quantile_ns(&row, 99) == UINT64_MAX);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_paths_apart_other_stages_together),
        cmocka_unit_test(test_quantiles_are_bounds),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
