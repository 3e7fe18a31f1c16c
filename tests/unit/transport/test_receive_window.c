/* SPDX-License-Identifier: BSD-3-Clause */
#include "dataplane/transport/receive_window.h"

#include <string.h>

#include "dataplane/transport/random.h"
#include "tests/unit/transport/unit.h"

static void test_every_number_once(void **state)
{
    (void)state;
    struct receive_window w;
    receive_window_reset(&w);
    struct random_stream random = {3};
    static bool taken[5000];
    memset(taken, 0, sizeof(taken));
    while (w.cumulative < 4000) {
        uint32_t number = w.cumulative + (uint32_t)random_below(&random, 300);
        enum receive_window_verdict verdict = receive_window_judge(&w, number);
        if (number - w.cumulative >= PACKET_WINDOW_MAX) {
            assert_int_equal(verdict, RECEIVE_WINDOW_OUTSIDE);
            continue;
        }
        assert_int_equal(verdict == RECEIVE_WINDOW_DUPLICATE, taken[number]);
        if (verdict != RECEIVE_WINDOW_DUPLICATE) {
            taken[number] = true;
            receive_window_accept(&w, number);
        }
        assert_false(taken[w.cumulative]);
    }
}

static void test_old_numbers_are_duplicates(void **state)
{
    (void)state;
    struct receive_window w = {.cumulative = 10};
    assert_int_equal(receive_window_judge(&w, 9), RECEIVE_WINDOW_DUPLICATE);
    assert_int_equal(receive_window_judge(&w, 10), RECEIVE_WINDOW_NEXT);
    assert_int_equal(receive_window_judge(&w, 10 + PACKET_WINDOW_MAX - 1), RECEIVE_WINDOW_AHEAD);
    assert_int_equal(receive_window_judge(&w, 10 + PACKET_WINDOW_MAX), RECEIVE_WINDOW_OUTSIDE);
}

static void test_numbers_wrap(void **state)
{
    (void)state;
    struct receive_window w = {.cumulative = UINT32_MAX - 1};
    receive_window_accept(&w, 1);
    receive_window_accept(&w, UINT32_MAX - 1);
    assert_int_equal(receive_window_judge(&w, UINT32_MAX), RECEIVE_WINDOW_NEXT);
    receive_window_accept(&w, UINT32_MAX);
    assert_int_equal(w.cumulative, 0);
    receive_window_accept(&w, 0);
    assert_int_equal(w.cumulative, 2);
}

static void test_bitmap_speaks_of_what_follows(void **state)
{
    (void)state;
    for (uint32_t first = 0; first < 300; first += 7) {
        struct receive_window w = {.cumulative = first};
        static const uint32_t ahead[] = {1, 5, 63, 64, 65, 130, 255};
        uint64_t bitmap[RECEIVE_WINDOW_WORDS], expected[RECEIVE_WINDOW_WORDS] = {0};
        for (unsigned i = 0; i < COUNT_OF(ahead); i++) {
            receive_window_accept(&w, first + ahead[i]);
            expected[ahead[i] / 64] |= 1ull << (ahead[i] % 64);
        }
        receive_window_bitmap(&w, bitmap);
        assert_memory_equal(bitmap, expected, sizeof(bitmap));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_number_once),
        cmocka_unit_test(test_old_numbers_are_duplicates),
        cmocka_unit_test(test_numbers_wrap),
        cmocka_unit_test(test_bitmap_speaks_of_what_follows),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
