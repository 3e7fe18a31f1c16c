/* SPDX-License-Identifier: BSD-3-Clause */
#include "dataplane/transport/random.h"
#include "tests/unit/transport/unit.h"

static void test_stream_is_splitmix64(void **state)
{
    (void)state;
    /* The published generator's first outputs for seed 1234567. */
    static const uint64_t expected[] = {6457827717110365317u, 3203168211198807973u, 9817491932198370423u,
                                        4593380528125082431u, 16408922859458223821u};
    struct random_stream stream = {.state = 1234567};
    for (unsigned i = 0; i < COUNT_OF(expected); i++)
        assert_int_equal(random_next(&stream), expected[i]);
}

static void test_below_stays_below_and_reaches_all(void **state)
{
    (void)state;
    struct random_stream stream = {.state = 1};
    unsigned seen[7] = {0};
    for (unsigned i = 0; i < 7000; i++) {
        uint64_t value = random_below(&stream, 7);
        assert_true(value < 7);
        seen[value]++;
    }
    for (unsigned i = 0; i < 7; i++)
        assert_in_range(seen[i], 850, 1150);
    assert_int_equal(random_below(&stream, 0), 0);
    assert_int_equal(random_below(&stream, 1), 0);
}

static void test_pair_hash_tells_order_and_neighbours_apart(void **state)
{
    (void)state;
    assert_true(mix64_pair(1, 2) != mix64_pair(2, 1));
    assert_true(mix64_pair(0, 0) != mix64_pair(0, 1));
    assert_true(mix64_pair(0, 0) != mix64_pair(1, 0));
    assert_int_equal(mix64_pair(7, 9), mix64_pair(7, 9));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_stream_is_splitmix64),
        cmocka_unit_test(test_below_stays_below_and_reaches_all),
        cmocka_unit_test(test_pair_hash_tells_order_and_neighbours_apart),
    };
    return cmocka_run_group_tests(tests, 0, 0);
}
