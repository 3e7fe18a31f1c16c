/* SPDX-License-Identifier: BSD-3-Clause */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "dataplane/formats/step_shape.h"

static void every_shape_is_found_by_its_name(void **state)
{
    (void)state;
    for (unsigned shape = 0; shape < STEP_SHAPES; shape++) {
        enum step_shape found = STEP_SHAPES;
        assert_true(step_shape_by_name(step_shape_name(shape), &found));
        assert_int_equal(found, shape);
    }
}

static void what_is_no_shape_has_neither_name_nor_number(void **state)
{
    enum step_shape found = STEP_SHAPE_TREE;
    (void)state;
    assert_string_equal(step_shape_name(STEP_SHAPES), "unknown");
    assert_false(step_shape_by_name("unknown", &found));
    assert_false(step_shape_by_name("", &found));
    assert_int_equal(found, STEP_SHAPE_TREE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_shape_is_found_by_its_name),
        cmocka_unit_test(what_is_no_shape_has_neither_name_nor_number),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
