/* SPDX-License-Identifier: BSD-3-Clause */
#include "tests/unit/transport/congestion_story.h"

enum {
    GAIN = STORY_PACKET
}; /* G of the head of congestion_nscc.c, on the story's path */

static struct story settled(uint64_t window_bytes)
{
    struct story story = story_begin(&congestion_nscc);
    story_ack(&story, STORY_RTT, 0);
    story.congestion.window_bytes = window_bytes;
    story.congestion.increase = 0;
    story.congestion.clean_rounds = 0;
    return story;
}

static void test_starts_at_the_plan(void **state)
{
    (void)state;
    struct story story = story_begin(&congestion_nscc);
    assert_int_equal(story_window(&story), STORY_BDP + 4 * STORY_PACKET);
    assert_int_equal(story.congestion.gain_bytes, GAIN);
    story_step(&story, story.path.line_rate_bytes_per_s / 4);
    assert_int_equal(story_window(&story), STORY_BDP / 4 + 4 * STORY_PACKET);
}

static void test_a_slow_path_can_grow_too(void **state)
{
    (void)state;
    struct story story = story_begin(&congestion_nscc);
    story.path.line_rate_bytes_per_s = 25000000;
    congestion_nscc.on_create(&story.congestion, &story.path);
    assert_int_equal(story.congestion.gain_bytes, STORY_PACKET / 4);
}

static void test_grows_by_four_packets_without_delay(void **state)
{
    (void)state;
    struct story story = settled(25 * STORY_PACKET);
    story_rounds(&story, 1, STORY_RTT, 25, 0);
    uint64_t grown = story_window(&story) - 25 * STORY_PACKET;
    assert_in_range(grown, 4 * GAIN * 9 / 10,
                    4 * GAIN + 4 * GAIN * 15 / 100); /* the window grows meanwhile */
}

static void test_grows_less_near_the_target(void **state)
{
    (void)state;
    struct story story = settled(25 * STORY_PACKET);
    for (unsigned i = 0; i < 7; i++)
        story_ack(&story, STORY_RTT * 7 / 4, 0);
    assert_int_equal(story.congestion.increase, 7 * (uint64_t)STORY_PACKET * GAIN);
}

static void test_unmarked_delay_never_cuts(void **state)
{
    (void)state;
    struct story story = settled(STORY_BDP);
    story_rounds(&story, 200, 100 * STORY_RTT, 10, 0);
    assert_true(story_window(&story) > STORY_BDP);
    assert_true(story.congestion.last_cut == NSEC_NEVER);
}

static void test_marks_at_low_delay_do_not_cut(void **state)
{
    (void)state;
    struct story story = settled(STORY_BDP);
    story_rounds(&story, 50, STORY_RTT * 3 / 2, 30, 30);
    assert_true(story_window(&story) >= STORY_BDP);
    assert_true(story.congestion.last_cut == NSEC_NEVER);
}

static void test_marks_at_high_delay_cut_once_a_round_trip(void **state)
{
    (void)state;
    struct story story = settled(STORY_BDP);
    story.congestion.average_delay_ns = 2 * STORY_RTT; /* 0.8 (2 - 1) / 2 = 0.4 */
    story_ack(&story, 3 * STORY_RTT, 1);
    uint64_t cut = story_window(&story);
    assert_in_range(cut, STORY_BDP * 59 / 100, STORY_BDP * 61 / 100);
    for (unsigned i = 0; i < 7; i++) {
        story.now += STORY_RTT / 4;
        story_ack(&story, 3 * STORY_RTT, 1);
    }
    assert_in_range(story_window(&story), cut, cut + GAIN);
    story.now += 2 * STORY_RTT;
    story_ack(&story, 3 * STORY_RTT, 1);
    assert_true(story_window(&story) < cut * 7 / 10);
}

static void test_never_cuts_more_than_half(void **state)
{
    (void)state;
    struct story story = settled(STORY_BDP);
    story.congestion.average_delay_ns = 1000 * STORY_RTT;
    story_ack(&story, 1000 * STORY_RTT, 1);
    assert_int_equal(story_window(&story), STORY_BDP / 2);
}

static void test_clean_rounds_close_the_gap_to_the_plan(void **state)
{
    (void)state;
    struct story story = settled(STORY_PACKET);
    story.congestion.gain_bytes = 0; /* only the recovery moves it */
    story_rounds(&story, 2, STORY_RTT, 1, 0);
    uint64_t half = STORY_PACKET + (STORY_BDP - STORY_PACKET) / 2;
    assert_in_range(story_window(&story), half, half + 1);
    story_rounds(&story, 20, STORY_RTT, 1, 0);
    assert_in_range(story_window(&story), STORY_BDP - STORY_BDP / 512, STORY_BDP);
}

static void test_loss_cuts_an_eighth_once_a_round_trip(void **state)
{
    (void)state;
    struct story story = settled(STORY_BDP);
    for (unsigned i = 0; i < 4; i++) {
        story_loss(&story);
        story.now += STORY_RTT / 4;
    }
    assert_int_equal(story_window(&story), STORY_BDP - STORY_BDP / 8);
    story_loss(&story);
    assert_in_range(story_window(&story), STORY_BDP * 49 / 64, STORY_BDP * 49 / 64 + 2);
}

static void test_a_bad_link_keeps_its_window(void **state)
{
    (void)state;
    struct story story = settled(STORY_BDP);
    for (unsigned i = 0; i < 200; i++) { /* one packet in 100 */
        story_rounds(&story, 1, STORY_RTT, 33, 0);
        if (i % 3 == 0)
            story_loss(&story);
        assert_true(story_window(&story) >= STORY_BDP * 3 / 4);
    }
}

static void test_loss_with_a_queue_cuts(void **state)
{
    (void)state;
    struct story story = settled(STORY_BDP);
    story_ack(&story, 6 * STORY_RTT, 0);
    story_loss(&story);
    assert_true(story_window(&story) < STORY_BDP * 3 / 4);
}

static void test_full_window_of_which_little_arrives(void **state)
{
    (void)state;
    struct story story = settled(STORY_BDP);
    story.congestion.gain_bytes = 0;
    story_rounds(&story, 1, STORY_RTT, 5, 0);
    assert_int_equal(story_window(&story), STORY_BDP);
    story_loss(&story);
    story_rounds(&story, 1, STORY_RTT, 5, 0);
    assert_int_equal(story_window(&story), 5 * STORY_PACKET);
}

static void test_marks_at_very_high_delay_and_little_arrives(void **state)
{
    (void)state;
    struct story story = settled(STORY_BDP);
    story.congestion.gain_bytes = 0;
    story_rounds(&story, 1, 8 * STORY_RTT, 5, 5);
    assert_int_equal(story_window(&story), 5 * STORY_PACKET);
}

static void test_a_round_with_a_loss_is_not_clean(void **state)
{
    (void)state;
    struct story story = settled(STORY_BDP / 2);
    story.congestion.gain_bytes = 0;
    for (unsigned i = 0; i < 10; i++) {
        story.congestion.last_cut = story.now; /* no cut by loss now */
        story_loss(&story);
        story_rounds(&story, 1, STORY_RTT, 18, 0);
    }
    assert_int_equal(story_window(&story), STORY_BDP / 2);
}

static void test_late_hosts_do_not_raise_the_average(void **state)
{
    (void)state;
    struct story story = settled(STORY_BDP);
    for (unsigned i = 0; i < 100; i++)
        story_ack(&story, 5 * STORY_RTT, 0);
    assert_in_range(story.congestion.average_delay_ns, STORY_RTT / 5, STORY_RTT / 4);
    uint64_t before = story_window(&story);
    story_ack(&story, 5 * STORY_RTT, 1);
    assert_int_equal(story_window(&story), before);
}

static void test_little_sent_is_no_collapse(void **state)
{
    (void)state;
    struct story story = settled(STORY_BDP);
    story_loss(&story);
    story.now += STORY_RTT;
    struct congestion_ack ack = {.now = story.now,
                                 .rtt_ns = STORY_RTT,
                                 .acked_bytes = STORY_PACKET,
                                 .acked_packets = 1,
                                 .in_flight_bytes = 2 * STORY_PACKET};
    story.control->on_ack(&story.congestion, &story.path, &ack);
    assert_true(story_window(&story) >= STORY_BDP * 7 / 8);
}

static void test_timeout_leaves_one_packet(void **state)
{
    (void)state;
    struct story story = settled(STORY_BDP);
    story_timeout(&story);
    assert_int_equal(story_window(&story), STORY_PACKET);
    story_step(&story, 0);
    assert_int_equal(story_window(&story), (STORY_BDP + 4 * STORY_PACKET) / 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_starts_at_the_plan),
        cmocka_unit_test(test_a_slow_path_can_grow_too),
        cmocka_unit_test(test_grows_by_four_packets_without_delay),
        cmocka_unit_test(test_grows_less_near_the_target),
        cmocka_unit_test(test_unmarked_delay_never_cuts),
        cmocka_unit_test(test_marks_at_low_delay_do_not_cut),
        cmocka_unit_test(test_marks_at_high_delay_cut_once_a_round_trip),
        cmocka_unit_test(test_never_cuts_more_than_half),
        cmocka_unit_test(test_clean_rounds_close_the_gap_to_the_plan),
        cmocka_unit_test(test_loss_cuts_an_eighth_once_a_round_trip),
        cmocka_unit_test(test_a_bad_link_keeps_its_window),
        cmocka_unit_test(test_loss_with_a_queue_cuts),
        cmocka_unit_test(test_full_window_of_which_little_arrives),
        cmocka_unit_test(test_marks_at_very_high_delay_and_little_arrives),
        cmocka_unit_test(test_a_round_with_a_loss_is_not_clean),
        cmocka_unit_test(test_late_hosts_do_not_raise_the_average),
        cmocka_unit_test(test_little_sent_is_no_collapse),
        cmocka_unit_test(test_timeout_leaves_one_packet),
    };
    return cmocka_run_group_tests(tests, 0, 0);
}
