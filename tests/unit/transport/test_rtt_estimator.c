/* SPDX-License-Identifier: BSD-3-Clause */
#include "dataplane/transport/rtt_estimator.h"

#include "tests/unit/transport/unit.h"

static const struct rto_limits limits = {.min_ns = 200 * NSEC_PER_USEC, .max_ns = 20 * NSEC_PER_MSEC};
static const struct rto_limits no_limits = {.min_ns = 0, .max_ns = NSEC_NEVER};

static struct rtt_estimator estimator_with(nsec_t sample_ns, unsigned count)
{
    struct rtt_estimator rtt;
    rtt_estimator_init(&rtt, 100 * NSEC_PER_USEC, 0);
    for (unsigned i = 0; i < count; i++)
        rtt_estimator_on_sample(&rtt, sample_ns, i);
    return rtt;
}

static void test_guess_answers_until_the_first_sample(void **state)
{
    (void)state;
    struct rtt_estimator rtt = estimator_with(0, 0);
    assert_int_equal(rtt_estimator_smoothed_ns(&rtt), 100000);
    assert_int_equal(rtt_estimator_minimum_ns(&rtt), 100000);
    assert_int_equal(rtt_estimator_rto_ns(&rtt, no_limits, 0), 300000);
    rtt_estimator_on_sample(&rtt, 400000, 1);
    assert_int_equal(rtt_estimator_smoothed_ns(&rtt), 400000);
    assert_int_equal(rtt_estimator_rto_ns(&rtt, no_limits, 0), 400000 + 4 * 200000);
}

static void test_gains_of_rfc_6298(void **state)
{
    (void)state;
    struct rtt_estimator rtt = estimator_with(80000, 1);
    rtt_estimator_on_sample(&rtt, 160000, 2);
    assert_int_equal(rtt.smoothed_ns, 80000 + 80000 / 8);
    assert_int_equal(rtt.variation_ns, 40000 + (80000 - 40000) / 4);
    rtt_estimator_on_sample(&rtt, 10000, 3);
    assert_int_equal(rtt.smoothed_ns, 90000 - 80000 / 8);
    assert_int_equal(rtt.variation_ns, 50000 + (80000 - 50000) / 4);
}

static void test_steady_samples_converge(void **state)
{
    (void)state;
    struct rtt_estimator rtt = estimator_with(50000, 1);
    for (unsigned i = 0; i < 200; i++)
        rtt_estimator_on_sample(&rtt, 1000000, i);
    assert_in_range(rtt.smoothed_ns, 999990, 1000000);
    assert_in_range(rtt.variation_ns, 0, 20);
}

static void test_timeout_backs_off_between_its_limits(void **state)
{
    (void)state;
    struct rtt_estimator rtt = estimator_with(1000, 100);
    assert_int_equal(rtt_estimator_rto_ns(&rtt, limits, 0), 200000);
    assert_int_equal(rtt_estimator_rto_ns(&rtt, limits, 1), 400000);
    assert_int_equal(rtt_estimator_rto_ns(&rtt, limits, 6), 12800000);
    assert_int_equal(rtt_estimator_rto_ns(&rtt, limits, 7), 20000000);
    assert_int_equal(rtt_estimator_rto_ns(&rtt, limits, UINT32_MAX), 20000000);
}

static void test_tail_probe_waits_longer_while_round_trips_vary(void **state)
{
    (void)state;
    struct rtt_estimator rtt = estimator_with(1000, 100);
    assert_in_range(rtt_estimator_probe_ns(&rtt), 2000, 2100);
    rtt_estimator_on_sample(&rtt, 9000, 200);
    assert_in_range(rtt_estimator_probe_ns(&rtt), 2 * 2000 + 4 * 2000, 2 * 2000 + 4 * 2000 + 100);
}

static void test_minimum_forgets_after_two_windows(void **state)
{
    (void)state;
    const nsec_t window = RTT_MINIMUM_WINDOW_NS;
    struct rtt_estimator rtt = estimator_with(5000, 1);
    rtt_estimator_on_sample(&rtt, 9000, window / 2);
    assert_int_equal(rtt_estimator_minimum_ns(&rtt), 5000);
    rtt_estimator_on_sample(&rtt, 9000, window);
    assert_int_equal(rtt_estimator_minimum_ns(&rtt), 5000);
    rtt_estimator_on_sample(&rtt, 9500, 2 * window);
    assert_int_equal(rtt_estimator_minimum_ns(&rtt), 9000);
    rtt_estimator_on_sample(&rtt, 20000, 10 * window);
    assert_int_equal(rtt_estimator_minimum_ns(&rtt), 20000);
}

static void test_extreme_samples_are_harmless(void **state)
{
    (void)state;
    struct rtt_estimator rtt = estimator_with(0, 3);
    assert_int_equal(rtt_estimator_smoothed_ns(&rtt), 1);
    assert_true(rtt_estimator_rto_ns(&rtt, limits, 0) == limits.min_ns);
    for (unsigned i = 0; i < 100; i++)
        rtt_estimator_on_sample(&rtt, NSEC_NEVER, i);
    assert_true(rtt_estimator_smoothed_ns(&rtt) <= RTT_SAMPLE_MAX_NS);
    assert_true(rtt_estimator_smoothed_ns(&rtt) > RTT_SAMPLE_MAX_NS - NSEC_PER_MSEC);
    assert_true(rtt_estimator_rto_ns(&rtt, limits, 0) >=
                rtt_estimator_smoothed_ns(&rtt)); /* slow is not lost */
    assert_true(rtt_estimator_rto_ns(&rtt, limits, 9) == rtt_estimator_rto_ns(&rtt, limits, 0));
    assert_true(sizeof(rtt) <= 40);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_guess_answers_until_the_first_sample),
        cmocka_unit_test(test_gains_of_rfc_6298),
        cmocka_unit_test(test_steady_samples_converge),
        cmocka_unit_test(test_timeout_backs_off_between_its_limits),
        cmocka_unit_test(test_tail_probe_waits_longer_while_round_trips_vary),
        cmocka_unit_test(test_minimum_forgets_after_two_windows),
        cmocka_unit_test(test_extreme_samples_are_harmless),
    };
    return cmocka_run_group_tests(tests, 0, 0);
}
