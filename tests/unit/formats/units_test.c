/* SPDX-License-Identifier: BSD-3-Clause */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "dataplane/formats/units.h"

static const uint64_t untouched = 0x5555555555555555;

static void assert_quantity(int (*parse)(const char *, uint64_t *), const char *text, int result,
                            uint64_t value)
{
    uint64_t parsed = untouched;
    assert_int_equal(parse(text, &parsed), result);
    assert_true(parsed == (result ? untouched : value));
}

static void rates_are_decimal(void **state)
{
    (void)state;
    assert_quantity(units_parse_rate, "0", 0, 0);
    assert_quantity(units_parse_rate, "9600", 0, 9600);
    assert_quantity(units_parse_rate, "5k", 0, 5000);
    assert_quantity(units_parse_rate, "200M", 0, 200000000);
    assert_quantity(units_parse_rate, "2.5G", 0, 2500000000);
    assert_quantity(units_parse_rate, "1.6T", 0, 1600000000000);
}

static void sizes_are_binary(void **state)
{
    (void)state;
    assert_quantity(units_parse_size, "64K", 0, 65536);
    assert_quantity(units_parse_size, "1.5M", 0, 1572864);
    assert_quantity(units_parse_size, "4G", 0, 4294967296);
    assert_quantity(units_parse_size, "18446744073709551615", 0, UINT64_MAX);
}

static void durations_need_their_unit(void **state)
{
    (void)state;
    assert_quantity(units_parse_duration, "0", 0, 0);
    assert_quantity(units_parse_duration, "10ns", 0, 10);
    assert_quantity(units_parse_duration, "500us", 0, 500000);
    assert_quantity(units_parse_duration, "2ms", 0, 2000000);
    assert_quantity(units_parse_duration, "1.5s", 0, 1500000000);
    assert_quantity(units_parse_duration, "2", -EINVAL, 0);
}

static void what_is_no_quantity_is_refused(void **state)
{
    (void)state;
    static const char *const texts[] = {"",     "M",   "-1M", "+1M", " 1M",  "1 M", "1M ", "1Q",
                                        "1MiB", "1.M", ".5M", "1e6", "0x10", "1,5", "1%",  "1.2.3"};
    for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++) {
        assert_quantity(units_parse_rate, texts[i], -EINVAL, 0);
        assert_quantity(units_parse_size, texts[i], -EINVAL, 0);
        assert_quantity(units_parse_duration, texts[i], -EINVAL, 0);
    }
}

static void what_does_not_fit_is_refused(void **state)
{
    (void)state;
    assert_quantity(units_parse_size, "18446744073709551616", -ERANGE, 0);
    assert_quantity(units_parse_size, "99999999999999999999999", -ERANGE, 0);
    assert_quantity(units_parse_rate, "18446745T", -ERANGE, 0);
    assert_quantity(units_parse_rate, "1.0123456789M", -ERANGE, 0);
}

static void assert_ratio(const char *text, int result, uint32_t parts)
{
    uint32_t parsed = (uint32_t)untouched;
    assert_int_equal(units_parse_ratio(text, &parsed), result);
    assert_true(parsed == (result ? (uint32_t)untouched : parts));
}

static void ratios_are_parts_of_2_32(void **state)
{
    (void)state;
    assert_ratio("0", 0, 0);
    assert_ratio("50%", 0, 1U << 31);
    assert_ratio("0.25", 0, 1U << 30);
    assert_ratio("1%", 0, 42949672);
    assert_ratio("100%", 0, UINT32_MAX);
    assert_ratio("1", 0, UINT32_MAX);
    assert_ratio("100.1%", -ERANGE, 0);
    assert_ratio("2", -ERANGE, 0);
    assert_ratio("1M", -EINVAL, 0);
    assert_ratio("%", -EINVAL, 0);
}

static void quantities_are_printed_with_three_digits(void **state)
{
    (void)state;
    char text[UNITS_TEXT_BYTES];
    assert_string_equal(units_format_rate(0, text), "0 b/s");
    assert_string_equal(units_format_rate(200000000, text), "200 Mb/s");
    assert_string_equal(units_format_rate(2500000000, text), "2.50 Gb/s");
    assert_string_equal(units_format_size(1000, text), "1000 B");
    assert_string_equal(units_format_size(1572864, text), "1.50 MiB");
    assert_string_equal(units_format_duration(12345, text), "12.3 us");
    assert_string_equal(units_format_duration(7200000000000, text), "7200 s");
    assert_string_equal(units_format_size(UINT64_MAX, text), "16777216 TiB");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rates_are_decimal),
        cmocka_unit_test(sizes_are_binary),
        cmocka_unit_test(durations_need_their_unit),
        cmocka_unit_test(what_is_no_quantity_is_refused),
        cmocka_unit_test(what_does_not_fit_is_refused),
        cmocka_unit_test(ratios_are_parts_of_2_32),
        cmocka_unit_test(quantities_are_printed_with_three_digits),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
