/* SPDX-License-Identifier: BSD-3-Clause */
#include "dataplane/transport/credit_budget.h"

#include "tests/unit/transport/unit.h"

enum {
    PACKET = 4000,
    FIRST = 100 * PACKET,
    RTT_NS = 10000,
    PACKET_NS = 320, /* at the port's rate */
    ROUND_PACKETS = 2 * RTT_NS / PACKET_NS
};

struct story {
    struct credit_budget budget;
    nsec_t now;
};

static struct story begin(void)
{
    struct story s = {.now = NSEC_PER_SEC};
    credit_budget_init(&s.budget, &(struct transport_config){.rate_bytes_per_s = 12500000000,
                                                             .base_rtt_ns = RTT_NS,
                                                             .payload_bytes_max = PACKET,
                                                             .credit_budget_bytes = FIRST});
    return s;
}

static void arrive(struct story *s, unsigned packets, nsec_t gap_ns, bool marked)
{
    for (unsigned i = 0; i < packets; i++) {
        s->now += gap_ns;
        credit_budget_on_data(&s->budget,
                              &(struct credit_data){.now = s->now, .bytes = PACKET, .marked = marked});
    }
}

static void test_marks_halve_it_and_no_more(void **state)
{
    (void)state;
    struct story s = begin();
    arrive(&s, 1, PACKET_NS, true);
    assert_int_equal(s.budget.bytes, FIRST - PACKET / 8);
    arrive(&s, 10000, PACKET_NS, true);
    assert_int_equal(s.budget.bytes, FIRST / 2);
}

static void test_a_full_port_leaves_it(void **state)
{
    (void)state;
    struct story s = begin();
    arrive(&s, ROUND_PACKETS + 1, PACKET_NS, false);
    uint64_t before = s.budget.bytes;
    arrive(&s, 1000, PACKET_NS, false);
    assert_int_equal(s.budget.bytes, before);
}

static void test_a_port_with_room_grows_it_to_four_times(void **state)
{
    (void)state;
    struct story s = begin();
    arrive(&s, 100, 2 * PACKET_NS, false);
    assert_int_equal(s.budget.bytes, FIRST + 100 * (PACKET / 16));
    arrive(&s, 100000, 2 * PACKET_NS, false);
    assert_int_equal(s.budget.bytes, 4 * FIRST);
}

/* Senders that share a link see as many marks: of two budgets the larger shrinks more and grows no more. */
static void test_unequal_budgets_become_equal(void **state)
{
    (void)state;
    struct story large = begin(), small = begin();
    arrive(&large, 3000, 2 * PACKET_NS, false);
    assert_true(large.budget.bytes > 2 * small.budget.bytes);
    for (unsigned i = 0; i < 20000; i++) {
        arrive(&large, 1, 2 * PACKET_NS, i % 4 == 0);
        arrive(&small, 1, 2 * PACKET_NS, i % 4 == 0);
    }
    assert_in_range(large.budget.bytes, small.budget.bytes, small.budget.bytes + FIRST / 10);
    assert_true(small.budget.bytes > FIRST); /* not for their limits */
    assert_true(large.budget.bytes < 4 * FIRST);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_marks_halve_it_and_no_more),
        cmocka_unit_test(test_a_full_port_leaves_it),
        cmocka_unit_test(test_a_port_with_room_grows_it_to_four_times),
        cmocka_unit_test(test_unequal_budgets_become_equal),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
