/* SPDX-License-Identifier: BSD-3-Clause */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "control/localiser/evidence.h"

enum {
    LEAVES = 3,
    SPINES = 2,
    PORTS = 6 /* two of each leaf */
};
static const uint32_t port_leaf[PORTS] = {0, 0, 1, 1, 2, 2};
static const struct flow_map map = {
    .shape = {.leaf_count = LEAVES, .spine_count = SPINES, .port_count = PORTS}, .port_leaf = port_leaf};

static void what_shares_a_port_or_a_link_is_covered(void **state)
{
    (void)state;
    struct probe_shadow s;
    struct flow probe = {.source = 0, .destination = 2, .spine = 1};
    struct flow same_sender = {.source = 0, .destination = 4, .spine = 0},
                same_link = {.source = 1, .destination = 4, .spine = 1},
                back = {.source = 2, .destination = 4, .spine = 0},
                same_receiver = {.source = 4, .destination = 2, .spine = 0},
                same_switches = {.source = 1, .destination = 3, .spine = 0};
    assert_int_equal(probe_shadow_create(&s, &map), 0);
    assert_false(probe_shadow_covers(&s, &same_sender, 7));
    probe_shadow_cast(&s, &probe, 7);
    assert_true(probe_shadow_covers(&s, &same_sender, 7));
    assert_true(probe_shadow_covers(&s, &same_link, 7));
    assert_true(probe_shadow_covers(&s, &same_receiver, 7));
    assert_true(probe_shadow_covers(&s, &back, 7));
    assert_false(probe_shadow_covers(&s, &same_switches, 7));
    probe_shadow_destroy(&s);
}

static void it_lasts_for_one_round_more(void **state)
{
    (void)state;
    struct probe_shadow s;
    struct flow probe = {.source = 0, .destination = 2, .spine = 1};
    assert_int_equal(probe_shadow_create(&s, &map), 0);
    probe_shadow_cast(&s, &probe, 7);
    probe_shadow_cast(&s, &probe, 8);
    assert_true(probe_shadow_covers(&s, &probe, 9));
    assert_false(probe_shadow_covers(&s, &probe, 10));
    probe_shadow_destroy(&s);
}

/* A slow message beside a probe speaks against nobody; lost packets still do. */
static void beside_a_probe_only_losses_speak(void **state)
{
    (void)state;
    struct evidence e;
    struct localiser_config config;
    struct flow probe = {.source = 0, .destination = 2, .spine = 1};
    struct observation o = {.flow = {.source = 0, .destination = 4, .spine = 0},
                            .weight = {[EVIDENCE_SLOW] = 4, [EVIDENCE_LOSS_HIGH] = 3}};
    localiser_config_default(&config);
    assert_int_equal(evidence_create(&e, &map, &config), 0);
    evidence_note_probe(&e, &probe);
    assert_int_equal(evidence_add(&e, &o), 0);
    evidence_close_round(&e);
    assert_true(evidence_round_at(&e, 0)->sums[evidence_cell(&e, EVIDENCE_SLOW, 0)] == 0);
    assert_true(evidence_round_at(&e, 0)->sums[evidence_cell(&e, EVIDENCE_LOSS_HIGH, 0)] == 3);
    evidence_close_round(&e);
    assert_int_equal(evidence_add(&e, &o), 0);
    evidence_close_round(&e);
    assert_true(evidence_round_at(&e, 0)->sums[evidence_cell(&e, EVIDENCE_SLOW, 0)] == 4);
    evidence_destroy(&e);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_shares_a_port_or_a_link_is_covered),
        cmocka_unit_test(it_lasts_for_one_round_more),
        cmocka_unit_test(beside_a_probe_only_losses_speak),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
