/* SPDX-License-Identifier: BSD-3-Clause */
#include "tests/unit/transport/congestion_story.h"

/* A story whose first, partial round is over and whose smoothed mark is `fraction` of 65536. */
static struct story settled(unsigned fraction)
{
    struct story story = story_begin(&congestion_dctcp);
    story_ack(&story, STORY_RTT, 0);
    story.congestion.window_bytes = STORY_BDP;
    story.congestion.marked_fraction = fraction;
    return story;
}

static void test_grows_a_packet_a_round_trip(void **state)
{
    (void)state;
    struct story story = settled(0);
    story_rounds(&story, 1, STORY_RTT, 30, 0);
    assert_int_equal(story_window(&story), STORY_BDP + STORY_PACKET);
    story_rounds(&story, 5, STORY_RTT, 30, 0);
    assert_int_equal(story_window(&story), STORY_BDP + 6 * STORY_PACKET);
}

static void test_first_marks_halve(void **state)
{
    (void)state;
    struct story story = settled(65536);
    story_rounds(&story, 1, STORY_RTT, 30, 30);
    assert_int_equal(story_window(&story), STORY_BDP / 2);
}

static void test_few_marks_cut_little_and_once_a_round(void **state)
{
    (void)state;
    struct story story = settled(0);
    story_rounds(&story, 1, STORY_RTT, 32, 4);
    unsigned alpha = 65536 / 8 / 16;
    assert_int_equal(story.congestion.marked_fraction, alpha);
    assert_int_equal(story_window(&story), STORY_BDP - STORY_BDP * alpha / 131072);
}

static void test_alpha_converges_to_the_share_of_marks(void **state)
{
    (void)state;
    struct story story = settled(65536);
    story_rounds(&story, 200, STORY_RTT, 32, 8);
    assert_in_range(story.congestion.marked_fraction, 65536 / 4, 65536 / 4 + 16);
}

static void test_recovers_after_marks(void **state)
{
    (void)state;
    struct story story = settled(65536);
    story_rounds(&story, 4, STORY_RTT, 30, 30);
    uint64_t low = story_window(&story);
    assert_true(low < STORY_BDP / 4);
    story_rounds(&story, 10, STORY_RTT, 30, 0);
    assert_int_equal(story_window(&story), low + 10 * STORY_PACKET);
}

static void test_loss_halves_and_stands_for_the_marks_of_its_round(void **state)
{
    (void)state;
    struct story story = settled(65536);
    story_rounds(&story, 1, STORY_RTT, 30, 0);
    story.now += 1;
    story_loss(&story);
    uint64_t halved = story_window(&story);
    assert_int_equal(halved, (STORY_BDP + STORY_PACKET) / 2);
    story_rounds(&story, 1, STORY_RTT, 30, 30);
    assert_int_equal(story_window(&story), halved);
    story_rounds(&story, 1, STORY_RTT, 30, 30);
    assert_true(story_window(&story) < halved * 3 / 5);
}

static void test_timeout_restarts_and_doubles_to_half(void **state)
{
    (void)state;
    struct story story = settled(0);
    story_timeout(&story);
    story_timeout(&story);
    assert_int_equal(story_window(&story), STORY_PACKET);
    story_rounds(&story, 4, STORY_RTT, 1, 0);
    assert_int_equal(story_window(&story), 16 * STORY_PACKET);
    story_rounds(&story, 1, STORY_RTT, 1, 0);
    assert_int_equal(story_window(&story), STORY_BDP / 2);
    story_rounds(&story, 1, STORY_RTT, 1, 0);
    assert_int_equal(story_window(&story), STORY_BDP / 2 + STORY_PACKET);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_grows_a_packet_a_round_trip),
        cmocka_unit_test(test_first_marks_halve),
        cmocka_unit_test(test_few_marks_cut_little_and_once_a_round),
        cmocka_unit_test(test_alpha_converges_to_the_share_of_marks),
        cmocka_unit_test(test_recovers_after_marks),
        cmocka_unit_test(test_loss_halves_and_stands_for_the_marks_of_its_round),
        cmocka_unit_test(test_timeout_restarts_and_doubles_to_half),
    };
    return cmocka_run_group_tests(tests, 0, 0);
}
