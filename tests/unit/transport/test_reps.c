/* SPDX-License-Identifier: BSD-3-Clause */
#include "dataplane/transport/reps.h"
#include "tests/unit/transport/unit.h"

enum {
    PIPE_PACKETS = 3
};

static void expect(struct reps *r, nsec_t now, int path)
{
    uint8_t next = UINT8_MAX;
    bool recycled = reps_next(r, PIPE_PACKETS, now, &next);
    assert_int_equal(recycled ? next : -1, path);
}

static void test_good_paths_are_used_again_in_order(void **state)
{
    (void)state;
    struct reps r;
    reps_reset(&r);
    expect(&r, 0, -1);
    reps_on_good_path(&r, 7);
    reps_on_good_path(&r, 4);
    expect(&r, 0, 7);
    expect(&r, 0, 4);
    expect(&r, 0, -1);
}

static void test_a_full_ring_forgets_the_oldest(void **state)
{
    (void)state;
    struct reps r;
    reps_reset(&r);
    for (uint8_t path = 0; path < REPS_RING + 2; path++)
        reps_on_good_path(&r, path);
    for (int path = 2; path < REPS_RING + 2; path++)
        expect(&r, 0, path);
    expect(&r, 0, -1);
}

static void test_frozen_it_goes_round(void **state)
{
    (void)state;
    struct reps r;
    reps_reset(&r);
    for (uint8_t path = 0; path < REPS_RING; path++)
        reps_on_good_path(&r, path);
    for (int path = 0; path < REPS_RING; path++)
        expect(&r, 0, path);
    reps_on_failure(&r, 100);
    for (int i = 0; i < 2 * REPS_RING; i++)
        expect(&r, 99, i % REPS_RING);
    reps_on_good_path(&r, 40);
    expect(&r, 99, 40);
}

static void test_frozen_with_few_entries_uses_those(void **state)
{
    (void)state;
    struct reps r;
    reps_reset(&r);
    reps_on_failure(&r, 100);
    expect(&r, 1, -1); /* it has never heard of a path */
    reps_on_good_path(&r, 9);
    reps_on_good_path(&r, 9);
    for (int i = 0; i < 2 * REPS_RING; i++)
        expect(&r, 1, 9);
}

static void test_thawed_it_explores_before_it_may_freeze_again(void **state)
{
    (void)state;
    struct reps r;
    reps_reset(&r);
    reps_on_good_path(&r, 1);
    reps_on_failure(&r, 100);
    reps_on_failure(&r, 200); /* frozen already: not for longer */
    reps_on_good_path(&r, 2);
    expect(&r, 100, -1);
    reps_on_failure(&r, 200);
    for (int i = 1; i < PIPE_PACKETS; i++)
        expect(&r, 101, -1);
    expect(&r, 101, 1);
    expect(&r, 101, 2);
    expect(&r, 101, -1); /* not frozen */
    reps_on_failure(&r, 200);
    expect(&r, 102, 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_good_paths_are_used_again_in_order),
        cmocka_unit_test(test_a_full_ring_forgets_the_oldest),
        cmocka_unit_test(test_frozen_it_goes_round),
        cmocka_unit_test(test_frozen_with_few_entries_uses_those),
        cmocka_unit_test(test_thawed_it_explores_before_it_may_freeze_again),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
