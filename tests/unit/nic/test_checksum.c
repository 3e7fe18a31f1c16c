/* SPDX-License-Identifier: BSD-3-Clause */
#include <string.h>

#include "nic/checksum.h"
#include "tests/unit/nic/cmocka_headers.h"

/* RFC 1071 word by word. */
static uint16_t plain_sum(const uint8_t *bytes, size_t length)
{
    uint32_t sum = 0;
    for (size_t i = 0; i < length; i += 2) {
        uint16_t word = 0;
        memcpy(&word, bytes + i, length - i < 2 ? 1 : 2);
        sum += word;
        sum = (sum & 0xffff) + (sum >> 16);
    }
    return (uint16_t)sum;
}

static void fill(uint8_t *bytes, size_t length)
{
    uint32_t state = 12345;
    for (size_t i = 0; i < length; i++) {
        state = state * 1664525u + 1013904223u;
        bytes[i] = (uint8_t)(state >> 24);
    }
}

static void every_length_and_alignment_agrees_with_the_definition(void **state)
{
    (void)state;
    uint8_t bytes[400];
    fill(bytes, sizeof(bytes));
    for (size_t start = 0; start < 8; start++) {
        for (size_t length = 0; length + start <= sizeof(bytes); length++)
            assert_int_equal(checksum_sum(bytes + start, length), plain_sum(bytes + start, length));
    }
}

static void the_example_of_rfc_1071(void **state)
{
    (void)state;
    const uint8_t bytes[] = {0x00, 0x01, 0xf2, 0x03, 0xf4, 0xf5, 0xf6, 0xf7};
    const uint8_t sum[] = {0xdd, 0xf2};
    uint16_t expected;
    memcpy(&expected, sum, sizeof(expected));
    assert_int_equal(checksum_sum(bytes, sizeof(bytes)), expected);
}

static void carries_are_never_lost(void **state)
{
    (void)state;
    static uint8_t ones[65534];
    memset(ones, 0xff, sizeof(ones));
    assert_int_equal(checksum_sum(ones, sizeof(ones)), 0xffff);
    assert_int_equal(checksum_fold(UINT64_MAX), 0xffff);
    assert_int_equal(checksum_fold(0x1ffffffffull), 1);
    assert_int_equal(checksum_fold(0xffffffff0001ffffull), 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_length_and_alignment_agrees_with_the_definition),
        cmocka_unit_test(the_example_of_rfc_1071),
        cmocka_unit_test(carries_are_never_lost),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
