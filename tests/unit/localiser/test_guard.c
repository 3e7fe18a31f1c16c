/* SPDX-License-Identifier: BSD-3-Clause */
#include "control/localiser/guard.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#define SECOND 1000000000ull

static const struct component_shape shape = {.leaf_count = 4, .spine_count = 8, .port_count = 16};

static struct guard *create(void)
{
    struct guard_config config;
    guard_config_default(&config, &shape);
    struct guard *g = guard_create(&config);
    assert_non_null(g);
    return g;
}

static struct verdict lossy(uint32_t leaf, uint32_t spine)
{
    return (struct verdict){.number = 1 + leaf * 8 + spine,
                            .kind = VERDICT_LOSSY,
                            .state = VERDICT_CONFIRMED,
                            .component_count = 1,
                            .components = {{.kind = COMPONENT_UP, .place = leaf, .spine = spine}},
                            .confidence = 0.999};
}

static enum guard_action_kind propose(struct guard *g, const struct verdict *v, uint64_t now)
{
    struct guard_action a;
    guard_propose(g, v, now, &a);
    assert_true(a.reason[0] != '\0');
    return a.kind;
}

static void a_lossy_link_is_drained_once(void **state)
{
    (void)state;
    struct guard *g = create();
    struct verdict v = lossy(1, 2);
    assert_int_equal(propose(g, &v, 0), GUARD_DRAIN);
    assert_int_equal(propose(g, &v, 1), GUARD_REPORT);
    guard_destroy(g);
}

static void of_a_leaf_only_an_eighth_is_drained(void **state)
{
    (void)state;
    struct guard *g = create();
    struct verdict first = lossy(1, 2), second = lossy(1, 5), elsewhere = lossy(2, 5);
    assert_int_equal(propose(g, &first, 0), GUARD_DRAIN);
    assert_int_equal(propose(g, &second, 0), GUARD_REPORT);
    assert_int_equal(propose(g, &elsewhere, 0), GUARD_DRAIN);
    guard_destroy(g);
}

static void an_operators_drain_counts(void **state)
{
    (void)state;
    struct guard *g = create();
    struct verdict v = lossy(1, 5);
    struct component c = {.kind = COMPONENT_UP, .place = 1, .spine = 0};
    guard_on_operator(g, &c, true);
    assert_int_equal(propose(g, &v, 0), GUARD_REPORT);
    guard_on_operator(g, &c, false);
    assert_int_equal(propose(g, &v, 0), GUARD_DRAIN);
    guard_destroy(g);
}

static void actions_are_rationed_in_time(void **state)
{
    (void)state;
    struct guard_config config;
    guard_config_default(&config, &shape);
    config.actions_max = 2;
    struct guard *g = guard_create(&config);
    struct verdict a = lossy(0, 0), b = lossy(1, 1), c = lossy(2, 2);
    assert_int_equal(propose(g, &a, 0), GUARD_DRAIN);
    assert_int_equal(propose(g, &b, SECOND), GUARD_DRAIN);
    assert_int_equal(propose(g, &c, 2 * SECOND), GUARD_REPORT);
    assert_int_equal(propose(g, &c, config.actions_ns), GUARD_DRAIN);
    guard_destroy(g);
}

static void congestion_is_never_drained(void **state)
{
    (void)state;
    struct guard *g = create();
    struct verdict v = lossy(1, 2);
    struct guard_action a;
    v.kind = VERDICT_CONGESTED;
    guard_set_override(g, &v.components[0], GUARD_ALWAYS);
    guard_propose(g, &v, 0, &a);
    assert_int_equal(a.kind, GUARD_REWEIGHT);
    assert_true(a.weight > 0);
    guard_destroy(g);
}

static void a_slow_link_gets_the_weight_that_it_is_worth(void **state)
{
    (void)state;
    struct guard *g = create();
    struct verdict v = lossy(1, 2);
    struct guard_action a;
    v.kind = VERDICT_REDUCED_RATE;
    v.evidence.excess = 2;
    guard_propose(g, &v, 0, &a);
    assert_int_equal(a.kind, GUARD_REWEIGHT);
    assert_int_equal(a.weight, 4);
    v = lossy(2, 2);
    v.kind = VERDICT_REDUCED_RATE;
    v.evidence.excess = 10;
    assert_int_equal(propose(g, &v, 0), GUARD_DRAIN);
    guard_destroy(g);
}

static void doubt_is_only_reported(void **state)
{
    (void)state;
    struct guard *g = create();
    struct verdict v = lossy(1, 2);
    v.state = VERDICT_SUSPECTED;
    assert_int_equal(propose(g, &v, 0), GUARD_REPORT);
    v = lossy(1, 2);
    v.component_count = 2;
    assert_int_equal(propose(g, &v, 0), GUARD_REPORT);
    v = lossy(1, 2);
    v.confidence = 0.5;
    assert_int_equal(propose(g, &v, 0), GUARD_REPORT);
    v = lossy(1, 2);
    guard_set_override(g, &v.components[0], GUARD_NEVER);
    assert_int_equal(propose(g, &v, 0), GUARD_REPORT);
    guard_destroy(g);
}

static void hosts_and_hangs_are_for_others_to_act_on(void **state)
{
    (void)state;
    struct guard *g = create();
    struct verdict v = {.kind = VERDICT_NEVER_ENTERED, .state = VERDICT_CONFIRMED, .confidence = 1};
    assert_int_equal(propose(g, &v, 0), GUARD_NOTIFY);
    v = lossy(0, 0);
    v.components[0] = (struct component){.kind = COMPONENT_TX, .place = 3};
    assert_int_equal(propose(g, &v, 0), GUARD_NOTIFY);
    guard_destroy(g);
}

static void a_dry_run_does_nothing(void **state)
{
    (void)state;
    struct guard *g = create();
    struct verdict v = lossy(1, 2);
    struct guard_action a;
    guard_set_dry_run(g, true);
    guard_propose(g, &v, 0, &a);
    assert_int_equal(a.kind, GUARD_DRAIN);
    assert_true(a.dry_run);
    guard_set_dry_run(g, false);
    assert_int_equal(propose(g, &v, 0), GUARD_DRAIN); /* it was not done before */
    guard_destroy(g);
}

static void clean_probes_for_long_enough_bring_a_link_back(void **state)
{
    (void)state;
    struct guard *g = create();
    struct verdict v = lossy(1, 2);
    struct guard_action a;
    assert_int_equal(propose(g, &v, 0), GUARD_DRAIN);
    for (unsigned i = 0; i < 16; i++)
        guard_on_probe(g, &v.components[0], true, i * SECOND);
    assert_false(guard_next_restoration(g, 59 * SECOND, &a));
    guard_on_probe(g, &v.components[0], false, 59 * SECOND);
    assert_false(guard_next_restoration(g, 200 * SECOND, &a));
    for (unsigned i = 0; i < 16; i++)
        guard_on_probe(g, &v.components[0], true, (60 + i) * SECOND);
    assert_true(guard_next_restoration(g, 119 * SECOND, &a));
    assert_int_equal(a.kind, GUARD_RESTORE);
    assert_int_equal(a.component.place, 1);
    assert_int_equal(a.component.spine, 2);
    assert_false(guard_next_restoration(g, 200 * SECOND, &a));
    guard_destroy(g);
}

/* Each relapse doubles the time. */
static void what_relapses_stays_out_for_longer(void **state)
{
    (void)state;
    struct guard *g = create();
    struct verdict v = lossy(1, 2);
    struct guard_action a;
    uint64_t now = 0;
    for (uint64_t hold = 60; hold <= 240; hold *= 2, now += 1000 * SECOND) {
        assert_int_equal(propose(g, &v, now), GUARD_DRAIN);
        for (unsigned i = 0; i < 16; i++)
            guard_on_probe(g, &v.components[0], true, now);
        assert_false(guard_next_restoration(g, now + hold * SECOND - 1, &a));
        assert_true(guard_next_restoration(g, now + hold * SECOND, &a));
    }
    guard_destroy(g);
}

static void a_verdict_that_is_withdrawn_is_undone(void **state)
{
    (void)state;
    struct guard *g = create();
    struct verdict v = lossy(1, 2), other = lossy(1, 2);
    assert_int_equal(propose(g, &v, 0), GUARD_DRAIN);
    other.number = 999;
    other.state = VERDICT_CLEARED;
    assert_int_equal(propose(g, &other, 1), GUARD_REPORT);
    v.state = VERDICT_WITHDRAWN;
    assert_int_equal(propose(g, &v, 2), GUARD_RESTORE);
    guard_destroy(g);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_lossy_link_is_drained_once),
        cmocka_unit_test(of_a_leaf_only_an_eighth_is_drained),
        cmocka_unit_test(an_operators_drain_counts),
        cmocka_unit_test(actions_are_rationed_in_time),
        cmocka_unit_test(congestion_is_never_drained),
        cmocka_unit_test(a_slow_link_gets_the_weight_that_it_is_worth),
        cmocka_unit_test(doubt_is_only_reported),
        cmocka_unit_test(hosts_and_hangs_are_for_others_to_act_on),
        cmocka_unit_test(a_dry_run_does_nothing),
        cmocka_unit_test(clean_probes_for_long_enough_bring_a_link_back),
        cmocka_unit_test(what_relapses_stays_out_for_longer),
        cmocka_unit_test(a_verdict_that_is_withdrawn_is_undone),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
