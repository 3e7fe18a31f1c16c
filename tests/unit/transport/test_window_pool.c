/* SPDX-License-Identifier: BSD-3-Clause */
#include "dataplane/transport/window_pool.h"

#include "tests/unit/transport/unit.h"

enum {
    WINDOWS = 3,
    PACKETS = 8
};

static struct sent_packet packets[WINDOWS * PACKETS];

static void test_all_of_them_once(void **state)
{
    (void)state;
    struct window_pool pool;
    window_pool_init(&pool, packets, WINDOWS, PACKETS);
    for (unsigned i = 0; i < WINDOWS; i++)
        assert_ptr_equal(window_pool_take(&pool), &packets[i * PACKETS]);
}

static void test_last_back_first_out(void **state)
{
    (void)state;
    struct window_pool pool;
    window_pool_init(&pool, packets, WINDOWS, PACKETS);
    struct sent_packet *first = window_pool_take(&pool), *second = window_pool_take(&pool);
    window_pool_give(&pool, first);
    window_pool_give(&pool, second);
    assert_ptr_equal(window_pool_take(&pool), second);
    assert_ptr_equal(window_pool_take(&pool), first);
    assert_ptr_equal(window_pool_take(&pool), &packets[2 * PACKETS]); /* untouched until now */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_all_of_them_once),
        cmocka_unit_test(test_last_back_first_out),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
