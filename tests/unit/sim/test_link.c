/* SPDX-License-Identifier: BSD-3-Clause */
#include "tests/unit/sim/unit.h"

#include <string.h>

#include "tools/sim/link.h"

/* 1 byte per ns, so queues and times have the same numbers. */
static const struct link_config config = {.rate_bytes_per_s = 1000000000,
                                          .delay_ns = 100,
                                          .queue_limit_bytes = 5000,
                                          .mark_from_bytes = 2000,
                                          .mark_full_bytes = 2000};

static struct event_queue queue;
static struct packet_pool pool;
static uint64_t histogram[LINK_HISTOGRAM];
static struct link_context context;
static struct link link_of_test;

static int set_up(void **state)
{
    (void)state;
    event_queue_init(&queue);
    context = (struct link_context){.queue = &queue, .pool = &pool, .histogram = histogram, .random = {1}};
    link_init(&link_of_test, &config, 0);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    packet_pool_destroy(&pool);
    pool = (struct packet_pool){0};
    return 0;
}

static struct sim_packet *send(unsigned bytes)
{
    struct sim_packet *packet = packet_pool_take(&pool);
    *packet = (struct sim_packet){.wire_bytes = bytes, .payload_bytes = (uint16_t)(bytes - 100), .ecn = 2};
    link_transmit(&context, &link_of_test, 0, packet);
    return packet;
}

static void packets_follow_one_another(void **state)
{
    (void)state;
    send(1000);
    send(500);
    assert_int_equal(event_queue_take(&queue)->at, 1100);
    assert_int_equal(event_queue_take(&queue)->at, 1600);
}

static void a_full_queue_drops(void **state)
{
    (void)state;
    for (unsigned i = 0; i < 7; i++)
        send(1000);
    assert_int_equal(link_of_test.counters.packets, 5);
    assert_int_equal(link_of_test.counters.dropped, 2);
    assert_int_equal(pool.in_use, 5);
}

static void marks_what_finds_the_threshold_waiting(void **state)
{
    (void)state;
    uint8_t ecn[4];
    for (unsigned i = 0; i < 4; i++)
        ecn[i] = send(1000)->ecn;
    assert_memory_equal(ecn, ((uint8_t[]){2, 2, 3, 3}), 4);
}

static void does_not_mark_what_cannot_bear_it(void **state)
{
    (void)state;
    send(1000);
    send(1000);
    struct sim_packet *packet = packet_pool_take(&pool);
    *packet = (struct sim_packet){.wire_bytes = 1000};
    link_transmit(&context, &link_of_test, 0, packet);
    assert_int_equal(packet->ecn, 0);
}

static void what_is_under_way_when_it_goes_down_is_cut_off(void **state)
{
    (void)state;
    struct link_fault down = link_healthy, up = link_healthy;
    struct sim_packet *packet = send(1000);
    down.down = true;
    link_set_fault(&link_of_test, &down);
    link_set_fault(&link_of_test, &up);
    assert_false(link_delivers(&link_of_test, packet));
    assert_true(link_delivers(&link_of_test, send(1000)));
}

static void half_the_rate_takes_twice_the_time(void **state)
{
    (void)state;
    struct link_fault slow = link_healthy;
    slow.rate_percent = 50;
    link_set_fault(&link_of_test, &slow);
    send(1000);
    assert_int_equal(event_queue_take(&queue)->at, 2100);
}

static void loses_its_share(void **state)
{
    (void)state;
    struct link_fault lossy = link_healthy;
    lossy.loss_ppm = 100000;
    link_set_fault(&link_of_test, &lossy);
    for (unsigned i = 0; i < 10000; i++) {
        queue.now += 1000;
        send(1000);
    }
    assert_in_range(link_of_test.counters.lost, 850, 1150);
}

static void duplicates_and_damages_when_told_to(void **state)
{
    (void)state;
    struct link_fault bad = link_healthy;
    bad.duplicate_ppm = 1000000;
    bad.corrupt_ppm = 1000000;
    link_set_fault(&link_of_test, &bad);
    assert_true(send(1000)->damaged);
    assert_int_equal(link_of_test.counters.packets, 2);
}

static void quantiles_are_within_an_eighth_of_a_doubling(void **state)
{
    (void)state;
    memset(histogram, 0, sizeof(histogram));
    link_of_test.counts_in_histogram = true;
    for (unsigned i = 0; i < 4; i++)
        send(1000);
    assert_int_equal(link_histogram_quantile_ns(histogram, 0.25), 0);
    assert_in_range(link_histogram_quantile_ns(histogram, 1), 2625, 3000);
}

static void start_trimming(void)
{
    struct link_config trimming = config;
    trimming.trims = true;
    link_init(&link_of_test, &trimming, 0);
}

/* Its header goes before what waits, and is there first. */
static void what_finds_no_room_is_cut(void **state)
{
    (void)state;
    start_trimming();
    for (unsigned i = 0; i < 5; i++)
        send(1000);
    struct sim_packet *cut = send(1000);
    assert_int_equal(link_of_test.counters.trimmed, 1);
    assert_int_equal(link_of_test.counters.dropped, 0);
    assert_true(cut->trimmed);
    assert_int_equal(cut->payload_bytes, 0);
    assert_ptr_equal(event_queue_take(&queue), &cut->event);
    assert_int_equal(queue.now, 200);
    assert_int_equal(link_of_test.free_at >> LINK_TIME_BITS, 5100);
}

static void what_was_cut_stays_in_front_on_the_next_link(void **state)
{
    (void)state;
    start_trimming();
    send(1000);
    struct sim_packet *packet = packet_pool_take(&pool);
    *packet = (struct sim_packet){.wire_bytes = 100, .trimmed = true};
    link_transmit(&context, &link_of_test, 0, packet);
    assert_ptr_equal(event_queue_take(&queue), &packet->event);
}

static void the_queue_of_headers_is_small(void **state)
{
    (void)state;
    start_trimming();
    for (unsigned i = 0; i < 5; i++)
        send(1000);
    for (unsigned i = 0; i < LINK_TRIMMED_QUEUE_BYTES / 100 + 10; i++)
        send(1000);
    assert_int_equal(link_of_test.counters.dropped, 10);
}

static void a_packet_without_payload_is_dropped_whole(void **state)
{
    (void)state;
    start_trimming();
    for (unsigned i = 0; i < 5; i++)
        send(1000);
    send(100);
    assert_int_equal(link_of_test.counters.trimmed, 0);
    assert_int_equal(link_of_test.counters.dropped, 1);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {TEST(packets_follow_one_another),
                                       TEST(a_full_queue_drops),
                                       TEST(marks_what_finds_the_threshold_waiting),
                                       TEST(does_not_mark_what_cannot_bear_it),
                                       TEST(what_is_under_way_when_it_goes_down_is_cut_off),
                                       TEST(half_the_rate_takes_twice_the_time),
                                       TEST(loses_its_share),
                                       TEST(duplicates_and_damages_when_told_to),
                                       TEST(what_finds_no_room_is_cut),
                                       TEST(what_was_cut_stays_in_front_on_the_next_link),
                                       TEST(the_queue_of_headers_is_small),
                                       TEST(a_packet_without_payload_is_dropped_whole),
                                       TEST(quantiles_are_within_an_eighth_of_a_doubling)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
