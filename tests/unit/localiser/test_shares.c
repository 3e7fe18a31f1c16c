/* SPDX-License-Identifier: BSD-3-Clause */
/* What is usual for links and for losses. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "control/localiser/link_load.h"
#include "control/localiser/loss_level.h"

static const uint32_t port_leaf[4] = {0, 1, 2, 3};
static const struct flow_map map = {.shape = {.leaf_count = 4, .spine_count = 3, .port_count = 4},
                                    .port_leaf = port_leaf};

static void add_all(struct link_load *l, uint32_t heavy_source, uint64_t bytes)
{
    for (uint32_t i = 0; i < 4; i++)
        for (uint32_t k = 0; k < 4; k++)
            for (uint16_t spine = 0; spine < 3; spine++) {
                struct flow f = {.source = i, .destination = k, .spine = spine};
                if (i != k)
                    link_load_add(l, &f, i == heavy_source && spine > 0 ? bytes : 1000);
            }
}

static void a_link_with_twice_the_bytes_is_expected_to_take_twice_as_long(void **state)
{
    (void)state;
    struct link_load l;
    assert_int_equal(link_load_create(&l, &map), 0);
    add_all(&l, 2, 2000);
    struct flow heavy = {.source = 2, .destination = 0, .spine = 1}, light = {.source = 1, .destination = 0};
    struct flow local = {.source = 1, .destination = 1, .spine = FLOW_NO_SPINE};
    assert_int_equal(link_load_settle(&l), 0);
    assert_true(fabsf(link_load_above(&l, &heavy) - logf(2)) < 1e-3f);
    assert_true(link_load_above(&l, &light) == 0);
    assert_true(link_load_above(&l, &local) == 0);
    link_load_destroy(&l);
}

/* Two links carry twice as much as others; a faulty one among them must not pass for what load does. */
static void what_load_does_is_not_learnt_from_the_slowest_link(void **state)
{
    (void)state;
    struct link_load l;
    struct flow on[2] = {{.source = 2, .destination = 0, .spine = 1},
                         {.source = 2, .destination = 0, .spine = 2}};
    assert_int_equal(link_load_create(&l, &map), 0);
    add_all(&l, 2, 2000);
    assert_int_equal(link_load_settle(&l), 0);
    for (unsigned i = 0; i < 9; i++)
        link_load_teach(&l, &on[0], logf(2));
    assert_true(link_load_effect(&l) == 0); /* there is but one */
    link_load_teach(&l, &on[1], 0.1f * logf(2));
    assert_true(fabsf(link_load_effect(&l) - 0.1f) < 1e-3f);
    link_load_destroy(&l);
}

static void less_than_usual_is_no_reason_to_be_quick(void **state)
{
    (void)state;
    struct link_load l;
    assert_int_equal(link_load_create(&l, &map), 0);
    add_all(&l, 2, 100); /* records of one sender are lost */
    struct flow f = {.source = 2, .destination = 0, .spine = 1};
    link_load_settle(&l);
    assert_true(link_load_above(&l, &f) == 0);
    link_load_destroy(&l);
}

static void what_one_sender_loses_is_not_usual(void **state)
{
    (void)state;
    struct loss_level l;
    assert_int_equal(loss_level_create(&l, 8), 0);
    for (unsigned i = 0; i < 200; i++)
        for (uint32_t k = 0; k < 8; k++) {
            struct loss_report r = {.source = k, .destination = (k + 1 + i % 7) % 8, .packets = 1000};
            r.lost = k == 3 ? 50 : 1;
            loss_level_add(&l, &r);
        }
    assert_true(fabs(loss_level_background(&l) - 1e-3) < 1e-4);
    loss_level_destroy(&l);
}

static void what_most_lose_is_usual(void **state)
{
    (void)state;
    struct loss_level l;
    assert_int_equal(loss_level_create(&l, 8), 0);
    assert_true(loss_level_background(&l) == 0);
    for (unsigned i = 0; i < 200; i++) {
        struct loss_report r = {.source = i % 8, .destination = (i + 3) % 8, .packets = 1000, .lost = 10};
        loss_level_add(&l, &r);
    }
    assert_true(fabs(loss_level_background(&l) - 1e-2) < 1e-4);
    loss_level_destroy(&l);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_link_with_twice_the_bytes_is_expected_to_take_twice_as_long),
        cmocka_unit_test(what_load_does_is_not_learnt_from_the_slowest_link),
        cmocka_unit_test(less_than_usual_is_no_reason_to_be_quick),
        cmocka_unit_test(what_one_sender_loses_is_not_usual),
        cmocka_unit_test(what_most_lose_is_usual),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
