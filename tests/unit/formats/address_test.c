/* SPDX-License-Identifier: BSD-3-Clause */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "dataplane/formats/address.h"

static void addresses_are_numbers_in_host_byte_order(void **state)
{
    uint32_t address = 0;
    char text[ADDRESS_TEXT_BYTES];
    (void)state;
    assert_true(address_parse("10.1.0.2", &address));
    assert_int_equal(address, 0x0a010002);
    assert_string_equal(address_text(0x0a010002, text), "10.1.0.2");
}

static void the_longest_text_fits(void **state)
{
    char text[ADDRESS_TEXT_BYTES];
    (void)state;
    assert_string_equal(address_text(UINT32_MAX, text), "255.255.255.255");
}

static void what_is_no_address_is_refused_and_changes_nothing(void **state)
{
    static const char *const wrong[] = {NULL, "", "10.1.0", "10.1.0.256", "10.1.0.1 ", "::1", "10.1.0.1.5"};
    (void)state;
    for (unsigned i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
        uint32_t address = 7;
        assert_false(address_parse(wrong[i], &address));
        assert_int_equal(address, 7);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(addresses_are_numbers_in_host_byte_order),
        cmocka_unit_test(the_longest_text_fits),
        cmocka_unit_test(what_is_no_address_is_refused_and_changes_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
