/* SPDX-License-Identifier: BSD-3-Clause */
#include "control/localiser/threshold.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

static const struct threshold_input usual = {
    .components = 1000, .rounds = 20, .transient = 0.01, .false_per_round = 1e-6, .round_cap = 8};

/* P(Binomial(20, 0.01) >= k): 3.5e-8 for 6, 7.2e-10 for 7, 1.2e-11 for 8, 1.6e-13 for 9. */
static void bad_rounds_follow_the_binomial_tail(void **state)
{
    (void)state;
    struct threshold_input t = usual;
    assert_int_equal(threshold_derive(&t).bad_rounds, 8); /* a thousand times 7.2e-10 is too much */
    t.components = 10;
    assert_int_equal(threshold_derive(&t).bad_rounds, 6);
    t.false_per_round = 1e-9;
    assert_int_equal(threshold_derive(&t).bad_rounds, 8);
}

static void more_transients_ask_for_more(void **state)
{
    (void)state;
    struct threshold_input often = usual;
    often.transient = 0.1;
    struct threshold few = threshold_derive(&usual), many = threshold_derive(&often);
    assert_true(many.bad_rounds > few.bad_rounds);
    assert_true(many.drift > few.drift);
    assert_true(many.cusum > few.cusum);
}

/* The exponent that the threshold implies solves Wald's equation. */
static void the_walk_is_stopped_where_chance_hardly_comes(void **state)
{
    (void)state;
    struct threshold t = threshold_derive(&usual);
    double theta = log(2 * usual.components / usual.false_per_round) / t.cusum;
    double moment = usual.transient * exp(theta * (usual.round_cap - t.drift)) +
                    (1 - usual.transient) * exp(-theta * t.drift);
    assert_true(fabs(moment - 1) < 1e-6);
    assert_true(theta > 0);
}

static void a_faulty_component_is_found_within_the_window(void **state)
{
    (void)state;
    struct threshold t = threshold_derive(&usual);
    assert_true(t.bad_rounds <= usual.rounds / 2);
    assert_true(t.cusum / (usual.round_cap - t.drift) < 10);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(bad_rounds_follow_the_binomial_tail),
        cmocka_unit_test(more_transients_ask_for_more),
        cmocka_unit_test(the_walk_is_stopped_where_chance_hardly_comes),
        cmocka_unit_test(a_faulty_component_is_found_within_the_window),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
