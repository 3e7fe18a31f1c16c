/* SPDX-License-Identifier: BSD-3-Clause */
/* The small tables of the library: transfers, message numbers, final prefixes. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "dataplane/client/final_prefix.h"
#include "dataplane/client/message_numbers.h"
#include "dataplane/client/transfer.h"

static void test_late_completions_find_nothing(void **state)
{
    (void)state;
    struct transfer_pool pool = {0};
    assert_true(transfer_pool_reserve(&pool, 1));
    struct transfer *t = transfer_take(&pool);
    t->request = (struct weft_request *)&pool;
    uint64_t cookie = t->cookie;
    assert_ptr_equal(transfer_find(&pool, cookie), t);
    assert_null(transfer_find(&pool, cookie + 1)); /* not in use */
    assert_null(transfer_find(&pool, 1000000));    /* beyond the table */
    transfer_return(&pool, t);
    assert_null(transfer_find(&pool, cookie));
    assert_ptr_equal(transfer_take(&pool), t); /* the slot is used again, under another name */
    t->request = (struct weft_request *)&pool;
    assert_null(transfer_find(&pool, cookie));
    assert_ptr_equal(transfer_find(&pool, t->cookie), t);
    transfer_pool_free(&pool);
}

static void test_the_pool_grows(void **state)
{
    (void)state;
    struct transfer_pool pool = {0};
    for (uint32_t i = 0; i < 1000; i++) {
        assert_true(transfer_pool_reserve(&pool, 1));
        transfer_take(&pool);
    }
    assert_true(transfer_pool_reserve(&pool, 1000));
    assert_true(pool.free_count >= 1000);
    transfer_pool_free(&pool);
}

static void test_chunks_are_few_and_end_at_the_granule(void **state)
{
    (void)state;
    for (uint64_t bytes = 0; bytes <= 1ull << 32; bytes = bytes * 3 / 2 + 1)
        for (uint32_t granule = 8; granule < 400000; granule *= 3) {
            struct transfer t = {.bytes = bytes, .chunk_bytes = transfer_chunk_bytes(bytes, granule)};
            assert_int_equal(t.chunk_bytes % granule, 0);
            assert_in_range(transfer_chunk_count(&t), 1, 64);
            assert_true(t.chunk_bytes == 0 || t.chunk_bytes >= 64 << 10);
        }
}

static void test_messages_are_numbered_per_peer_tag_and_direction(void **state)
{
    (void)state;
    struct message_numbers numbers = {0};
    uint32_t number;
    for (uint32_t round = 0; round < 3; round++)
        for (uint32_t peer = 0; peer < 50; peer++)
            for (uint32_t tag = 0; tag < 50; tag++)
                for (unsigned is_send = 0; is_send < 2; is_send++) {
                    assert_true(message_numbers_take(&numbers, peer, tag, is_send, &number));
                    assert_int_equal(number, round);
                }
    message_numbers_free(&numbers);
}

static void test_the_final_prefix_waits_for_its_gaps(void **state)
{
    (void)state;
    struct final_prefix prefix = {0};
    assert_true(final_prefix_start(&prefix, 130));
    final_prefix_mark(&prefix, 1, 100);
    assert_int_equal(prefix.first_open, 0);
    final_prefix_mark(&prefix, 0, 1);
    assert_int_equal(prefix.first_open, 101);
    final_prefix_mark(&prefix, 101, 29);
    assert_int_equal(prefix.first_open, 130);
    assert_true(final_prefix_start(&prefix, 3));
    assert_int_equal(prefix.first_open, 0);
    final_prefix_mark(&prefix, 2, 5); /* beyond the end: ignored */
    assert_int_equal(prefix.first_open, 0);
    final_prefix_free(&prefix);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_late_completions_find_nothing), cmocka_unit_test(test_the_pool_grows),
        cmocka_unit_test(test_chunks_are_few_and_end_at_the_granule),
        cmocka_unit_test(test_messages_are_numbered_per_peer_tag_and_direction),
        cmocka_unit_test(test_the_final_prefix_waits_for_its_gaps)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
