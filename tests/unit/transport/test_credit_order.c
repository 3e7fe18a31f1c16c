/* SPDX-License-Identifier: BSD-3-Clause */
/* Of two receives that wait in turn the first comes first: stories of host 0, to which 1 and 2 send. */
#include "dataplane/transport/credit_order.h"

#include "tests/unit/transport/fabric.h"
#include "tests/unit/transport/unit.h"

enum {
    PAYLOAD_BYTES = 1000,
    BUDGET_BYTES = 16 * PAYLOAD_BYTES,
    FIRST_BYTES = 400 * PAYLOAD_BYTES,
    SECOND_BYTES = 800 * PAYLOAD_BYTES,
    SLOW_BYTES = 4000 * PAYLOAD_BYTES
};

static const struct fabric_flow first = {.from = 1, .to = 0, .tag = 1, .bytes = FIRST_BYTES};
static const struct fabric_flow second = {
    .from = 2, .to = 0, .tag = 2, .to_offset = FIRST_BYTES, .bytes = SECOND_BYTES};
static const struct fabric_flow slow = {
    .from = 1, .to = 0, .tag = 3, .to_offset = FIRST_BYTES + SECOND_BYTES, .bytes = SLOW_BYTES};

static void small_budget(struct transport_config *config)
{
    config->payload_bytes_max = PAYLOAD_BYTES;
    config->credit_budget_bytes = BUDGET_BYTES;
}

static void small_fair_budget(struct transport_config *config)
{
    small_budget(config);
    config->credit_order = CREDIT_ORDER_FAIR;
}

static struct fabric *start(void (*tune)(struct transport_config *config), enum path_mode mode)
{
    struct fabric_config config = {.hosts = 3,
                                   .paths = 4,
                                   .memory_bytes = FIRST_BYTES + SECOND_BYTES + SLOW_BYTES,
                                   .mode = mode,
                                   .tune = tune};
    struct fabric *f = fabric_create(&config);
    fabric_run(f, f->now + NSEC_PER_MSEC);
    return f;
}

/* Time of the event, or as long as the story goes on. */
static nsec_t run_until_received(struct fabric *f, uint64_t tag)
{
    nsec_t end = f->now + NSEC_PER_SEC;
    while (f->now < end && fabric_find(f, 0, EVENT_RECEIVED, tag) == NULL)
        fabric_run(f, f->now + NSEC_PER_USEC);
    return f->now;
}

/* ---- holding ---- */

static uint64_t second_limit, received_when_admitted;

static enum fault watch_second(struct fabric *f, const struct fabric_packet *packet)
{
    const struct packet_credit *credit = (const struct packet_credit *)packet->bytes;
    if (packet->to != 2 || credit->header.type != PACKET_CREDIT || credit->limit_bytes <= second_limit)
        return FAULT_NONE;
    second_limit = credit->limit_bytes;
    received_when_admitted = fabric_counters(f, 0).data_bytes_received;
    return FAULT_NONE;
}

static void test_a_batch_is_held_until_the_one_before_has_almost_come(void **state)
{
    (void)state;
    struct fabric *f = start(small_budget, PATH_MODE_WRAP);
    second_limit = 0;
    f->fault = watch_second;
    fabric_receive(f, &first);
    fabric_receive(f, &second);
    fabric_run(f, f->now + NSEC_PER_MSEC);
    assert_int_equal(second_limit, BUDGET_BYTES / 4);
    fabric_send(f, &first);
    run_until_received(f, first.tag);
    assert_true(second_limit >= BUDGET_BYTES);
    const struct transport *receiver = f->hosts[0].transport;
    assert_in_range(FIRST_BYTES - received_when_admitted, 1, receiver->credit_budget.bytes / 4);
    fabric_destroy(f);
}

static void test_modes_without_order_hold_nothing(void **state)
{
    (void)state;
    struct fabric *f = start(small_budget, PATH_MODE_SPRAY);
    second_limit = 0;
    f->fault = watch_second;
    fabric_receive(f, &first);
    fabric_receive(f, &second);
    fabric_run(f, f->now + NSEC_PER_MSEC);
    assert_int_equal(second_limit, BUDGET_BYTES);
    fabric_destroy(f);
}

/* A held batch does not wait for one that nobody sends. */
static void test_what_is_held_comes_when_nothing_before_it_does(void **state)
{
    (void)state;
    struct fabric *f = start(small_budget, PATH_MODE_WRAP);
    fabric_receive(f, &first);
    fabric_receive(f, &second);
    nsec_t began = f->now;
    fabric_send(f, &second);
    nsec_t held_ns = run_until_received(f, second.tag) - began;
    fabric_destroy(f);

    f = start(small_fair_budget, PATH_MODE_WRAP);
    fabric_receive(f, &second);
    began = f->now;
    fabric_send(f, &second);
    assert_in_range(held_ns, 1, (run_until_received(f, second.tag) - began) * 11 / 10);
    fabric_destroy(f);
}

/* ---- shares ---- */

/* What has come of the second message when the first is whole, the second having begun before it. */
static uint64_t second_when_first_is_whole(void (*tune)(struct transport_config *config))
{
    struct fabric *f = start(tune, PATH_MODE_WRAP);
    fabric_receive(f, &first);
    fabric_receive(f, &second);
    fabric_send(f, &second);
    fabric_run(f, f->now + 50 * NSEC_PER_USEC);
    uint64_t before = fabric_counters(f, 0).data_bytes_received;
    fabric_send(f, &first);
    run_until_received(f, first.tag);
    uint64_t bytes = fabric_counters(f, 0).data_bytes_received - before - FIRST_BYTES;
    run_until_received(f, second.tag);
    assert_non_null(fabric_find(f, 0, EVENT_RECEIVED, second.tag));
    assert_int_equal(f->hosts[0].transport->active_capacity_bytes, 0);
    fabric_destroy(f);
    return bytes;
}

static void test_the_first_batch_has_the_port(void **state)
{
    (void)state;
    uint64_t fair = second_when_first_is_whole(small_fair_budget);
    assert_in_range(fair, FIRST_BYTES, SECOND_BYTES);
    assert_in_range(second_when_first_is_whole(small_budget), 1, fair / 2);
}

static enum fault delay_slow(struct fabric *f, const struct fabric_packet *packet)
{
    (void)f;
    return packet->from == slow.from ? FAULT_DELAY : FAULT_NONE;
}

static nsec_t time_of_second_beside_a_slow_one(void (*tune)(struct transport_config *config))
{
    struct fabric *f = start(tune, PATH_MODE_WRAP);
    f->fault = delay_slow;
    fabric_receive(f, &slow);
    fabric_receive(f, &second);
    fabric_send(f, &slow);
    fabric_run(f, f->now + 200 * NSEC_PER_USEC);
    assert_true(fabric_counters(f, 0).data_bytes_received > 0);
    nsec_t began = f->now;
    fabric_send(f, &second);
    nsec_t took = run_until_received(f, second.tag) - began;
    fabric_destroy(f);
    return took;
}

static void test_what_the_first_batch_leaves_is_not_lost(void **state)
{
    (void)state;
    nsec_t fair = time_of_second_beside_a_slow_one(small_fair_budget);
    assert_in_range(time_of_second_beside_a_slow_one(small_budget), 1, fair * 17 / 10);
}

/* ---- ends ---- */

static void test_a_closed_communicator_holds_nothing(void **state)
{
    (void)state;
    struct fabric *f = start(small_budget, PATH_MODE_WRAP);
    struct transport *receiver = f->hosts[0].transport;
    struct communicator *c = &receiver->communicators[f->hosts[0].communicator];
    fabric_receive(f, &first);
    fabric_receive(f, &second);
    fabric_send(f, &first);
    fabric_run(f, f->now + 50 * NSEC_PER_USEC);
    assert_true(c->held.first != NONE && c->begun.first != NONE);
    transport_close_communicator(receiver, (uint32_t)f->hosts[0].communicator, false, f->now);
    assert_int_equal(c->held.first, NONE);
    assert_int_equal(c->begun.first, NONE);
    assert_int_equal(c->awaited_bytes, 0);
    assert_int_equal(receiver->active_capacity_bytes, 0);
    fabric_destroy(f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_batch_is_held_until_the_one_before_has_almost_come),
        cmocka_unit_test(test_modes_without_order_hold_nothing),
        cmocka_unit_test(test_what_is_held_comes_when_nothing_before_it_does),
        cmocka_unit_test(test_the_first_batch_has_the_port),
        cmocka_unit_test(test_what_the_first_batch_leaves_is_not_lost),
        cmocka_unit_test(test_a_closed_communicator_holds_nothing),
    };
    return cmocka_run_group_tests(tests, 0, 0);
}
