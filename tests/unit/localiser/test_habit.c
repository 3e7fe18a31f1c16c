/* SPDX-License-Identifier: BSD-3-Clause */
#include "control/localiser/habit.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

enum {
    KEY = 7,
    TIMES = 20
};

static struct habits habits;

static int create(void **state)
{
    (void)state;
    return habits_create(&habits);
}

static int destroy(void **state)
{
    (void)state;
    habits_destroy(&habits);
    return 0;
}

static void a_level_that_jumps_has_drifted_until_it_is_usual(void **state)
{
    (void)state;
    struct habit *h = habits_of(&habits, 1);
    for (unsigned i = 0; i < TIMES; i++)
        assert_false(habit_has_drifted(h, KEY, 1.0f + 0.01f * (float)(i % 2), 0.05f));
    assert_true(habit_has_drifted(h, KEY, 1.5f, 0.05f));
    assert_false(habit_has_drifted(h, KEY, 1.1f, 0.05f)); /* a tenth is not common to all */
    unsigned drifted = 0;
    while (habit_has_drifted(h, KEY, 1.5f, 0.05f) && drifted < 1000)
        drifted++;
    assert_true(drifted > 0 && drifted < 100);
}

static void a_gap_that_is_much_wider_than_usual_is_told(void **state)
{
    (void)state;
    struct habit *h = habits_of(&habits, 2);
    for (unsigned i = 0; i < TIMES; i++) {
        habit_follow_noise(h, 0.05f);
        assert_true(habit_follow_gap(h, 0.03f) == 0);
    }
    float wider = habit_follow_gap(h, 0.43f);
    assert_true(wider > 0.39f && wider < 0.41f);
    assert_true(habit_follow_gap(h, 0.1f) == 0);    /* within the noise */
    assert_true(habit_follow_gap(h, 0.43f) > 0.3f); /* it teaches nothing */
}

static void the_larger_noise_counts(void **state)
{
    (void)state;
    struct habit *h = habits_of(&habits, 3);
    habit_follow_noise(h, 0.04f);
    assert_true(habit_follow_noise(h, 0.2f) == 0.2f);
    assert_true(habit_follow_noise(h, 0.01f) > 0.04f);
}

static void the_longest_idle_communicator_gives_way(void **state)
{
    (void)state;
    habits_of(&habits, 10)->noise = 5;
    for (uint64_t i = 100; i < 100 + 4 * HABITS_MAX; i++)
        habits_of(&habits, i);
    assert_true(habits_of(&habits, 10)->noise == 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_level_that_jumps_has_drifted_until_it_is_usual, create, destroy),
        cmocka_unit_test_setup_teardown(a_gap_that_is_much_wider_than_usual_is_told, create, destroy),
        cmocka_unit_test_setup_teardown(the_larger_noise_counts, create, destroy),
        cmocka_unit_test_setup_teardown(the_longest_idle_communicator_gives_way, create, destroy),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
