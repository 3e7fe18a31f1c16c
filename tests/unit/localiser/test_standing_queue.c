/* SPDX-License-Identifier: BSD-3-Clause */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "control/localiser/standing_queue.h"

enum {
    LEAVES = 4,
    SPINES = 2,
    PORTS = 8,
    IDLE_NS = 7500,
    SETS = 4
};
static const uint32_t port_leaf[PORTS] = {0, 0, 1, 1, 2, 2, 3, 3};
static const uint32_t first[LEAVES + 1] = {0, 2, 4, 6, 8}, ports[PORTS] = {0, 1, 2, 3, 4, 5, 6, 7};
static const struct leaf_ports leaves = {.first = first, .ports = ports};
static const struct flow_map map = {
    .shape = {.leaf_count = LEAVES, .spine_count = SPINES, .port_count = PORTS}, .port_leaf = port_leaf};

static uint32_t number(enum component_kind kind, uint32_t place, uint32_t spine)
{
    struct component c = {.kind = kind, .place = place, .spine = spine};
    return component_number(&map.shape, &c);
}

/* One set over the link in question, of which so many in a hundred lone packets find it idle; past it, too.
 */
struct silence {
    uint32_t over_percent, past_percent;
};

static void answer_set(struct standing_queue *q, const struct silence *silence)
{
    struct probing p = {0};
    standing_queue_plan(q, &p, &map, &leaves, number(COMPONENT_UP, 1, 0));
    p.first_number = 1;
    for (uint32_t i = 0; i < p.count; i++)
        for (uint32_t k = 0; k < p.probes[i].repeats; k++) {
            uint32_t percent = i < q->paths ? silence->over_percent : silence->past_percent;
            bool quiet = 100 * k < percent * p.probes[i].repeats;
            struct timing_record r = {.packets = 1, .network_ns = quiet ? IDLE_NS : 3 * IDLE_NS};
            assert_true(probing_on_answer(&p, 1 + i, &r));
        }
    standing_queue_count(q, &p);
}

static enum queue_word word_after(unsigned sets, struct silence silence, double excess)
{
    struct standing_queue q = {0};
    assert_int_equal(standing_queue_word(&q, excess), QUEUE_ASK);
    for (unsigned i = 0; i < sets; i++)
        answer_set(&q, &silence);
    return standing_queue_word(&q, excess);
}

static void where_silence_is_a_reduced_rate_passes_at_once(void **state)
{
    (void)state;
    assert_int_equal(word_after(1, (struct silence){60, 80}, 2), QUEUE_PASSES);
}

/* Hosts that share their processors answer late now and then; what is rarely as fast as the fastest is idle
 * all the same. */
static void jitter_is_no_queue(void **state)
{
    (void)state;
    struct standing_queue q = {0};
    struct probing p = {0};
    standing_queue_plan(&q, &p, &map, &leaves, number(COMPONENT_UP, 1, 0));
    p.first_number = 1;
    for (uint32_t i = 0; i < p.count; i++)
        for (uint32_t k = 0; k < p.probes[i].repeats; k++) {
            uint64_t late_ns = IDLE_NS * (9 + (7 * k + i) % 12) / 10; /* up to twice */
            struct timing_record r = {.packets = 1,
                                      .network_ns = k % 4 == 0 ? 9 * IDLE_NS
                                                    : k == 1   ? IDLE_NS * 3 / 4
                                                               : late_ns};
            assert_true(probing_on_answer(&p, 1 + i, &r));
        }
    standing_queue_count(&q, &p);
    assert_int_equal(standing_queue_word(&q, 1.5), QUEUE_PASSES);
}

static void a_queue_that_stands_is_others(void **state)
{
    (void)state;
    assert_int_equal(word_after(1, (struct silence){10, 80}, 1.5), QUEUE_ASK);
    assert_int_equal(word_after(SETS, (struct silence){10, 80}, 1.5), QUEUE_STANDS);
}

/* The jobs are never silent, or would not be over a link that is so much slower: then a set is enough. */
static void without_silence_nobody_can_tell(void **state)
{
    (void)state;
    assert_int_equal(word_after(1, (struct silence){0, 10}, 1.5), QUEUE_UNKNOWN);
    assert_int_equal(word_after(1, (struct silence){0, 40}, 1.5), QUEUE_ASK);
    assert_int_equal(word_after(SETS, (struct silence){0, 10}, 1.5), QUEUE_UNKNOWN);
    assert_int_equal(word_after(SETS, (struct silence){0, 80}, 5), QUEUE_UNKNOWN);
}

/* Paths that nobody times, or on which all is lost, say nothing: neither that there is silence nor that not.
 */
static void who_does_not_answer_says_nothing(void **state)
{
    (void)state;
    for (uint32_t silent = 0; silent <= 4; silent++) { /* of two paths over the link, and two past it */
        struct standing_queue q = {0};
        struct probing p = {0};
        standing_queue_plan(&q, &p, &map, &leaves, number(COMPONENT_UP, 1, 0));
        assert_int_equal(p.count, 4);
        p.first_number = 1;
        for (uint32_t i = silent; i < p.count; i++)
            for (uint32_t k = 0; k < p.probes[i].repeats; k++) {
                bool lost = k % 2 != 0;
                struct timing_record r = {
                    .packets = 1, .retransmits = lost, .network_ns = lost ? 0 : IDLE_NS};
                assert_true(probing_on_answer(&p, 1 + i, &r));
            }
        standing_queue_count(&q, &p);
        assert_int_equal(standing_queue_word(&q, 1.5), silent < 2 ? QUEUE_PASSES : QUEUE_UNKNOWN);
    }
}

static void every_cable_of_a_switch_is_tried(void **state)
{
    (void)state;
    struct standing_queue q = {0};
    struct probing p = {0};
    uint32_t spine = number(COMPONENT_SPINE, 1, 0);
    standing_queue_plan(&q, &p, &map, &leaves, spine);
    assert_int_equal(q.paths, LEAVES);
    for (uint32_t leaf = 0; leaf < LEAVES; leaf++)
        assert_true(flow_crosses(&map, &p.probes[leaf].flow, number(COMPONENT_UP, leaf, 1)));
    for (uint32_t i = 0; i < p.count; i++)
        assert_int_equal(flow_crosses(&map, &p.probes[i].flow, spine), i < q.paths);
}

/* With one spine there is no way past it. */
static void without_a_way_past_it_nothing_is_asked(void **state)
{
    (void)state;
    struct flow_map narrow = map;
    struct standing_queue q = {0};
    struct probing p = {0};
    narrow.shape.spine_count = 1;
    standing_queue_plan(&q, &p, &narrow, &leaves, 2 * PORTS);
    assert_int_equal(p.count, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(where_silence_is_a_reduced_rate_passes_at_once),
        cmocka_unit_test(jitter_is_no_queue),
        cmocka_unit_test(a_queue_that_stands_is_others),
        cmocka_unit_test(without_silence_nobody_can_tell),
        cmocka_unit_test(who_does_not_answer_says_nothing),
        cmocka_unit_test(every_cable_of_a_switch_is_tried),
        cmocka_unit_test(without_a_way_past_it_nothing_is_asked),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
