/* SPDX-License-Identifier: BSD-3-Clause */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tests/unit/localiser/small_fabric.h"

#define MS 1000000ull

struct test {
    struct small_fabric fabric;
    uint64_t now;
};

/* Before any traffic was told of. */
static void begin_quietly(struct test *t)
{
    struct localiser_config config;
    localiser_config_default(&config);
    small_fabric_create(&t->fabric, &config);
    t->now = small_fabric_now(&t->fabric);
}

static void begin(struct test *t)
{
    begin_quietly(t);
    for (unsigned i = 0; i < 3; i++)
        small_fabric_step(&t->fabric);
    t->now = small_fabric_now(&t->fabric);
}

static void tell(struct test *t, uint32_t source, uint32_t destination, enum timing_kind kind, uint16_t path)
{
    struct timing_record r = small_fabric_message(&t->fabric, source, destination);
    r.kind = (uint8_t)kind;
    r.path = path;
    if (kind == TIMING_SILENT) {
        r.bytes = 0;
        r.network_ns = 4 * MS;
        r.retransmits = 3;
    }
    localiser_take_record(t->fabric.localiser, r.source, &r, t->now);
}

static bool judged(struct test *t, uint64_t later_ns, struct verdict *v)
{
    t->now += later_ns;
    localiser_tick(t->fabric.localiser, t->now);
    return localiser_next_verdict(t->fabric.localiser, v);
}

static void what_all_silent_paths_share_is_the_hole(void **state)
{
    (void)state;
    struct test t;
    struct verdict v;
    begin(&t);
    for (uint32_t from = 4; from < 8; from++) /* leaf 1 to all others over spine 2 */
        for (uint32_t to = 8; to < 16; to++)
            tell(&t, from, to, TIMING_SILENT, 2);
    assert_true(judged(&t, 60 * MS, &v));
    assert_int_equal(v.kind, VERDICT_BLACK_HOLE);
    assert_int_equal(v.state, VERDICT_CONFIRMED);
    assert_int_equal(v.component_count, 1);
    assert_int_equal(v.components[0].kind, COMPONENT_UP);
    assert_int_equal(v.components[0].place, 1);
    assert_int_equal(v.components[0].spine, 2);
    assert_int_equal(v.evidence.silent_flows, 32);
    small_fabric_destroy(&t.fabric);
}

static void a_host_that_nobody_reaches_is_the_host(void **state)
{
    (void)state;
    struct test t;
    struct verdict v;
    begin(&t);
    for (uint32_t from = 0; from < 12; from++)
        for (uint16_t path = 0; path < SMALL_SPINES; path++)
            tell(&t, from, 13, TIMING_SILENT, path);
    assert_true(judged(&t, 60 * MS, &v));
    assert_int_equal(v.components[0].kind, COMPONENT_RX);
    assert_int_equal(v.components[0].place, 13);
    small_fabric_destroy(&t.fabric);
}

/* Answers all probes that are asked for as a fabric would in which they are lost that `lost` says so of. */
static unsigned answer_probes(struct test *t, bool (*lost)(const struct test *, const struct probe_request *))
{
    struct probe_request p;
    unsigned probes = 0;
    for (; localiser_next_probe(t->fabric.localiser, &p); probes++) {
        struct timing_record answer = {.sequence = p.number,
                                       .kind = TIMING_PROBE,
                                       .source = p.source,
                                       .destination = p.destination,
                                       .path = p.path,
                                       .packets = p.packets};
        answer.retransmits = lost(t, &p) ? p.packets : 0;
        localiser_take_record(t->fabric.localiser, p.source, &answer, t->now);
    }
    return probes;
}

static bool lost_on_the_downlink(const struct test *t, const struct probe_request *p)
{
    return p->path == 1 && small_fabric_leaf(&t->fabric, p->destination) == 2 && !p->turns_at_spine;
}

/* Between two leaves the uplink and the downlink carry the same flows: probes are asked for, and decide. */
static void a_tie_is_decided_by_probes(void **state)
{
    (void)state;
    struct test t;
    struct verdict v;
    begin(&t);
    for (uint32_t from = 0; from < 4; from++)
        for (uint32_t to = 8; to < 12; to++)
            tell(&t, from, to, TIMING_SILENT, 1);
    assert_false(judged(&t, 60 * MS, &v));
    assert_true(answer_probes(&t, lost_on_the_downlink) >= 2);
    assert_true(judged(&t, MS, &v));
    assert_int_equal(v.state, VERDICT_CONFIRMED);
    assert_int_equal(v.components[0].kind, COMPONENT_DOWN);
    assert_int_equal(v.components[0].place, 2);
    small_fabric_destroy(&t.fabric);
}

static bool lost_on_the_cable(const struct test *t, const struct probe_request *p)
{
    uint32_t from = small_fabric_leaf(&t->fabric, p->source),
             to = small_fabric_leaf(&t->fabric, p->destination);
    return p->path == 1 && (from == 0 || to == 0);
}

/* A ring crosses a dead cable by few flows, each direction's acks die on the other, and those that are silent
 * all cross the spine. */
static void a_cable_of_a_ring_is_told_by_the_first_probes(void **state)
{
    (void)state;
    struct test t;
    struct verdict v;
    begin_quietly(&t);
    for (uint32_t leaf = 1; leaf < 4; leaf++) {
        tell(&t, 0, 4 * leaf, TIMING_SILENT, 1);
        tell(&t, 4 * leaf, 0, TIMING_SILENT, 1);
    }
    assert_false(judged(&t, 60 * MS, &v));
    assert_true(answer_probes(&t, lost_on_the_cable) > 0);
    assert_true(judged(&t, MS, &v));
    assert_int_equal(v.kind, VERDICT_BLACK_HOLE);
    assert_int_equal(v.state, VERDICT_CONFIRMED);
    assert_int_equal(v.component_count, 1);
    assert_true(v.components[0].kind == COMPONENT_UP || v.components[0].kind == COMPONENT_DOWN);
    assert_int_equal(v.components[0].place, 0);
    assert_int_equal(v.components[0].spine, 1);
    small_fabric_destroy(&t.fabric);
}

/* Probes make more of one flow's word: less than one case in a hundred is left to doubt. */
static void one_flow_and_probes_are_sure_enough(void **state)
{
    (void)state;
    struct test t;
    struct verdict v;
    begin_quietly(&t);
    tell(&t, 0, 9, TIMING_SILENT, 1);
    assert_false(judged(&t, 300 * MS, &v));
    assert_true(answer_probes(&t, lost_on_the_downlink) > 0);
    assert_true(judged(&t, MS, &v));
    assert_int_equal(v.components[0].kind, COMPONENT_DOWN);
    assert_true(v.confidence > 0.99);
    small_fabric_destroy(&t.fabric);
}

static void what_answers_again_is_not_held_against_it(void **state)
{
    (void)state;
    struct test t;
    struct verdict v;
    begin(&t);
    for (uint32_t from = 4; from < 8; from++) {
        tell(&t, from, 12, TIMING_SILENT, 2);
        tell(&t, from, 12, TIMING_ANSWERS, 2);
    }
    assert_false(judged(&t, 60 * MS, &v));
    assert_false(judged(&t, 300 * MS, &v));
    small_fabric_destroy(&t.fabric);
}

static void tell_hole(struct test *t)
{
    for (uint32_t from = 4; from < 8; from++)
        for (uint32_t to = 8; to < 16; to++)
            tell(t, from, to, TIMING_SILENT, 2);
}

/* Monitors tell late of what was before the link was mended; what is silent since then is another matter. */
static void silence_from_before_it_was_mended_is_forgiven(void **state)
{
    (void)state;
    struct test t;
    struct verdict v;
    struct component link = {.kind = COMPONENT_UP, .place = 1, .spine = 2};
    begin(&t);
    tell_hole(&t);
    assert_true(judged(&t, 60 * MS, &v));
    localiser_forget(t.fabric.localiser, &link);
    t.now += 3 * MS; /* less than the silence that is told of */
    tell_hole(&t);
    assert_false(judged(&t, 300 * MS, &v));
    tell_hole(&t);
    assert_true(judged(&t, 60 * MS, &v));
    assert_int_equal(v.kind, VERDICT_BLACK_HOLE);
    small_fabric_destroy(&t.fabric);
}

/* One host's silence is not believed of others, and never told when nobody probes. */
static void one_host_alone_is_not_believed(void **state)
{
    (void)state;
    struct test t;
    struct verdict v;
    begin(&t);
    for (uint32_t to = 4; to < 16; to++)
        tell(&t, 0, to, TIMING_SILENT, 3);
    for (unsigned i = 0; i < 100; i++)
        assert_false(judged(&t, 100 * MS, &v) && v.components[0].kind != COMPONENT_TX);
    small_fabric_destroy(&t.fabric);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_all_silent_paths_share_is_the_hole),
        cmocka_unit_test(a_host_that_nobody_reaches_is_the_host),
        cmocka_unit_test(a_tie_is_decided_by_probes),
        cmocka_unit_test(a_cable_of_a_ring_is_told_by_the_first_probes),
        cmocka_unit_test(one_flow_and_probes_are_sure_enough),
        cmocka_unit_test(what_answers_again_is_not_held_against_it),
        cmocka_unit_test(silence_from_before_it_was_mended_is_forgiven),
        cmocka_unit_test(one_host_alone_is_not_believed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
