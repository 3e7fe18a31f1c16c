/* SPDX-License-Identifier: BSD-3-Clause */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "tests/unit/localiser/small_fabric.h"

enum {
    BEFORE = 25, /* steps in which all is well */
    SOON = 20
};

/* What is wrong with the fabric of a test. */
struct trouble {
    struct small_fabric *fabric;
    struct component component;
    double slow;          /* times of what crosses it */
    uint32_t retransmits; /* of each message that crosses it */
    double marks;         /* share of its packets */
    bool all;             /* everything is slow */
    uint32_t liar;        /* a port that says so of all that it sends over spine `component.spine` */
    double late;
    bool held_up; /* it enters late because it has ended late */
    bool on;
};

static bool crosses(const struct trouble *t, const struct timing_record *r)
{
    uint32_t from = small_fabric_leaf(t->fabric, r->source),
             to = small_fabric_leaf(t->fabric, r->destination);
    uint32_t port = t->component.place;
    if (t->all)
        return true;
    if (t->liar != 0)
        return r->source == t->liar && r->path == t->component.spine;
    switch (t->component.kind) {
    case COMPONENT_UP:
        return from == port && r->path == t->component.spine;
    case COMPONENT_DOWN:
        return to == port && r->path == t->component.spine;
    case COMPONENT_TX:
        return r->source == t->fabric->ports[port].address;
    case COMPONENT_RX:
        return r->destination == t->fabric->ports[port].address;
    case COMPONENT_SPINE:
        return r->path == port;
    case COMPONENT_LEAF:
    case COMPONENT_KINDS:
        break;
    }
    return false;
}

static bool change(void *context, struct timing_record *r)
{
    const struct trouble *t = context;
    if (t->liar != 0 && r->source != t->liar && r->path == t->component.spine &&
        small_fabric_leaf(t->fabric, r->source) == small_fabric_leaf(t->fabric, t->liar))
        return false; /* nobody else uses what it speaks of */
    if (t->on && r->kind == TIMING_SENT && t->late == 0 && crosses(t, r)) {
        r->network_ns = (uint64_t)((double)r->network_ns * (t->slow > 0 ? t->slow : 1));
        r->retransmits = t->retransmits;
        r->marks = (uint32_t)(t->marks * r->packets);
        if (t->marks > 0)
            r->minimum_rtt_ns *= 2;
    }
    bool own = r->source == t->fabric->ports[t->component.place].address;
    if (t->on && r->kind == TIMING_ENTERED && t->late > 0 && own)
        r->at_ns += (uint64_t)(t->late * 1e6);
    if (t->on && r->kind == TIMING_ENDED && t->late > 0 && !own) /* it waits for that one */
        r->network_ns = (uint64_t)((double)r->network_ns * (1 + t->late));
    if (t->on && r->kind == TIMING_ENDED && t->held_up && own)
        r->at_ns += (uint64_t)(t->late * 1e6);
    return true;
}

/* After some steps in which all is well; the first verdict, or false. */
static bool run(struct small_fabric *f, struct trouble *t, struct verdict *v)
{
    struct localiser_config config;
    localiser_config_default(&config);
    small_fabric_create(f, &config);
    t->fabric = f;
    f->change = change;
    f->context = t;
    assert_false(small_fabric_await(f, BEFORE, v));
    t->on = true;
    return small_fabric_await(f, SOON, v);
}

static void assert_names(const struct verdict *v, enum verdict_kind kind, struct component c)
{
    char text[VERDICT_TEXT_BYTES];
    verdict_explain(v, text);
    if (v->state != VERDICT_CONFIRMED || v->kind != kind || v->component_count != 1 ||
        v->components[0].kind != c.kind || v->components[0].place != c.place ||
        v->components[0].spine != c.spine)
        fail_msg("%s", text);
}

static void a_slow_link_is_named_and_nothing_else(void **state)
{
    (void)state;
    struct small_fabric f;
    struct verdict v;
    struct trouble t = {.component = {.kind = COMPONENT_UP, .place = 2, .spine = 1}, .slow = 1.3};
    assert_true(run(&f, &t, &v));
    assert_names(&v, VERDICT_REDUCED_RATE, t.component);
    assert_true(fabs(v.evidence.excess - 1.3) < 0.05);
    assert_true(v.evidence.bad_rounds <= SOON && v.confidence > 0.99);
    assert_false(small_fabric_await(&f, 60, &v));
    small_fabric_destroy(&f);
}

static void lost_packets_are_told_from_slowness(void **state)
{
    (void)state;
    struct small_fabric f;
    struct verdict v;
    struct trouble t = {
        .component = {.kind = COMPONENT_DOWN, .place = 0, .spine = 3}, .slow = 1.2, .retransmits = 2};
    assert_true(run(&f, &t, &v));
    assert_names(&v, VERDICT_LOSSY, t.component);
    small_fabric_destroy(&f);
}

static void congestion_is_not_a_fault(void **state)
{
    (void)state;
    struct small_fabric f;
    struct verdict v;
    struct trouble t = {
        .component = {.kind = COMPONENT_UP, .place = 1, .spine = 0}, .slow = 1.5, .marks = 0.3};
    assert_true(run(&f, &t, &v));
    assert_names(&v, VERDICT_CONGESTED, t.component);
    small_fabric_destroy(&f);
}

static void a_host_is_told_from_its_links(void **state)
{
    (void)state;
    struct small_fabric f;
    struct verdict v;
    struct trouble sends = {.component = {.kind = COMPONENT_TX, .place = 6}, .slow = 1.4};
    assert_true(run(&f, &sends, &v));
    assert_names(&v, VERDICT_HOST_SENDING, sends.component);
    small_fabric_destroy(&f);
    struct trouble receives = {.component = {.kind = COMPONENT_RX, .place = 9}, .slow = 1.4};
    assert_true(run(&f, &receives, &v));
    assert_names(&v, VERDICT_HOST_RECEIVING, receives.component);
    small_fabric_destroy(&f);
}

static void a_spine_is_told_from_its_links(void **state)
{
    (void)state;
    struct small_fabric f;
    struct verdict v;
    struct trouble t = {.component = {.kind = COMPONENT_SPINE, .place = 2}, .slow = 1.3};
    assert_true(run(&f, &t, &v));
    assert_names(&v, VERDICT_REDUCED_RATE, t.component);
    small_fabric_destroy(&f);
}

static void who_comes_late_is_a_straggler(void **state)
{
    (void)state;
    struct small_fabric f;
    struct verdict v;
    struct trouble t = {.component = {.kind = COMPONENT_TX, .place = 11}, .late = 0.25};
    assert_true(run(&f, &t, &v));
    assert_names(&v, VERDICT_STRAGGLER, t.component);
    small_fabric_destroy(&f);
}

/* Its own clock says that it was away for as long as others. */
static void who_was_held_up_is_no_straggler(void **state)
{
    (void)state;
    struct small_fabric f;
    struct verdict v;
    struct trouble t = {.component = {.kind = COMPONENT_TX, .place = 11}, .late = 0.25, .held_up = true};
    assert_false(run(&f, &t, &v));
    small_fabric_destroy(&f);
}

static void when_all_are_slow_nobody_is_blamed(void **state)
{
    (void)state;
    struct small_fabric f;
    struct verdict v;
    struct trouble t = {.all = true, .slow = 2};
    struct localiser_counters counters;
    assert_false(run(&f, &t, &v));
    localiser_get_counters(f.localiser, &counters);
    assert_true(counters.common_mode_rounds > 0);
    small_fabric_destroy(&f);
}

/* Whatever one host says of a path, nobody else is blamed while no probe bears it out. */
static void one_host_alone_convicts_nobody(void **state)
{
    (void)state;
    struct small_fabric f;
    struct verdict v;
    struct probe_request probe;
    struct trouble t = {.component = {.spine = 2}, .slow = 3, .liar = 10u << 24 | 2 << 16 | 1};
    assert_false(run(&f, &t, &v));
    assert_true(localiser_next_probe(f.localiser, &probe));
    assert_int_not_equal(probe.source, t.liar); /* others are asked */
    assert_false(small_fabric_await(&f, 40, &v));
    small_fabric_destroy(&f);
}

static void what_is_well_again_is_cleared(void **state)
{
    (void)state;
    struct small_fabric f;
    struct verdict v;
    struct trouble t = {.component = {.kind = COMPONENT_UP, .place = 3, .spine = 2}, .slow = 1.5};
    assert_true(run(&f, &t, &v));
    uint64_t number = v.number;
    t.on = false;
    assert_true(small_fabric_await(&f, 150, &v));
    assert_int_equal(v.state, VERDICT_CLEARED);
    assert_int_equal(v.number, number);
    small_fabric_destroy(&f);
}

static void equal_calls_give_equal_verdicts(void **state)
{
    (void)state;
    struct small_fabric a, b;
    struct verdict v[2];
    struct trouble t = {.component = {.kind = COMPONENT_DOWN, .place = 1, .spine = 1}, .slow = 1.2};
    memset(v, 0, sizeof(v));
    assert_true(run(&a, &t, &v[0]));
    t.on = false;
    assert_true(run(&b, &t, &v[1]));
    assert_memory_equal(&v[0], &v[1], sizeof(v[0]));
    small_fabric_destroy(&a);
    small_fabric_destroy(&b);
}

static void a_hang_names_who_never_came(void **state)
{
    (void)state;
    struct small_fabric f;
    struct localiser_config config;
    struct verdict v;
    localiser_config_default(&config);
    small_fabric_create(&f, &config);
    for (uint32_t i = 0; i < SMALL_PORTS; i++) {
        struct timing_record r = small_fabric_message(&f, i, i);
        r.kind = TIMING_ENTERED;
        r.bytes = 0;
        if (i != 3)
            small_fabric_tell(&f, &r);
    }
    localiser_tick(f.localiser, small_fabric_now(&f) + config.hang_ns - 1);
    assert_false(localiser_next_verdict(f.localiser, &v));
    localiser_tick(f.localiser, small_fabric_now(&f) + config.hang_ns);
    assert_true(localiser_next_verdict(f.localiser, &v));
    assert_int_equal(v.kind, VERDICT_NEVER_ENTERED);
    assert_int_equal(v.rank_count, 1);
    assert_int_equal(v.ranks[0], 3);
    small_fabric_destroy(&f);
}

static void a_configuration_that_makes_no_sense_is_refused(void **state)
{
    (void)state;
    char error[LOCALISER_ERROR_BYTES];
    struct localiser *l;
    struct localiser_config config;
    struct localiser_port ports[2] = {{.address = 1}, {.address = 1}};
    struct localiser_fabric fabric = {.leaf_count = 1, .spine_count = 1, .port_count = 2, .ports = ports};
    localiser_config_default(&config);
    assert_true(localiser_create(&fabric, &config, &l, error) < 0); /* an address twice */
    ports[1].address = 2;
    ports[1].leaf = 1;
    assert_true(localiser_create(&fabric, &config, &l, error) < 0); /* a leaf that there is not */
    ports[1].leaf = 0;
    config.noise_floor = NAN;
    assert_true(localiser_create(&fabric, &config, &l, error) < 0);
    localiser_config_default(&config);
    assert_int_equal(localiser_create(&fabric, &config, &l, error), 0);
    localiser_destroy(l);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_slow_link_is_named_and_nothing_else),
        cmocka_unit_test(lost_packets_are_told_from_slowness),
        cmocka_unit_test(congestion_is_not_a_fault),
        cmocka_unit_test(a_host_is_told_from_its_links),
        cmocka_unit_test(a_spine_is_told_from_its_links),
        cmocka_unit_test(who_comes_late_is_a_straggler),
        cmocka_unit_test(who_was_held_up_is_no_straggler),
        cmocka_unit_test(when_all_are_slow_nobody_is_blamed),
        cmocka_unit_test(one_host_alone_convicts_nobody),
        cmocka_unit_test(what_is_well_again_is_cleared),
        cmocka_unit_test(equal_calls_give_equal_verdicts),
        cmocka_unit_test(a_hang_names_who_never_came),
        cmocka_unit_test(a_configuration_that_makes_no_sense_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
