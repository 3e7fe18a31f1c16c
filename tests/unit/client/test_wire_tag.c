/* SPDX-License-Identifier: BSD-3-Clause */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "dataplane/client/wire_tag.h"

static void test_collectives_and_messages_never_meet(void **state)
{
    (void)state;
    assert_true(wire_tag_collective(0, 0, 0) & WIRE_TAG_COLLECTIVE);
    assert_false(wire_tag_message(UINT32_MAX, UINT32_MAX) & WIRE_TAG_COLLECTIVE);
}

static void test_collective_fields_do_not_overlap(void **state)
{
    (void)state;
    uint64_t none = wire_tag_collective(0, 0, 0);
    uint64_t sequence = wire_tag_collective(UINT64_MAX, 0, 0) ^ none;
    uint64_t step = wire_tag_collective(0, UINT32_MAX, 0) ^ none;
    uint64_t lane = wire_tag_collective(0, 0, UINT32_MAX) ^ none;
    assert_int_equal(sequence & step, 0);
    assert_int_equal(step & lane, 0);
    assert_int_equal(sequence & lane, 0);
    assert_true((sequence | step | lane | none) == UINT64_MAX);
}

static void test_successive_messages_of_a_tag_differ(void **state)
{
    (void)state;
    assert_true(wire_tag_message(7, 0) != wire_tag_message(7, 1));
    assert_true(wire_tag_message(7, 1) != wire_tag_message(8, 0));
    assert_true(wire_tag_message(7, 1u << 31) == wire_tag_message(7, 0)); /* wraps after 2^31 */
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_collectives_and_messages_never_meet),
                                       cmocka_unit_test(test_collective_fields_do_not_overlap),
                                       cmocka_unit_test(test_successive_messages_of_a_tag_differ)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
