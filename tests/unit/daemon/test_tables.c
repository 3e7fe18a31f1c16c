/* SPDX-License-Identifier: BSD-3-Clause */
/* The worker's tables: regions, communicators, transfers. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "dataplane/daemon/communicator_table.h"
#include "dataplane/daemon/region_table.h"
#include "dataplane/daemon/transfer_table.h"

static uint8_t memory[4096];

static void a_region_contains_only_what_lies_inside_and_is_owned(void **state)
{
    (void)state;
    struct region_table *table = calloc(1, sizeof(*table));
    uint32_t number = region_table_add(table, 3, memory, 4096);
    assert_true(region_table_contains(table, 3, number, 0, 4096));
    assert_true(region_table_contains(table, 3, number, 4096, 0));
    assert_true(region_table_contains(table, 3, number, 4095, 1));
    assert_false(region_table_contains(table, 3, number, 4095, 2));
    assert_false(region_table_contains(table, 3, number, 4097, 0));
    assert_false(region_table_contains(table, 3, number, UINT64_MAX, 2));
    assert_false(region_table_contains(table, 3, number, 1, UINT64_MAX));
    assert_false(region_table_contains(table, 4, number, 0, 1));
    assert_false(region_table_contains(table, 3, REGION_NONE, 0, 0));
    assert_false(region_table_contains(table, 3, number + 1, 0, 0));
    assert_false(region_table_contains(table, 3, UINT32_MAX, 0, 0));
    assert_ptr_equal(region_table_at(table, number, 7), memory + 7);
    free(table);
}

static void a_region_in_use_stays(void **state)
{
    (void)state;
    struct region_table *table = calloc(1, sizeof(*table));
    uint32_t number = region_table_add(table, 1, memory, 64);
    region_table_use(table, number);
    assert_int_equal(region_table_remove(table, 1, number), -EBUSY);
    region_table_release(table, number);
    assert_int_equal(region_table_remove(table, 2, number), -ENOENT);
    assert_int_equal(region_table_remove(table, 1, number), 0);
    assert_int_equal(region_table_remove(table, 1, number), -ENOENT);
    free(table);
}

static void region_numbers_are_reused_as_late_as_possible(void **state)
{
    (void)state;
    struct region_table *table = calloc(1, sizeof(*table));
    uint32_t first = region_table_add(table, 1, memory, 64);
    region_table_remove(table, 1, first);
    for (unsigned i = 1; i < REGIONS_MAX - 1; i++)
        assert_int_not_equal(region_table_add(table, 2, memory, 64), first);
    assert_int_equal(region_table_add(table, 2, memory, 64), first);
    assert_int_equal(region_table_add(table, 2, memory, 64), REGION_NONE);
    region_table_remove_owner(table, 2);
    assert_int_not_equal(region_table_add(table, 2, memory, 64), REGION_NONE);
    free(table);
}

static void a_closed_communicator_is_told_from_one_never_opened(void **state)
{
    (void)state;
    struct communicator_table table = {0};
    struct communicator *found = NULL;
    uint32_t handle = communicator_table_next_handle(&table);
    assert_int_equal(communicator_table_find(&table, handle, &found), COMMUNICATOR_UNKNOWN);
    struct communicator *added = communicator_table_add(&table, handle);
    assert_int_equal(communicator_table_find(&table, handle, &found), COMMUNICATOR_OPEN);
    assert_ptr_equal(found, added);
    communicator_table_remove(&table, added);
    assert_int_equal(communicator_table_find(&table, handle, &found), COMMUNICATOR_CLOSED);
    assert_int_equal(communicator_table_find(&table, 0, &found), COMMUNICATOR_UNKNOWN);
    assert_int_equal(communicator_table_find(&table, UINT32_MAX, &found), COMMUNICATOR_UNKNOWN);
    assert_int_not_equal(communicator_table_next_handle(&table), handle);
}

static void a_full_communicator_table_gives_no_handle(void **state)
{
    (void)state;
    struct communicator_table table = {0};
    for (unsigned i = 0; i < SESSION_COMMUNICATORS_MAX; i++)
        communicator_table_add(&table, communicator_table_next_handle(&table));
    assert_int_equal(communicator_table_next_handle(&table), 0);
    communicator_table_remove(&table, &table.slots[5]);
    assert_int_equal(communicator_table_next_handle(&table) % SESSION_COMMUNICATORS_MAX, 5);
}

static void transfers_come_and_go(void **state)
{
    (void)state;
    struct transfer_table table;
    assert_int_equal(transfer_table_create(&table, 3), 0);
    for (uint64_t i = 0; i < 3; i++)
        assert_int_equal(transfer_table_add(&table, &(struct transfer){.cookie = i}), i);
    assert_int_equal(table.used, 3);
    transfer_table_remove(&table, 1);
    assert_int_equal(transfer_table_add(&table, &(struct transfer){.cookie = 9}), 1);
    assert_int_equal(table.transfers[1].cookie, 9);
    transfer_table_destroy(&table);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_region_contains_only_what_lies_inside_and_is_owned),
        cmocka_unit_test(a_region_in_use_stays),
        cmocka_unit_test(region_numbers_are_reused_as_late_as_possible),
        cmocka_unit_test(a_closed_communicator_is_told_from_one_never_opened),
        cmocka_unit_test(a_full_communicator_table_gives_no_handle),
        cmocka_unit_test(transfers_come_and_go),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
