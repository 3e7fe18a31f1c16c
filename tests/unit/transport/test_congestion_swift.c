/* SPDX-License-Identifier: BSD-3-Clause */
#include "tests/unit/transport/congestion_story.h"

/* A story whose first, partial round is over. A window of 100 packets and more has no flow scaling: the delay
 * aimed at is R and the half of it. */
static struct story settled(uint64_t window_bytes)
{
    struct story story = story_begin(&congestion_swift);
    story.path.line_rate_bytes_per_s *= 4;
    congestion_swift.on_create(&story.congestion, &story.path);
    story_step(&story, 0);
    story_ack(&story, STORY_RTT, 0);
    story.congestion.window_bytes = window_bytes;
    story.congestion.earned_bytes = 0;
    return story;
}

static void test_grows_a_packet_for_every_window(void **state)
{
    (void)state;
    struct story story = settled(100 * STORY_PACKET);
    story_rounds(&story, 1, STORY_RTT, 99, 0);
    assert_int_equal(story_window(&story), 100 * STORY_PACKET);
    story_rounds(&story, 1, STORY_RTT, 1, 0);
    assert_int_equal(story_window(&story), 101 * STORY_PACKET);
}

static void test_cut_is_proportional_and_once_a_round_trip(void **state)
{
    (void)state;
    struct story story = settled(120 * STORY_PACKET);
    story.now += 1;
    story_ack(&story, 24000, 1);
    uint64_t cut = story_window(&story);
    assert_in_range(cut, 120 * STORY_PACKET * 8 / 10 - 8, 120 * STORY_PACKET * 8 / 10 + 8); /* 0.8 6/24 */
    story.now += 23000;
    story_ack(&story, 24000, 1);
    assert_int_equal(story_window(&story), cut);
    story.now += 2000;
    story_ack(&story, 24000, 1);
    assert_true(story_window(&story) < cut);
}

static void test_no_cut_is_more_than_half(void **state)
{
    (void)state;
    struct story story = settled(120 * STORY_PACKET);
    story.now += 1;
    story_ack(&story, NSEC_PER_SEC, 1);
    assert_int_equal(story_window(&story), 60 * STORY_PACKET);
}

static void test_small_windows_may_wait_longer(void **state)
{
    (void)state;
    struct story small = settled(STORY_PACKET), large = settled(100 * STORY_PACKET);
    small.now += 1, large.now += 1;
    story_ack(&large, 29000, 1);
    story_ack(&small, 29000, 1);
    assert_true(story_window(&large) < 100 * STORY_PACKET);
    assert_int_equal(story_window(&small), 2 * STORY_PACKET);
    small = settled(STORY_PACKET * 3 / 2);
    small.now += 1;
    story_ack(&small, 31000, 1); /* beyond R + R/2 + R */
    assert_true(story_window(&small) < STORY_PACKET * 3 / 2);
}

static void test_loss_halves_once_a_round_trip(void **state)
{
    (void)state;
    struct story story = settled(100 * STORY_PACKET);
    story.now += 1;
    story_loss(&story);
    story_loss(&story);
    assert_int_equal(story_window(&story), 50 * STORY_PACKET);
}

static void test_five_timeouts_leave_a_packet(void **state)
{
    (void)state;
    struct story story = settled(100 * STORY_PACKET);
    for (unsigned i = 0; i < 4; i++) {
        story.now += 100000;
        story_timeout(&story);
    }
    assert_int_equal(story_window(&story), 100 * STORY_PACKET / 16);
    story.now += 100000;
    story_timeout(&story);
    assert_int_equal(story_window(&story), STORY_PACKET);
    story_ack(&story, STORY_RTT, 0);
    assert_int_equal(story.congestion.timeouts_in_row, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_grows_a_packet_for_every_window),
        cmocka_unit_test(test_cut_is_proportional_and_once_a_round_trip),
        cmocka_unit_test(test_no_cut_is_more_than_half),
        cmocka_unit_test(test_small_windows_may_wait_longer),
        cmocka_unit_test(test_loss_halves_once_a_round_trip),
        cmocka_unit_test(test_five_timeouts_leave_a_packet),
    };
    return cmocka_run_group_tests(tests, 0, 0);
}
