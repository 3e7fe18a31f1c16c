/* SPDX-License-Identifier: BSD-3-Clause */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "control/localiser/probing.h"

enum {
    LEAVES = 3,
    SPINES = 2,
    PORTS = 6
};
static const uint32_t port_leaf[PORTS] = {0, 0, 1, 1, 2, 2};
static const uint32_t first[LEAVES + 1] = {0, 2, 4, 6}, ports[PORTS] = {0, 1, 2, 3, 4, 5};
static const struct leaf_ports leaves = {.first = first, .ports = ports};
static const struct flow_map map = {
    .shape = {.leaf_count = LEAVES, .spine_count = SPINES, .port_count = PORTS}, .port_leaf = port_leaf};
static struct evidence evidence;

static int create(void **state)
{
    (void)state;
    static struct localiser_config config;
    localiser_config_default(&config);
    return evidence_create(&evidence, &map, &config);
}

static int destroy(void **state)
{
    (void)state;
    evidence_destroy(&evidence);
    return 0;
}

static uint32_t number(enum component_kind kind, uint32_t place, uint32_t spine)
{
    struct component c = {.kind = kind, .place = place, .spine = spine};
    return component_number(&map.shape, &c);
}

/* A link and its spine are in doubt, for losses. */
static struct suspicion link_or_spine(void)
{
    return (struct suspicion){.channel = EVIDENCE_LOSS_HIGH,
                              .count = 2,
                              .components = {number(COMPONENT_DOWN, 2, 1), number(COMPONENT_SPINE, 1, 0)},
                              .reporters = 2};
}
static const struct probe_need need = {.channel = EVIDENCE_LOSS_HIGH, .loss = 0.01, .duty = 1};

static void answer(struct probing *p, uint32_t index, uint32_t lost)
{
    struct timing_record r = {.packets = 1000, .retransmits = lost, .network_ns = 1000};
    p->first_number = 1;
    assert_true(probing_on_answer(p, 1 + index, &r));
}

static void a_probe_keeps_its_acks_off_the_others_in_doubt(void **state)
{
    (void)state;
    struct probing p = {0};
    struct suspicion s = link_or_spine();
    probing_plan(&p, &evidence, &leaves, &s, &need);
    assert_int_equal(p.count, 1); /* none crosses the link and not its spine */
    assert_true(flow_crosses(&map, &p.probes[0].flow, number(COMPONENT_SPINE, 1, 0)));
    assert_false(flow_crosses(&map, &p.probes[0].flow, number(COMPONENT_DOWN, 2, 1)));
    assert_false(flow_crosses(&map, &p.probes[0].flow, number(COMPONENT_UP, 2, 1)));
}

/* One whose acks come back over the link in doubt, and one that has nothing to do with that. */
static const struct probe with_acks = {.flow = {.source = 4, .destination = 0, .spine = 1},
                                       .packets = 1000,
                                       .repeats = 1},
                          without = {.flow = {.source = 0, .destination = 2, .spine = 1},
                                     .packets = 1000,
                                     .repeats = 1};

static void answer_badly(const struct probe *probe, const struct suspicion *s, struct probe_tally *tally)
{
    struct probing p = {.count = 1, .probes = {*probe}};
    answer(&p, 0, 20);
    probing_tally(&p, &map, s, &need, tally);
}

static void what_may_be_lost_of_acks_convicts_nobody(void **state)
{
    (void)state;
    struct suspicion s = link_or_spine();
    struct probe_tally tally = {0};
    answer_badly(&with_acks, &s, &tally);
    answer_badly(&with_acks, &s, &tally);
    assert_int_equal(tally.failed, 2);
    assert_int_equal(probing_word(&tally, &need, 1), PROBE_UNDECIDED);
    answer_badly(&without, &s, &tally);
    assert_int_equal(probing_word(&tally, &need, 1), PROBE_CONVICTS);
}

static void a_tally_follows_the_members_that_stay(void **state)
{
    (void)state;
    bool keep[VERDICT_COMPONENTS_MAX] = {false, true, false, true};
    struct probe_tally tally = {
        .clean = {1, 2, 3, 4}, .bad = {5, 6, 7, 8}, .excuses = {0, 1u << 3 | 1, 0, 1u << 2}};
    probing_tally_keep(&tally, 4, keep);
    assert_int_equal(tally.clean[0], 2);
    assert_int_equal(tally.clean[1], 4);
    assert_int_equal(tally.bad[1], 8);
    assert_int_equal(tally.excuses[0], 1u << 1);
    assert_int_equal(tally.excuses[1], 0);
}

static void a_clean_probe_clears_and_two_failures_convict(void **state)
{
    (void)state;
    struct suspicion s = link_or_spine();
    struct probe_tally tally = {0};
    answer_badly(&without, &s, &tally);
    assert_int_equal(probing_word(&tally, &need, 1), PROBE_UNDECIDED);
    answer_badly(&without, &s, &tally);
    assert_int_equal(probing_word(&tally, &need, 1), PROBE_CONVICTS);
    struct probing p = {.count = 1, .probes = {without}};
    tally = (struct probe_tally){0};
    answer(&p, 0, 0);
    probing_tally(&p, &map, &s, &need, &tally);
    assert_int_equal(probing_word(&tally, &need, 1), PROBE_CLEARS);
    assert_int_equal(probing_word(&tally, &need, 0), PROBE_UNDECIDED);
}

/* ---- silence: both directions of leaf0-spine1 are dead, and no flow tells its ends from those of others
 * ---- */

static struct suspicion cable_others_or_spine(void)
{
    return (struct suspicion){.channel = EVIDENCE_LOSS_HIGH,
                              .count = 4,
                              .components = {number(COMPONENT_DOWN, 0, 1), number(COMPONENT_UP, 1, 1),
                                             number(COMPONENT_UP, 2, 1), number(COMPONENT_SPINE, 1, 0)},
                              .reporters = 2};
}
static const struct probe_need silence = {.channel = EVIDENCE_LOSS_HIGH, .silence = true};

/* Whatever goes to leaf 0 over spine 1, or comes from there, stays away, or its acks do. */
static void answer_all(struct probing *p)
{
    for (uint32_t i = 0; i < p->count; i++) {
        const struct flow *f = &p->probes[i].flow;
        bool dead = f->spine == 1 && (port_leaf[f->source] == 0 || port_leaf[f->destination] == 0);
        answer(p, i, dead ? 1000 : 0);
    }
}

static void of_silence_a_probe_may_cross_the_switch_of_a_link_too(void **state)
{
    (void)state;
    struct probing p = {0};
    struct suspicion s = cable_others_or_spine();
    struct probe_tally tally = {0};
    probing_plan(&p, &evidence, &leaves, &s, &silence);
    assert_int_equal(p.count, 4);
    assert_true(p.probes[0].flow.turns); /* what goes to leaf 0 from others crosses two links in doubt */
    answer_all(&p);
    probing_tally(&p, &map, &s, &silence, &tally);
    assert_int_equal(probing_word(&tally, &silence, 0), PROBE_CONVICTS);
    for (uint32_t i = 1; i < s.count; i++)
        assert_int_equal(probing_word(&tally, &silence, i), PROBE_CLEARS);
}

static void failures_raise_the_confidence_and_what_is_clean_lowers_it(void **state)
{
    (void)state;
    const struct probe_need rare = {.channel = EVIDENCE_LOSS_HIGH, .loss = 0.01, .duty = 0.3};
    struct probe_tally none = {0}, failed = {.bad = {2}}, mixed = {.bad = {1}, .clean = {1}};
    assert_float_equal(probing_confidence(&none, &silence, 0, 0.95), 0.95, 1e-9);
    assert_float_equal(probing_confidence(&failed, &silence, 0, 0.95), 1 - 1 / (1 + 19 * 99. * 99), 1e-9);
    assert_float_equal(probing_confidence(&mixed, &silence, 0, 0.95), 0.95, 1e-9);
    assert_true(probing_confidence(&failed, &rare, 0, 0.95) < probing_confidence(&failed, &silence, 0, 0.95));
    assert_true(probing_confidence(&mixed, &rare, 0, 0.95) > 0.99); /* one that is clean says little */
    assert_float_equal(probing_confidence(&failed, &silence, 0, 1), 1, 1e-9);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_probe_keeps_its_acks_off_the_others_in_doubt, create, destroy),
        cmocka_unit_test(what_may_be_lost_of_acks_convicts_nobody),
        cmocka_unit_test(a_tally_follows_the_members_that_stay),
        cmocka_unit_test(a_clean_probe_clears_and_two_failures_convict),
        cmocka_unit_test_setup_teardown(of_silence_a_probe_may_cross_the_switch_of_a_link_too, create,
                                        destroy),
        cmocka_unit_test(failures_raise_the_confidence_and_what_is_clean_lowers_it),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
