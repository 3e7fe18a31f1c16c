/* SPDX-License-Identifier: BSD-3-Clause */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "control/localiser/steady.h"

enum {
    COMPONENTS = 10,
    ILL = 3
};
#define GAIN 20.0

static struct steady s;

static int create(void **state)
{
    (void)state;
    return steady_create(&s, 1, COMPONENTS);
}

static int destroy(void **state)
{
    (void)state;
    steady_destroy(&s);
    return 0;
}

/* A round in which all say `well`, but one component's flows say `ill`. */
static void pass_round(float well, float ill)
{
    float sums[COMPONENTS];
    for (uint32_t c = 0; c < COMPONENTS; c++)
        sums[c] = c == ILL ? ill : well;
    steady_learn(&s, 0, sums);
    for (uint32_t c = 0; c < COMPONENTS; c++)
        steady_add(&s, 0, c, sums[c]);
}

static void a_little_adds_up_round_by_round(void **state)
{
    (void)state;
    unsigned rounds = 0;
    for (; s.sum[ILL] < steady_threshold(GAIN) && rounds < 1000; rounds++)
        pass_round(-2, 1);
    assert_in_range(rounds, 20, 40);
    assert_true(s.sum[0] == 0);
}

static void no_round_counts_for_more_than_a_few(void **state)
{
    (void)state;
    pass_round(-2, 1000);
    pass_round(-2, 1000);
    assert_true(s.sum[ILL] <= 8);
    pass_round(-2, -1000);
    assert_true(s.sum[ILL] == 0);
}

/* Ratios that are too good to be true for all make the test stricter, for all. */
static void what_all_say_is_usual(void **state)
{
    (void)state;
    for (unsigned i = 0; i < 2000; i++)
        pass_round(i % 4 == 0 ? 3 : -1, -1);
    assert_true(s.drift[0] > 0.5);
    assert_true(s.sum[0] < steady_threshold(GAIN));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_little_adds_up_round_by_round, create, destroy),
        cmocka_unit_test_setup_teardown(no_round_counts_for_more_than_a_few, create, destroy),
        cmocka_unit_test_setup_teardown(what_all_say_is_usual, create, destroy),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
