/* SPDX-License-Identifier: BSD-3-Clause */
/* cmocka wants these before it, in this order; and what tests of plans have in common. */
#ifndef WEFT_TESTS_UNIT_PLANNER_UNIT_H
#define WEFT_TESTS_UNIT_PLANNER_UNIT_H

/* clang-format off */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
/* clang-format on */

#include <string.h>

#include "tests/unit/planner/step.h"

#define COUNT_OF(array) (sizeof(array) / sizeof((array)[0]))

enum {
    MIB = 1 << 20,
    PAYLOAD = 8192
};

static inline struct planner_options unit_options(void)
{
    struct planner_options options;
    planner_options_default(&options, PAYLOAD);
    return options;
}

/* A plan of the step that its judge accepts. */
static inline struct planner_plan *unit_plan_with(const struct step *s, const struct planner_demands *demands,
                                                  const struct planner_options *options)
{
    char error[PLANNER_ERROR_BYTES] = "";
    struct planner_plan *plan;
    if (planner_plan_create(s->fabric, demands, options, &plan, error) != 0 ||
        planner_plan_check(plan, s->fabric, error) != 0)
        fail_msg("%s", error);
    return plan;
}

static inline struct planner_plan *unit_plan(const struct step *s)
{
    struct planner_options options = unit_options();
    struct planner_demands demands = step_demands(s);
    return unit_plan_with(s, &demands, &options);
}

static inline struct planner_plan *unit_revise(const struct planner_plan *old, const struct step *s)
{
    char error[PLANNER_ERROR_BYTES] = "";
    struct planner_plan *plan;
    if (planner_plan_revise(old, s->fabric, &plan, error) != 0 ||
        planner_plan_check(plan, s->fabric, error) != 0)
        fail_msg("%s", error);
    return plan;
}

static inline void unit_assert_same_pieces(const struct planner_plan *a, const struct planner_plan *b)
{
    uint32_t count, other, pieces, other_pieces;
    planner_plan_demands(a, &count);
    planner_plan_demands(b, &other);
    assert_int_equal(count, other);
    for (uint32_t i = 0; i < count; i++) {
        const struct planner_piece *x = planner_plan_pieces(a, i, &pieces);
        const struct planner_piece *y = planner_plan_pieces(b, i, &other_pieces);
        assert_int_equal(pieces, other_pieces);
        for (uint32_t k = 0; k < pieces; k++) {
            assert_int_equal(x[k].spine, y[k].spine);
            assert_int_equal(x[k].core, y[k].core);
            assert_int_equal(x[k].bytes, y[k].bytes);
        }
    }
}

#define assert_at_most(value, most)                                                                          \
    do {                                                                                                     \
        if ((value) > (most))                                                                                \
            fail_msg("%s is %f, more than %f", #value, (double)(value), (double)(most));                     \
    } while (0)

#endif
