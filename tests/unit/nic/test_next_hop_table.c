/* SPDX-License-Identifier: BSD-3-Clause */
#include <string.h>

#include "nic/next_hop_table.h"
#include "tests/unit/nic/cmocka_headers.h"

static int create(void **state)
{
    static struct next_hop_table table;
    *state = &table;
    return next_hop_table_create(&table);
}

static int destroy(void **state)
{
    next_hop_table_destroy(*state);
    return 0;
}

static void what_is_set_is_found(void **state)
{
    const uint8_t first[6] = {2, 1, 2, 3, 4, 5}, second[6] = {2, 9, 9, 9, 9, 9};
    assert_null(next_hop_table_find(*state, 0x0a010001));
    next_hop_table_set(*state, 0x0a010001, first);
    assert_memory_equal(next_hop_table_find(*state, 0x0a010001), first, 6);
    next_hop_table_set(*state, 0x0a010001, second);
    assert_memory_equal(next_hop_table_find(*state, 0x0a010001), second, 6);
    assert_null(next_hop_table_find(*state, 0x0a010002));
}

static void it_grows_and_forgets_nothing(void **state)
{
    for (uint32_t i = 1; i <= 5000; i++) {
        uint32_t address = 0x0a000000 + ((i % 70) << 16) + i / 70 + 1;
        uint8_t ethernet[6] = {2, 0};
        memcpy(ethernet + 2, &address, sizeof(address));
        next_hop_table_set(*state, address, ethernet);
    }
    for (uint32_t i = 1; i <= 5000; i++) {
        uint32_t address = 0x0a000000 + ((i % 70) << 16) + i / 70 + 1;
        const uint8_t *ethernet = next_hop_table_find(*state, address);
        assert_non_null(ethernet);
        assert_memory_equal(ethernet + 2, &address, sizeof(address));
    }
    assert_int_equal(((struct next_hop_table *)*state)->count, 5000);
}

static void address_zero_is_never_known(void **state)
{
    const uint8_t ethernet[6] = {2};
    next_hop_table_set(*state, 0, ethernet);
    assert_null(next_hop_table_find(*state, 0));
    assert_int_equal(((struct next_hop_table *)*state)->count, 0);
}

static void unresolved_destinations_are_given_out_once(void **state)
{
    uint32_t destination;
    assert_false(next_hop_table_take_unresolved(*state, &destination));
    next_hop_table_add_unresolved(*state, 5);
    next_hop_table_add_unresolved(*state, 5);
    assert_true(next_hop_table_take_unresolved(*state, &destination));
    assert_int_equal(destination, 5);
    assert_false(next_hop_table_take_unresolved(*state, &destination));
}

static void too_many_unresolved_are_left_for_later(void **state)
{
    uint32_t destination, taken = 0;
    for (uint32_t i = 1; i <= 2 * NEXT_HOP_UNRESOLVED_MAX; i++)
        next_hop_table_add_unresolved(*state, i);
    while (next_hop_table_take_unresolved(*state, &destination))
        taken++;
    assert_int_equal(taken, NEXT_HOP_UNRESOLVED_MAX);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(what_is_set_is_found, create, destroy),
        cmocka_unit_test_setup_teardown(it_grows_and_forgets_nothing, create, destroy),
        cmocka_unit_test_setup_teardown(address_zero_is_never_known, create, destroy),
        cmocka_unit_test_setup_teardown(unresolved_destinations_are_given_out_once, create, destroy),
        cmocka_unit_test_setup_teardown(too_many_unresolved_are_left_for_later, create, destroy),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
