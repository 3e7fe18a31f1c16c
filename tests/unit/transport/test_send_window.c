/* SPDX-License-Identifier: BSD-3-Clause */
#include "dataplane/transport/send_window.h"

#include <string.h>

#include "dataplane/transport/receive_window.h"
#include "dataplane/transport/window_pool.h"
#include "tests/unit/transport/unit.h"

enum {
    SIZE = 16,
    LENGTH = 100
};

static struct sent_packet small[WINDOW_SMALL_PACKETS], large[SIZE];
static struct window_pools pools;
static uint32_t acked[64];
static unsigned acked_count, acked_bytes;

static void note_acked(void *context, const struct sent_packet *packet, uint32_t bytes)
{
    (void)context;
    acked_bytes += bytes;
    acked[acked_count++] = packet->item;
}

/* Sends numbers 0 .. count - 1 at times 1000, 2000, ...; each packet's item is its number. */
static struct send_window sent(uint32_t count)
{
    struct send_window w = {0};
    window_pool_init(&pools.small, small, 1, WINDOW_SMALL_PACKETS);
    window_pool_init(&pools.large, large, 1, SIZE);
    for (uint32_t i = 0; i < count; i++)
        send_window_push(&w, &pools,
                         &(struct sent_packet){.sent_at = 1000 * (i + 1), .item = i, .length = LENGTH});
    acked_count = 0;
    return w;
}

static bool ack(struct send_window *w, uint32_t cumulative, uint64_t ahead, struct send_window_ack *result)
{
    uint64_t bitmap[RECEIVE_WINDOW_WORDS] = {ahead};
    return send_window_on_ack(w, cumulative, bitmap, note_acked, NULL, result);
}

static void test_one_item_is_told_once(void **state)
{
    (void)state;
    struct send_window w = sent(0);
    struct send_window_ack result;
    for (uint32_t i = 0; i < 5; i++) {
        struct sent_packet packet = {.item = i < 3 ? 7 : 8, .length = LENGTH};
        send_window_push(&w, &pools, &packet);
    }
    acked_bytes = 0;
    assert_true(ack(&w, 4, 0, &result));
    assert_int_equal(acked_count, 2);
    assert_int_equal(acked[0], 7);
    assert_int_equal(acked[1], 8);
    assert_int_equal(acked_bytes, 4 * LENGTH);
    assert_true(ack(&w, 4, 0, &result));
    assert_int_equal(acked_count, 2);
}

static void test_cumulative_and_selective(void **state)
{
    (void)state;
    struct send_window w = sent(10);
    struct send_window_ack result;
    assert_true(ack(&w, 2, 1 << 2 | 1 << 4, &result)); /* 0, 1, and 4, 6 */
    assert_int_equal(result.packets, 4);
    assert_int_equal(result.bytes, 4 * LENGTH);
    assert_int_equal(acked_count, 4);
    assert_int_equal(w.base, 2);
    assert_int_equal(w.in_flight_packets, 6);
    assert_true(ack(&w, 2, 1 << 2 | 1 << 4, &result)); /* the same again brings nothing */
    assert_int_equal(result.packets, 0);
    assert_true(ack(&w, 10, 0, &result));
    assert_int_equal(w.in_flight_packets, 0);
    assert_int_equal(w.own_bytes, 0);
    assert_int_equal(acked_count, 10);
}

static void test_an_older_ack_does_no_harm(void **state)
{
    (void)state;
    struct send_window w = sent(10);
    struct send_window_ack result;
    assert_true(ack(&w, 5, 0, &result));
    assert_true(ack(&w, 3, 1 << 4, &result)); /* overtaken by the other, but it knows of 7 */
    assert_int_equal(result.packets, 1);
    assert_int_equal(w.base, 5);
}

static void test_acks_of_what_was_never_sent(void **state)
{
    (void)state;
    struct send_window w = sent(10);
    struct send_window_ack result;
    assert_false(ack(&w, 11, 0, &result));
    assert_false(ack(&w, 5, 1ull << 5, &result));
    assert_false(ack(&w, UINT32_MAX - 1000, 0, &result));
    assert_true(ack(&w, 5, 1ull << 4, &result));
    assert_int_equal(w.base, 5);
}

static void test_three_later_ones_make_a_loss(void **state)
{
    (void)state;
    struct send_window w = sent(10);
    struct send_window_ack result;
    uint32_t lost;
    ack(&w, 1, 1 << 1 | 1 << 2, &result); /* 0, 2, 3 have arrived */
    assert_int_equal(send_window_detect_losses(&w, 0, 1000000), 0);
    ack(&w, 1, 1 << 1 | 1 << 2 | 1 << 3, &result);
    assert_int_equal(send_window_detect_losses(&w, 0, 1000000), 1);
    assert_true(send_window_first_lost(&w, &lost));
    assert_int_equal(lost, 1);
}

static void test_a_resent_packet_is_judged_by_time(void **state)
{
    (void)state;
    struct send_window w = sent(10);
    struct send_window_ack result;
    uint32_t lost;
    ack(&w, 1, 0xe, &result);
    send_window_detect_losses(&w, 0, 1000000);
    assert_true(send_window_first_lost(&w, &lost));
    send_window_resend(&w, lost, 20000);
    assert_false(send_window_first_lost(&w, &lost));
    ack(&w, 1, 0x1fe, &result); /* many later ones, but sent before it was resent */
    assert_int_equal(send_window_detect_losses(&w, 10000, 500), 0);
    assert_int_equal(send_window_detect_losses(&w, 20400, 500), 0);
    assert_int_equal(send_window_detect_losses(&w, 20501, 500), 1);
}

static void test_timers_lose_the_flight(void **state)
{
    (void)state;
    struct send_window w = sent(4);
    struct send_window_ack result;
    uint32_t lost;
    assert_true(send_window_lose_last(&w));
    assert_true(send_window_first_lost(&w, &lost));
    assert_int_equal(lost, 3);
    send_window_lose_all(&w);
    assert_int_equal(w.lost_packets, 4);
    assert_int_equal(w.in_flight_packets, 0);
    for (uint32_t i = 0; i < 4; i++) {
        assert_true(send_window_first_lost(&w, &lost));
        assert_int_equal(lost, i);
        send_window_resend(&w, lost, 9000 + i);
    }
    send_window_lose_all(&w);
    ack(&w, 4, 0, &result); /* they had arrived after all */
    assert_int_equal(result.packets, 4);
    assert_int_equal(w.lost_packets, 0);
    assert_false(send_window_lose_last(&w));
}

/* Sent at 0x1'0000'0000 + 7: the low half names the transmission. */
static void test_a_denied_packet_is_lost_once(void **state)
{
    (void)state;
    struct send_window w = sent(0);
    uint32_t number =
        send_window_push(&w, &pools, &(struct sent_packet){.sent_at = 0x100000007, .length = 1000});
    assert_false(send_window_lose(&w, number, 8));
    assert_false(send_window_lose(&w, number + 1, 7));
    assert_false(send_window_lose(&w, number - 1, 7));
    assert_true(send_window_lose(&w, number, 7));
    assert_int_equal(w.own_bytes, 0);
    assert_false(send_window_lose(&w, number, 7));
    send_window_resend(&w, number, 0x200000000);
    assert_false(send_window_lose(&w, number, 7));
    assert_true(send_window_lose(&w, number, 0));
}

static void test_memory_grows_with_the_flight_and_goes_with_it(void **state)
{
    (void)state;
    struct send_window w = sent(WINDOW_SMALL_PACKETS);
    struct send_window_ack result;
    assert_ptr_equal(w.packets, small);
    assert_true(ack(&w, 3, 0, &result));
    for (uint32_t i = WINDOW_SMALL_PACKETS; i < SIZE + 3; i++)
        assert_int_equal(
            send_window_push(&w, &pools, &(struct sent_packet){.sent_at = 1, .item = i, .length = LENGTH}),
            i);
    assert_ptr_equal(w.packets, large);
    assert_true(ack(&w, SIZE + 3, 0, &result));
    for (unsigned i = 0; i < acked_count; i++)
        assert_int_equal(acked[i], i);
    assert_int_equal(acked_count, SIZE + 3);
    send_window_rest(&w, &pools);
    assert_null(w.packets);
    assert_ptr_equal(window_pool_take(&pools.small), small);
    assert_ptr_equal(window_pool_take(&pools.large), large);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_one_item_is_told_once),
        cmocka_unit_test(test_cumulative_and_selective),
        cmocka_unit_test(test_an_older_ack_does_no_harm),
        cmocka_unit_test(test_acks_of_what_was_never_sent),
        cmocka_unit_test(test_three_later_ones_make_a_loss),
        cmocka_unit_test(test_a_resent_packet_is_judged_by_time),
        cmocka_unit_test(test_timers_lose_the_flight),
        cmocka_unit_test(test_a_denied_packet_is_lost_once),
        cmocka_unit_test(test_memory_grows_with_the_flight_and_goes_with_it),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
