/* SPDX-License-Identifier: BSD-3-Clause */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "dataplane/formats/address.h"
#include "tools/lab/shape.h"

static void shapes_are_leaves_spines_hosts(void **state)
{
    (void)state;
    struct shape shape;
    struct lab_error error;
    assert_int_equal(shape_parse("3x5x2", &shape, &error), 0);
    assert_int_equal(shape.leaves, 3);
    assert_int_equal(shape.spines, 5);
    assert_int_equal(shape.hosts_per_leaf, 2);
    assert_int_equal(shape_hosts(&shape), 6);
    assert_int_equal(shape_leaf_of_host(&shape, 5), 2);
}

static void other_texts_are_refused(void **state)
{
    (void)state;
    static const char *const texts[] = {"",          "2",      "2x4",   "2x4x",   "2x4x4x4", "x4x4",
                                        "0x4x4",     "2x0x4",  "2x4x0", "-2x4x4", "2X4X4",   " 2x4x4",
                                        "2x4x4 ",    "2 x4x4", "ax4x4", "65x4x1", "2x65x4",  "2x4x4294967298",
                                        "20000x1x1", "64x4x3"};
    for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++) {
        struct shape shape;
        struct lab_error error = {""};
        assert_true(shape_parse(texts[i], &shape, &error) < 0);
        assert_true(error.text[0] != '\0');
    }
}

static void assert_address(uint32_t address, const char *expected)
{
    char text[ADDRESS_TEXT_BYTES];
    assert_string_equal(address_text(address, text), expected);
}

static void addresses_follow_the_plan(void **state)
{
    (void)state;
    const struct shape shape = {.leaves = 2, .spines = 4, .hosts_per_leaf = 4};
    assert_address(shape_host_address(&shape, 0), "10.1.0.1");
    assert_address(shape_host_address(&shape, 3), "10.1.0.4");
    assert_address(shape_host_address(&shape, 4), "10.2.0.1");
    assert_address(shape_leaf_gateway(1), "10.2.0.254");
    assert_address(shape_leaf_prefix(1), "10.2.0.0");
    assert_address(shape_leaf_identity(0), "10.255.0.1");
    assert_address(shape_spine_identity(3), "10.255.1.4");
}

static void addresses_of_the_largest_shape_are_distinct(void **state)
{
    (void)state;
    const struct shape shape = {.leaves = 1, .spines = 1, .hosts_per_leaf = SHAPE_HOSTS_MAX};
    for (unsigned host = 0; host < shape_hosts(&shape); host++)
        assert_true(shape_host_address(&shape, host) < shape_leaf_gateway(0));
    assert_true(shape_leaf_gateway(SHAPE_LEAVES_MAX - 1) < shape_leaf_identity(0));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(shapes_are_leaves_spines_hosts),
        cmocka_unit_test(other_texts_are_refused),
        cmocka_unit_test(addresses_follow_the_plan),
        cmocka_unit_test(addresses_of_the_largest_shape_are_distinct),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
