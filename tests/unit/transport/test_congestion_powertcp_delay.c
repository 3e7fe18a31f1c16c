/* SPDX-License-Identifier: BSD-3-Clause */
#include "tests/unit/transport/congestion_story.h"

enum {
    POWER_ONE = 65536,
    INCREASE = STORY_BDP / 10
};

/* A story whose first, partial round is over. Marked acks leave R alone. */
static struct story settled(uint64_t window_bytes)
{
    struct story story = story_begin(&congestion_powertcp_delay);
    story_ack(&story, STORY_RTT, 1);
    story.congestion.window_bytes = window_bytes;
    return story;
}

static void test_an_idle_path_has_power_one_and_grows(void **state)
{
    (void)state;
    struct story story = settled(STORY_BDP);
    story_rounds(&story, 1, STORY_RTT, 40, 40);
    assert_in_range(story.congestion.power, POWER_ONE - 64, POWER_ONE);
    assert_in_range(story_window(&story), STORY_BDP + INCREASE * 9 / 10, STORY_BDP + INCREASE * 9 / 10 + 200);
}

static void test_a_standing_queue_divides_the_window(void **state)
{
    (void)state;
    struct story story = settled(STORY_BDP);
    story.congestion.last_rtt_ns = 2 * STORY_RTT;
    story.congestion.power = 2 * POWER_ONE;
    story_rounds(&story, 1, 2 * STORY_RTT, 80, 80);
    assert_in_range(story.congestion.power, 2 * POWER_ONE - 64, 2 * POWER_ONE + 64);
    uint64_t wanted = STORY_BDP * 55 / 100 + INCREASE * 9 / 10;
    assert_in_range(story_window(&story), wanted - 200, wanted + 200);
}

/* The same delay, once on the way up and once on the way down. */
static void test_a_growing_queue_has_more_power_than_a_draining_one(void **state)
{
    (void)state;
    struct story growing = settled(STORY_BDP), draining = settled(STORY_BDP);
    growing.congestion.last_rtt_ns = STORY_RTT;
    draining.congestion.last_rtt_ns = 2 * STORY_RTT;
    for (unsigned i = 1; i <= 10; i++) {
        growing.now += STORY_RTT / 20;
        draining.now += STORY_RTT / 20;
        story_ack(&growing, STORY_RTT + i * STORY_RTT / 20, 1);
        story_ack(&draining, 2 * STORY_RTT - i * STORY_RTT / 20, 1);
    }
    assert_true(growing.congestion.power > 3 * POWER_ONE / 2);
    assert_true(draining.congestion.power < POWER_ONE);
}

static void test_acks_that_come_together_are_no_growth_without_end(void **state)
{
    (void)state;
    struct story story = settled(STORY_BDP);
    for (unsigned i = 0; i < 100; i++)
        story_ack(&story, 2 * STORY_RTT, 1);
    assert_in_range(story.congestion.power, POWER_ONE, 4 * POWER_ONE);
    for (unsigned i = 0; i < 100; i++)
        story_ack(&story, NSEC_PER_SEC, 1);
    assert_int_equal(story.congestion.power, 16 * POWER_ONE);
}

static void test_loss_halves_once_a_round(void **state)
{
    (void)state;
    struct story story = settled(STORY_BDP);
    story_loss(&story);
    story_loss(&story);
    assert_int_equal(story_window(&story), STORY_BDP / 2);
    story_rounds(&story, 1, STORY_RTT, 10, 10);
    assert_int_equal(story_window(&story), STORY_BDP / 2);
    story_rounds(&story, 1, STORY_RTT, 10, 10);
    assert_true(story_window(&story) > STORY_BDP / 2);
}

static void test_timeout_leaves_a_packet(void **state)
{
    (void)state;
    struct story story = settled(STORY_BDP);
    story_timeout(&story);
    assert_int_equal(story_window(&story), STORY_PACKET);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_an_idle_path_has_power_one_and_grows),
        cmocka_unit_test(test_a_standing_queue_divides_the_window),
        cmocka_unit_test(test_a_growing_queue_has_more_power_than_a_draining_one),
        cmocka_unit_test(test_acks_that_come_together_are_no_growth_without_end),
        cmocka_unit_test(test_loss_halves_once_a_round),
        cmocka_unit_test(test_timeout_leaves_a_packet),
    };
    return cmocka_run_group_tests(tests, 0, 0);
}
