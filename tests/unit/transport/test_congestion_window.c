/* SPDX-License-Identifier: BSD-3-Clause */
#include "tests/unit/transport/congestion_story.h"

#define SPARE (4 * STORY_PACKET) /* beyond the plan, when a step starts */

static const struct congestion_path path = {
    .base_rtt_ns = STORY_RTT, .line_rate_bytes_per_s = 12500000000, .packet_bytes = STORY_PACKET};

static struct congestion created(void)
{
    struct congestion c;
    congestion_window_init(&c, &path);
    return c;
}

static bool ack(struct congestion *c, nsec_t now, nsec_t rtt_ns, unsigned marked)
{
    struct congestion_ack ack = {.now = now,
                                 .rtt_ns = rtt_ns,
                                 .acked_bytes = STORY_PACKET,
                                 .acked_packets = 1,
                                 .marked_packets = marked};
    return congestion_round_on_ack(c, &path, &ack);
}

static void test_no_plan_is_the_line_rate(void **state)
{
    (void)state;
    struct congestion c = created();
    assert_int_equal(c.planned_window_bytes, STORY_BDP);
    assert_int_equal(c.window_bytes, STORY_BDP + SPARE);
    assert_int_equal(congestion_window_max(&c, &path), STORY_BDP * 3 / 2 + 4 * STORY_PACKET);
    congestion_window_plan(&c, &path, path.line_rate_bytes_per_s / 10, 0);
    assert_int_equal(c.window_bytes, STORY_BDP / 10 + SPARE);
    congestion_window_plan(&c, &path, 0, 0);
    assert_int_equal(c.window_bytes, STORY_BDP + SPARE);
}

static void test_a_step_starts_with_four_packets_to_spare(void **state)
{
    (void)state;
    struct congestion c = created();
    congestion_window_plan(&c, &path, 1, 0);
    assert_int_equal(c.window_bytes, SPARE);
}

static void test_window_keeps_its_bounds(void **state)
{
    (void)state;
    struct congestion c = created();
    congestion_window_set(&c, &path, 0);
    assert_int_equal(c.window_bytes, STORY_PACKET);
    congestion_window_set(&c, &path, UINT64_MAX);
    assert_int_equal(c.window_bytes, congestion_window_max(&c, &path));
}

static void test_a_fresh_cut_outlives_the_step(void **state)
{
    (void)state;
    struct congestion c = created();
    congestion_window_set(&c, &path, STORY_BDP * 3 / 4);
    c.last_cut = 1000;
    congestion_window_plan(&c, &path, 0, 1000 + 7 * STORY_RTT);
    assert_int_equal(c.window_bytes, STORY_BDP * 3 / 4);
    congestion_window_plan(&c, &path, path.line_rate_bytes_per_s / 10, 1000 + 7 * STORY_RTT);
    assert_int_equal(c.window_bytes, STORY_BDP / 10 + SPARE);
    congestion_window_plan(&c, &path, 0, 1000 + 8 * STORY_RTT);
    assert_int_equal(c.window_bytes, STORY_BDP + SPARE);
}

static void test_a_starved_path_starts_anew(void **state)
{
    (void)state;
    struct congestion c = created();
    congestion_window_set(&c, &path, 0);
    c.last_cut = 1000;
    congestion_window_plan(&c, &path, 0, 1000 + STORY_RTT);
    assert_int_equal(c.window_bytes, (STORY_BDP + SPARE) / 2);
    congestion_window_set(&c, &path, 0);
    congestion_window_plan(&c, &path, 1, 1000 + STORY_RTT);
    assert_int_equal(c.window_bytes, SPARE / 2);
}

/* A round in which one ack tells `rtt_ns`; returns the round trip that is believed after it. */
static nsec_t round_trip_after(struct congestion *c, nsec_t rtt_ns, unsigned marked)
{
    ack(c, 1, rtt_ns, marked);
    congestion_round_begin(c, &path, 1);
    return c->round_trip_ns;
}

static void test_round_trip_is_learnt_from_unmarked_acks(void **state)
{
    (void)state;
    struct congestion c = created();
    assert_int_equal(round_trip_after(&c, 9 * STORY_RTT, 1), STORY_RTT);
    assert_int_equal(round_trip_after(&c, 0, 0), STORY_RTT);
    assert_int_equal(round_trip_after(&c, 9 * STORY_RTT, 0), 2 * STORY_RTT);
    assert_int_equal(round_trip_after(&c, STORY_RTT, 0), STORY_RTT * 3 / 2);
    ack(&c, 1, 9 * STORY_RTT, 0);
    assert_int_equal(round_trip_after(&c, 2 * STORY_RTT, 0), STORY_RTT * 3 / 2 + STORY_RTT / 2);
}

static void test_round_trip_keeps_its_bounds(void **state)
{
    (void)state;
    struct congestion c = created();
    for (unsigned i = 0; i < 1000; i++)
        round_trip_after(&c, NSEC_NEVER, 0);
    assert_in_range(c.round_trip_ns, 16 * STORY_RTT - 8, 16 * STORY_RTT);
    for (unsigned i = 0; i < 1000; i++)
        round_trip_after(&c, 1, 0);
    assert_in_range(c.round_trip_ns, STORY_RTT, STORY_RTT + 2);
}

static void test_a_round_with_a_loss_teaches_no_longer_round_trip(void **state)
{
    (void)state;
    struct congestion c = created();
    c.round_trip_ns = 3 * STORY_RTT;
    c.round_lost = true;
    assert_int_equal(round_trip_after(&c, 9 * STORY_RTT, 0), 3 * STORY_RTT);
    c.round_lost = true;
    assert_int_equal(round_trip_after(&c, STORY_RTT, 0), 2 * STORY_RTT);
}

static void test_bounds_follow_the_round_trip_at_the_next_round(void **state)
{
    (void)state;
    struct congestion c = created();
    c.round_trip_ns = 10 * STORY_RTT;
    assert_int_equal(c.planned_window_bytes, STORY_BDP);
    congestion_round_begin(&c, &path, 1);
    assert_int_equal(c.planned_window_bytes, 10 * STORY_BDP);
    congestion_window_set(&c, &path, UINT64_MAX);
    assert_int_equal(c.window_bytes, 15 * STORY_BDP + 4 * STORY_PACKET);
    c.round_trip_ns = STORY_RTT;
    congestion_round_begin(&c, &path, 2);
    assert_int_equal(c.window_bytes, STORY_BDP * 3 / 2 + 4 * STORY_PACKET);
}

static void test_a_round_lasts_a_round_trip(void **state)
{
    (void)state;
    struct congestion c = created();
    congestion_round_begin(&c, &path, 5000);
    assert_false(ack(&c, 5000 + STORY_RTT - 1, STORY_RTT, 0));
    assert_false(ack(&c, 5000 + STORY_RTT, 3 * STORY_RTT, 1));
    assert_true(ack(&c, 5000 + 3 * STORY_RTT, 3 * STORY_RTT, 1));
    assert_int_equal(c.round_packets, 3);
    assert_int_equal(c.round_marked_packets, 2);
    assert_int_equal(c.round_acked_bytes, 3 * STORY_PACKET);
}

static void test_marks_beyond_the_packets_are_not_believed(void **state)
{
    (void)state;
    struct congestion c = created();
    ack(&c, 1, STORY_RTT, 1000);
    assert_int_equal(c.round_marked_packets, 1);
}

static void test_bytes_in_saturates(void **state)
{
    (void)state;
    assert_int_equal(congestion_bytes_in(25000000, 100 * NSEC_PER_USEC), 2500);
    assert_int_equal(congestion_bytes_in(UINT64_MAX, NSEC_NEVER), 1ull << 40);
    assert_int_equal(congestion_bytes_in(0, NSEC_NEVER), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_no_plan_is_the_line_rate),
        cmocka_unit_test(test_a_step_starts_with_four_packets_to_spare),
        cmocka_unit_test(test_window_keeps_its_bounds),
        cmocka_unit_test(test_a_fresh_cut_outlives_the_step),
        cmocka_unit_test(test_a_starved_path_starts_anew),
        cmocka_unit_test(test_round_trip_is_learnt_from_unmarked_acks),
        cmocka_unit_test(test_round_trip_keeps_its_bounds),
        cmocka_unit_test(test_a_round_with_a_loss_teaches_no_longer_round_trip),
        cmocka_unit_test(test_bounds_follow_the_round_trip_at_the_next_round),
        cmocka_unit_test(test_a_round_lasts_a_round_trip),
        cmocka_unit_test(test_marks_beyond_the_packets_are_not_believed),
        cmocka_unit_test(test_bytes_in_saturates),
    };
    return cmocka_run_group_tests(tests, 0, 0);
}
