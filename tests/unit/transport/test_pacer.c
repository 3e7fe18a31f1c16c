/* SPDX-License-Identifier: BSD-3-Clause */
#include "dataplane/transport/pacer.h"

#include "tests/unit/transport/unit.h"

enum {
    RATE_BYTES_PER_S = 25000000,
    PACKET_BYTES = 3410
};

/* Sends whatever may go whenever the caller looks, and returns the bytes that went until `end`. */
static uint64_t send_until(struct pacer *p, nsec_t end, nsec_t look_every)
{
    uint64_t bytes = 0;
    for (nsec_t now = NSEC_PER_SEC; now < end; now += look_every) {
        while (pacer_may_send(p, now)) {
            pacer_sent(p, PACKET_BYTES, now);
            bytes += PACKET_BYTES;
        }
    }
    return bytes;
}

static struct pacer make(unsigned slack_packets)
{
    struct pacer p = {.due = NSEC_PER_SEC};
    pacer_set_rate(&p, RATE_BYTES_PER_S);
    p.slack_ns = pacer_cost(&p, slack_packets * PACKET_BYTES);
    return p;
}

static void test_the_rate_is_met_by_late_callers(void **state)
{
    (void)state;
    static const nsec_t looks[] = {1000, 100000, 1000000};
    for (unsigned i = 0; i < COUNT_OF(looks); i++) {
        struct pacer p = make(8);
        uint64_t bytes = send_until(&p, 2 * NSEC_PER_SEC, looks[i]);
        assert_in_range(bytes, RATE_BYTES_PER_S - 10 * PACKET_BYTES, RATE_BYTES_PER_S + 10 * PACKET_BYTES);
    }
}

static void test_idle_time_is_not_saved_up(void **state)
{
    (void)state;
    struct pacer p = make(8);
    unsigned burst = 0;
    for (; pacer_may_send(&p, 100 * NSEC_PER_SEC); burst++)
        pacer_sent(&p, PACKET_BYTES, 100 * NSEC_PER_SEC);
    assert_in_range(burst, 8, 9);
}

static void test_no_rate_is_no_pacing(void **state)
{
    (void)state;
    struct pacer p = {0};
    pacer_set_rate(&p, 0);
    for (unsigned i = 0; i < 1000; i++) {
        assert_true(pacer_may_send(&p, 5));
        pacer_sent(&p, 1 << 20, 5);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_rate_is_met_by_late_callers),
        cmocka_unit_test(test_idle_time_is_not_saved_up),
        cmocka_unit_test(test_no_rate_is_no_pacing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
