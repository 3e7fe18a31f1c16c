/* SPDX-License-Identifier: BSD-3-Clause */
#include "tests/unit/transport/congestion_story.h"

static const uint64_t largest = STORY_BDP * 3 / 2 + 4 * STORY_PACKET;

static void test_window_is_the_largest_of_the_plan(void **state)
{
    (void)state;
    struct story story = story_begin(&congestion_none);
    assert_int_equal(story_window(&story), largest);
    story_step(&story, story.path.line_rate_bytes_per_s / 2);
    assert_int_equal(story_window(&story), STORY_BDP / 2 * 3 / 2 + 4 * STORY_PACKET);
}

static void test_nothing_cuts_it(void **state)
{
    (void)state;
    struct story story = story_begin(&congestion_none);
    story_rounds(&story, 100, 5 * STORY_RTT, 10, 10);
    story_loss(&story);
    story_timeout(&story);
    assert_int_equal(story_window(&story), largest);
}

static void test_window_follows_slow_hosts(void **state)
{
    (void)state;
    struct story story = story_begin(&congestion_none);
    story_rounds(&story, 100, 10 * STORY_RTT, 10, 0);
    assert_in_range(story_window(&story), 14 * STORY_BDP, 15 * STORY_BDP + 4 * STORY_PACKET);
}

static void test_an_overflowing_queue_teaches_nothing(void **state)
{
    (void)state;
    struct story story = story_begin(&congestion_none);
    story_rounds(&story, 1, STORY_RTT, 10, 0);
    for (unsigned i = 0; i < 100; i++) {
        story_loss(&story);
        story_rounds(&story, 1, 10 * STORY_RTT, 10, 0);
    }
    assert_int_equal(story_window(&story), largest);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_window_is_the_largest_of_the_plan),
        cmocka_unit_test(test_nothing_cuts_it),
        cmocka_unit_test(test_window_follows_slow_hosts),
        cmocka_unit_test(test_an_overflowing_queue_teaches_nothing),
    };
    return cmocka_run_group_tests(tests, 0, 0);
}
