/* SPDX-License-Identifier: BSD-3-Clause */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "dataplane/daemon/lone_packets.h"

enum {
    PACKETS = 16,
    OVER_MS = 1000,
    ROUND_TRIP_NS = 20000
};
static struct lone_packets lone;

static void ask(uint64_t number, nsec_t now)
{
    struct lone_wish wish = {.number = number, .peer = 1, .spine = 2, .packets = PACKETS, .over_ms = OVER_MS};
    assert_true(lone_packets_ask(&lone, &wish, now));
}

/* Sends what is due until nothing is left to be done; every `lost`-th packet has no answer (0: all have one).
 * Returns the time. */
static nsec_t run(unsigned lost, nsec_t now)
{
    const struct lone_errand *e;
    for (unsigned sent = 0; lone_packets_wakeup(&lone) != NSEC_NEVER; now = lone_packets_wakeup(&lone)) {
        while ((e = lone_packets_next(&lone, now)) != NULL)
            if (lost == 0 || ++sent % lost != 0)
                lone_packets_on_answer(&lone, e->cookie, ROUND_TRIP_NS);
        lone_packets_finish(&lone, now);
        if (lone_packets_wakeup(&lone) == NSEC_NEVER)
            break;
        assert_true(lone_packets_wakeup(&lone) > now);
    }
    return now;
}

static int clear(void **state)
{
    (void)state;
    lone = (struct lone_packets){.random.state = 1};
    return 0;
}

static void packets_are_spread_and_their_times_kept(void **state)
{
    (void)state;
    nsec_t began = 5 * NSEC_PER_SEC;
    ask(7, began);
    nsec_t took_ns = run(0, began) - began;
    assert_in_range(took_ns, OVER_MS / 2 * NSEC_PER_MSEC, OVER_MS * 3 / 2 * NSEC_PER_MSEC);
    const struct lone_errand *e = &lone.errands[0];
    assert_true(e->finished);
    assert_int_equal(e->wish.number, 7);
    assert_int_equal(e->answered, PACKETS);
    for (unsigned i = 0; i < PACKETS; i++)
        assert_int_equal(e->round_trips_ns[i], ROUND_TRIP_NS);
}

static void what_is_not_answered_is_given_up(void **state)
{
    (void)state;
    ask(7, 0);
    run(4, 0);
    assert_true(lone.errands[0].finished);
    assert_int_equal(lone.errands[0].answered, PACKETS - PACKETS / 4);
}

static void answers_that_nobody_waits_for_are_ignored(void **state)
{
    (void)state;
    ask(7, 0);
    uint64_t cookie = lone.errands[0].cookie;
    lone_packets_on_answer(&lone, cookie, ROUND_TRIP_NS); /* of nothing that was sent */
    lone_packets_on_answer(&lone, cookie + 1, ROUND_TRIP_NS);
    lone_packets_on_answer(&lone, 0, ROUND_TRIP_NS);
    assert_int_equal(lone.errands[0].answered, 0);
    run(0, 0);
    lone_packets_on_answer(&lone, cookie, ROUND_TRIP_NS);
    assert_int_equal(lone.errands[0].answered, PACKETS);
}

static void it_is_told_until_a_report_is_taken(void **state)
{
    (void)state;
    ask(7, 0);
    run(0, 0);
    lone_packets_begin_report(&lone);
    assert_true(lone.errands[0].reported);
    ask(8, 0); /* not in this report */
    lone_packets_end_report(&lone, false);
    assert_true(lone.errands[0].finished && !lone.errands[0].reported);
    lone_packets_begin_report(&lone);
    lone_packets_end_report(&lone, true);
    assert_int_equal(lone.errands[0].cookie, 0);
    lone_packets_begin_report(&lone);
    assert_false(lone.errands[0].reported); /* it is told once */
    lone_packets_end_report(&lone, true);
    assert_int_equal(lone.errands[1].wish.number, 8);
    assert_false(lone.errands[1].finished);
}

static void there_is_a_bound(void **state)
{
    (void)state;
    struct lone_wish wish = {.packets = LONE_PACKETS_MAX, .over_ms = 0};
    for (unsigned i = 0; i < LONE_ERRANDS_MAX; i++)
        ask(i, 0);
    assert_false(lone_packets_ask(&lone, &wish, 0));
    run(0, 0);
    lone_packets_begin_report(&lone);
    lone_packets_end_report(&lone, true);
    assert_true(lone_packets_ask(&lone, &wish, 0));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(packets_are_spread_and_their_times_kept, clear),
        cmocka_unit_test_setup(what_is_not_answered_is_given_up, clear),
        cmocka_unit_test_setup(answers_that_nobody_waits_for_are_ignored, clear),
        cmocka_unit_test_setup(it_is_told_until_a_report_is_taken, clear),
        cmocka_unit_test_setup(there_is_a_bound, clear),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
