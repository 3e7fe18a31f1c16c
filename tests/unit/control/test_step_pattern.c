/* SPDX-License-Identifier: BSD-3-Clause */
/* Patterns against libweft's own schedules: every message that a rank sends in steps of a shape is a flow of
 * the pattern, every flow is sent, none is longer than planned, and those of one step are sent in one step.
 */
#include "tests/unit/control/fabric.h"

#include <string.h>

#include "control/core/step_pattern.h"
#include "dataplane/client/schedule.h"

enum {
    ELEMENTS = 1 << 20
};

/* The longest message to each peer. */
static uint64_t longest[FABRIC_RANKS_MAX];

static void run_schedule(enum app_operation operation, enum weft_algorithm algorithm, uint32_t rank,
                         uint32_t rank_count, enum step_shape shape)
{
    static struct schedule schedule;
    static struct schedule_step step;
    const struct schedule_problem problem = {.operation = operation,
                                             .algorithm = algorithm,
                                             .rank = rank,
                                             .rank_count = rank_count,
                                             .count = ELEMENTS,
                                             .element_bytes = 4};
    schedule_plan(&schedule, &problem);
    assert_int_equal(schedule.shape, shape);
    for (unsigned lane = 0; lane < schedule.lanes; lane++) {
        for (unsigned k = 0; k < schedule.steps; k++) {
            schedule_make_step(&schedule, lane, k, &step);
            for (unsigned i = 0; i < step.send_count; i++) {
                uint64_t *known = &longest[step.sends[i].peer];
                *known = step.sends[i].bytes > *known ? step.sends[i].bytes : *known;
            }
        }
    }
}

static void assert_flows(const struct step_pattern *p, uint32_t rank, uint64_t longest_bytes)
{
    uint32_t first = step_pattern_first_flow(p, rank), end = step_pattern_first_flow(p, rank + 1);
    int64_t last = -1;
    for (uint32_t i = 0; i < end - first; i++) {
        uint32_t peer = step_pattern_peer(p, rank, i);
        uint64_t planned = step_pattern_bytes(p, step_pattern_step(p, rank, peer), longest_bytes);
        assert_true(peer > last && peer < p->rank_count && peer != rank);
        assert_int_equal(step_pattern_find(p, rank, peer), i);
        assert_true(longest[peer] > 0);
        assert_in_range(longest[peer], planned * 9 / 10, planned + 64);
        longest[peer] = 0;
        last = peer;
    }
    for (uint32_t peer = 0; peer < p->rank_count; peer++)
        assert_int_equal(longest[peer], 0);
}

/* The longest message of any rank. */
static uint64_t longest_of_all(enum app_operation operation, enum weft_algorithm algorithm,
                               uint32_t rank_count, enum step_shape shape)
{
    uint64_t most = 0;
    for (uint32_t rank = 0; rank < rank_count; rank++) {
        memset(longest, 0, sizeof(longest));
        run_schedule(operation, algorithm, rank, rank_count, shape);
        for (uint32_t peer = 0; peer < rank_count; peer++)
            most = longest[peer] > most ? longest[peer] : most;
    }
    memset(longest, 0, sizeof(longest));
    return most;
}

static void compare(enum app_operation operation, enum weft_algorithm algorithm, enum step_shape shape)
{
    for (uint32_t rank_count = 2; rank_count <= 37; rank_count++) {
        struct step_pattern p;
        uint64_t most = longest_of_all(operation, algorithm, rank_count, shape);
        assert_true(step_pattern_make(shape, rank_count, &p));
        for (uint32_t rank = 0; rank < rank_count; rank++) {
            run_schedule(operation, algorithm, rank, rank_count, shape);
            assert_flows(&p, rank, most);
        }
    }
}

static void test_rings(void **state)
{
    (void)state;
    compare(APP_OPERATION_ALL_REDUCE, WEFT_ALGORITHM_RING, STEP_SHAPE_RING);
}

static void test_halving_doubling_for_any_number_of_ranks(void **state)
{
    (void)state;
    compare(APP_OPERATION_ALL_REDUCE, WEFT_ALGORITHM_HALVING_DOUBLING, STEP_SHAPE_HALVING_DOUBLING);
}

static void test_exchanges_of_all(void **state)
{
    (void)state;
    compare(APP_OPERATION_ALL_TO_ALL, WEFT_ALGORITHM_AUTO, STEP_SHAPE_ALL_TO_ALL);
}

/* In a step of halving-doubling no rank sends twice. */
static void test_steps_do_not_overlap(void **state)
{
    (void)state;
    for (uint32_t rank_count = 2; rank_count <= 70; rank_count++) {
        struct step_pattern p;
        assert_true(step_pattern_make(STEP_SHAPE_HALVING_DOUBLING, rank_count, &p));
        assert_true(step_pattern_steps(&p) <= PATTERN_STEPS_MAX);
        for (uint32_t rank = 0; rank < rank_count; rank++) {
            uint32_t seen = 0;
            for (uint32_t i = step_pattern_first_flow(&p, rank); i < step_pattern_first_flow(&p, rank + 1);
                 i++) {
                uint32_t peer = step_pattern_peer(&p, rank, i - step_pattern_first_flow(&p, rank));
                unsigned step = step_pattern_step(&p, rank, peer);
                assert_true(step < step_pattern_steps(&p));
                assert_false(seen >> step & 1);
                seen |= 1u << step;
            }
        }
    }
}

static void test_what_is_not_planned(void **state)
{
    (void)state;
    struct step_pattern p;
    assert_false(step_pattern_make(STEP_SHAPE_TREE, 8, &p));
    assert_false(step_pattern_make(STEP_SHAPE_ANY, 8, &p));
    assert_false(step_pattern_make(STEP_SHAPE_RING, 1, &p));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_rings),
        cmocka_unit_test(test_halving_doubling_for_any_number_of_ranks),
        cmocka_unit_test(test_exchanges_of_all),
        cmocka_unit_test(test_steps_do_not_overlap),
        cmocka_unit_test(test_what_is_not_planned),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
