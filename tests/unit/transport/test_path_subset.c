/* SPDX-License-Identifier: BSD-3-Clause */
#include "dataplane/transport/path_subset.h"

#include <string.h>

#include "tests/unit/transport/unit.h"

static uint64_t mask_of(const struct path_subset *s)
{
    uint64_t mask = 0;
    for (unsigned i = 0; i < s->count; i++)
        mask |= 1ull << s->paths[i];
    return mask;
}

static void test_four_different_ones_that_live(void **state)
{
    (void)state;
    static const uint64_t alive[] = {0xffff, 0xf0f1, 1ull << 63 | 0x7, UINT64_MAX, 0x1234};
    for (unsigned i = 0; i < sizeof(alive) / sizeof(alive[0]); i++) {
        for (uint64_t hash = 0; hash < 1000; hash++) {
            struct path_subset s;
            path_subset_draw(&s, hash, alive[i]);
            assert_int_equal(s.count, PATH_SUBSET_PATHS);
            assert_int_equal(__builtin_popcountll(mask_of(&s)), PATH_SUBSET_PATHS);
            assert_int_equal(mask_of(&s) & ~alive[i], 0);
        }
    }
}

static void test_fewer_when_fewer_live(void **state)
{
    (void)state;
    struct path_subset s;
    path_subset_draw(&s, 5, 0x88);
    assert_int_equal(s.count, 2);
    assert_int_equal(mask_of(&s), 0x88);
}

static void test_the_same_again(void **state)
{
    (void)state;
    struct path_subset a, b;
    path_subset_draw(&a, 17, 0xffff);
    path_subset_draw(&b, 17, 0xffff);
    assert_int_equal(a.hash, 17);
    assert_memory_equal(a.paths, b.paths, sizeof(a.paths));
}

static void test_every_path_alike(void **state)
{
    (void)state;
    enum {
        DRAWS = 16000,
        SHARE = DRAWS * PATH_SUBSET_PATHS / 16
    };
    unsigned uses[16] = {0};
    for (uint64_t hash = 0; hash < DRAWS; hash++) {
        struct path_subset s;
        path_subset_draw(&s, hash * 7919, 0xffff);
        for (unsigned i = 0; i < s.count; i++)
            uses[s.paths[i]]++;
    }
    for (unsigned path = 0; path < 16; path++)
        assert_in_range(uses[path], SHARE * 9 / 10, SHARE * 11 / 10);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_four_different_ones_that_live),
        cmocka_unit_test(test_fewer_when_fewer_live),
        cmocka_unit_test(test_the_same_again),
        cmocka_unit_test(test_every_path_alike),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
