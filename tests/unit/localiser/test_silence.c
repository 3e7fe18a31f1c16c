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

static void begin(struct test *t)
{
    struct localiser_config config;
    localiser_config_default(&config);
    small_fabric_create(&t->fabric, &config);
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

/* Between two leaves the uplink and the downlink carry the same flows: probes are asked for, and decide. */
static void a_tie_is_decided_by_probes(void **state)
{
    (void)state;
    struct test t;
    struct verdict v;
    struct probe_request p;
    begin(&t);
    for (uint32_t from = 0; from < 4; from++)
        for (uint32_t to = 8; to < 12; to++)
            tell(&t, from, to, TIMING_SILENT, 1);
    assert_false(judged(&t, 60 * MS, &v));
    unsigned probes = 0;
    while (localiser_next_probe(t.fabric.localiser, &p)) {
        uint32_t to = small_fabric_leaf(&t.fabric, p.destination);
        struct timing_record answer = {.sequence = p.number,
                                       .kind = TIMING_PROBE,
                                       .source = p.source,
                                       .destination = p.destination,
                                       .path = p.path,
                                       .packets = p.packets};
        answer.retransmits = p.path == 1 && to == 2 && !p.turns_at_spine ? p.packets : 0; /* the downlink */
        localiser_take_record(t.fabric.localiser, p.source, &answer, t.now);
        probes++;
    }
    assert_true(probes >= 2);
    assert_true(judged(&t, MS, &v));
    assert_int_equal(v.state, VERDICT_CONFIRMED);
    assert_int_equal(v.components[0].kind, COMPONENT_DOWN);
    assert_int_equal(v.components[0].place, 2);
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
        cmocka_unit_test(what_answers_again_is_not_held_against_it),
        cmocka_unit_test(silence_from_before_it_was_mended_is_forgiven),
        cmocka_unit_test(one_host_alone_is_not_believed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
