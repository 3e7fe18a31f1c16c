/* SPDX-License-Identifier: BSD-3-Clause */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "control/localiser/evidence.h"

enum {
    PORTS = 4
};
static const uint32_t port_leaf[PORTS] = {0, 0, 1, 1};
static const struct flow_map map = {.shape = {.leaf_count = 2, .spine_count = 2, .port_count = PORTS},
                                    .port_leaf = port_leaf};
static struct evidence e;

static int create(void **state)
{
    (void)state;
    static struct localiser_config config;
    localiser_config_default(&config);
    return evidence_create(&e, &map, &config);
}

static int destroy(void **state)
{
    (void)state;
    evidence_destroy(&e);
    return 0;
}

/* From port 0 to port 2 over spine 1, so slow that the round is bad. */
static void add_slow(uint32_t retransmits)
{
    struct observation o = {.flow = {.source = 0, .destination = 2, .spine = 1},
                            .weight = {[EVIDENCE_SLOW] = 4},
                            .packets = 10,
                            .retransmits = retransmits};
    for (unsigned i = 0; i < 2; i++)
        assert_int_equal(evidence_add(&e, &o), 0);
}

static uint32_t bad_rounds(uint32_t component)
{
    return evidence_sum_up(&e, EVIDENCE_SLOW, component).bad_rounds;
}

static uint32_t number(enum component_kind kind, uint32_t place, uint32_t spine)
{
    struct component c = {.kind = kind, .place = place, .spine = spine};
    return component_number(&map.shape, &c);
}

static void what_was_before_it_was_mended_is_forgiven_though_it_comes_late(void **state)
{
    (void)state;
    uint32_t link = number(COMPONENT_UP, 0, 1);
    add_slow(0);
    evidence_close_round(&e);
    assert_int_equal(bad_rounds(link), 1);
    add_slow(0);
    evidence_forgive(&e, link);
    evidence_close_round(&e);
    add_slow(0);
    evidence_close_round(&e);
    assert_int_equal(bad_rounds(link), 0);
    assert_true(e.cusum[evidence_cell(&e, EVIDENCE_SLOW, link)] == 0);
    add_slow(0);
    evidence_close_round(&e);
    assert_int_equal(bad_rounds(link), 1);
}

static void beside_a_lossy_link_only_messages_that_lost_are_explained(void **state)
{
    (void)state;
    uint32_t link = number(COMPONENT_UP, 0, 1), port = number(COMPONENT_TX, 0, 0);
    evidence_accuse(&e, link, EVIDENCE_LOSS_HIGH, true);
    add_slow(1);
    evidence_close_round(&e);
    assert_int_equal(bad_rounds(port), 0);
    assert_int_equal(bad_rounds(link), 1);
    add_slow(0);
    evidence_close_round(&e);
    assert_int_equal(bad_rounds(port), 1);
}

static void a_slow_link_explains_all_that_crosses_it(void **state)
{
    (void)state;
    uint32_t link = number(COMPONENT_UP, 0, 1), port = number(COMPONENT_TX, 0, 0);
    evidence_accuse(&e, link, EVIDENCE_SLOW, true);
    add_slow(0);
    add_slow(1);
    evidence_close_round(&e);
    assert_int_equal(bad_rounds(port), 0);
    assert_true(evidence_is_accused(&e, link, EVIDENCE_LOSS_LOW));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(what_was_before_it_was_mended_is_forgiven_though_it_comes_late,
                                        create, destroy),
        cmocka_unit_test_setup_teardown(beside_a_lossy_link_only_messages_that_lost_are_explained, create,
                                        destroy),
        cmocka_unit_test_setup_teardown(a_slow_link_explains_all_that_crosses_it, create, destroy),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
