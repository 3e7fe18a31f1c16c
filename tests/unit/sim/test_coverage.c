/* SPDX-License-Identifier: BSD-3-Clause */
#include "tests/unit/sim/unit.h"

#include <string.h>

#include "dataplane/transport/random.h"
#include "tools/sim/coverage.h"

static void runs_that_touch_become_one(void **state)
{
    (void)state;
    struct coverage c = {0};
    assert_true(coverage_add(&c, 10, 20));
    assert_true(coverage_add(&c, 30, 40));
    assert_false(coverage_contains(&c, 10, 40));
    assert_true(coverage_add(&c, 20, 30));
    assert_int_equal(c.count, 1);
    assert_true(coverage_contains(&c, 10, 40));
    assert_false(coverage_contains(&c, 9, 40));
    coverage_clear(&c);
}

static void whatever_overlaps_is_refused(void **state)
{
    (void)state;
    const struct coverage_run overlapping[] = {{10, 20}, {5, 11}, {19, 25}, {12, 13}, {0, 100}};
    struct coverage c = {0};
    coverage_add(&c, 10, 20);
    for (size_t i = 0; i < sizeof(overlapping) / sizeof(*overlapping); i++)
        assert_false(coverage_add(&c, overlapping[i].begin, overlapping[i].end));
    coverage_clear(&c);
}

/* Against a map of bytes. */
static void agrees_with_a_map(void **state)
{
    (void)state;
    struct random_stream r = {3};
    for (unsigned round = 0; round < 200; round++) {
        struct coverage c = {0};
        uint8_t map[256] = {0};
        for (unsigned i = 0; i < 60; i++) {
            uint64_t begin = random_below(&r, 250), end = begin + 1 + random_below(&r, 6);
            bool free = memchr(&map[begin], 1, end - begin) == NULL;
            assert_int_equal(coverage_add(&c, begin, end), free);
            memset(&map[begin], 1, end - begin);
            if (!free)
                break;
            uint64_t from = random_below(&r, 250), to = from + random_below(&r, 6);
            assert_int_equal(coverage_contains(&c, from, to), memchr(&map[from], 0, to - from) == NULL);
        }
        coverage_clear(&c);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(runs_that_touch_become_one),
                                       cmocka_unit_test(whatever_overlaps_is_refused),
                                       cmocka_unit_test(agrees_with_a_map)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
