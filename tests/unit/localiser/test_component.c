/* SPDX-License-Identifier: BSD-3-Clause */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "control/localiser/flow.h"

static const struct component_shape shape = {.leaf_count = 3, .spine_count = 2, .port_count = 6};
static const uint32_t port_leaf[6] = {0, 0, 1, 1, 2, 2};
static const struct flow_map map = {.shape = {.leaf_count = 3, .spine_count = 2, .port_count = 6},
                                    .port_leaf = port_leaf};

static void numbers_and_components_are_one_to_one(void **state)
{
    (void)state;
    assert_int_equal(component_count(&shape), 2 * 6 + 2 * 3 * 2 + 2 + 3);
    for (uint32_t n = 0; n < component_count(&shape); n++) {
        struct component c = component_at(&shape, n);
        assert_int_equal(component_number(&shape, &c), n);
    }
}

static bool crosses(const struct flow *f, enum component_kind kind, uint32_t place, uint32_t spine)
{
    struct component c = {.kind = kind, .place = place, .spine = spine};
    return flow_crosses(&map, f, component_number(&shape, &c));
}

static void a_flow_crosses_what_lies_on_its_path(void **state)
{
    (void)state;
    struct flow f = {.source = 1, .destination = 4, .spine = 1};
    uint32_t all[FLOW_COMPONENTS_MAX];
    assert_int_equal(flow_components(&map, &f, all), 7);
    assert_true(crosses(&f, COMPONENT_TX, 1, 0) && crosses(&f, COMPONENT_RX, 4, 0));
    assert_true(crosses(&f, COMPONENT_UP, 0, 1) && crosses(&f, COMPONENT_DOWN, 2, 1));
    assert_true(crosses(&f, COMPONENT_SPINE, 1, 0));
    assert_true(crosses(&f, COMPONENT_LEAF, 0, 0) && crosses(&f, COMPONENT_LEAF, 2, 0));
    assert_false(crosses(&f, COMPONENT_UP, 2, 1) || crosses(&f, COMPONENT_DOWN, 0, 1));
}

static void inside_a_leaf_no_spine_is_crossed(void **state)
{
    (void)state;
    struct flow f = {.source = 0, .destination = 1, .spine = FLOW_NO_SPINE};
    uint32_t all[FLOW_COMPONENTS_MAX];
    assert_int_equal(flow_components(&map, &f, all), 3);
    assert_true(crosses(&f, COMPONENT_LEAF, 0, 0));
}

static void a_probe_that_turns_comes_back_over_the_same_spine(void **state)
{
    (void)state;
    struct flow f = {.source = 2, .destination = 2, .spine = 0, .turns = true};
    assert_true(crosses(&f, COMPONENT_UP, 1, 0) && crosses(&f, COMPONENT_DOWN, 1, 0));
    assert_true(crosses(&f, COMPONENT_RX, 2, 0));
    assert_false(crosses(&f, COMPONENT_DOWN, 2, 0));
}

static void expect_one_word(const struct flow *f)
{
    uint32_t all[FLOW_COMPONENTS_MAX];
    unsigned count = flow_components(&map, f, all);
    for (uint32_t c = 0; c < component_count(&shape); c++) {
        bool listed = false;
        for (unsigned i = 0; i < count; i++)
            listed |= all[i] == c;
        assert_int_equal(flow_crosses(&map, f, c), listed);
    }
}

static void what_is_crossed_is_what_is_listed(void **state)
{
    (void)state;
    for (uint32_t i = 0; i < 6 * 6 * 2 * 2; i++) {
        struct flow f = {
            .source = i / 4 / 6, .destination = i / 4 % 6, .spine = (uint16_t)(i / 2 % 2), .turns = i % 2};
        if (!f.turns && port_leaf[f.source] == port_leaf[f.destination])
            f.spine = FLOW_NO_SPINE;
        expect_one_word(&f);
    }
}

static void components_have_names(void **state)
{
    (void)state;
    char name[COMPONENT_NAME_BYTES];
    component_name(&(struct component){.kind = COMPONENT_DOWN, .place = 2, .spine = 1}, name);
    assert_string_equal(name, "leaf2-spine1 down");
    component_name(&(struct component){.kind = COMPONENT_TX, .place = 7}, name);
    assert_string_equal(name, "port7 tx");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(numbers_and_components_are_one_to_one),
        cmocka_unit_test(a_flow_crosses_what_lies_on_its_path),
        cmocka_unit_test(inside_a_leaf_no_spine_is_crossed),
        cmocka_unit_test(a_probe_that_turns_comes_back_over_the_same_spine),
        cmocka_unit_test(what_is_crossed_is_what_is_listed),
        cmocka_unit_test(components_have_names),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
