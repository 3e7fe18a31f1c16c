/* SPDX-License-Identifier: BSD-3-Clause */
/* An incast is bounded, whoever is first, and nobody is forgotten: stories of one receiver, host 0. */
#include "dataplane/transport/credit.h"

#include "tests/unit/transport/fabric.h"
#include "tests/unit/transport/unit.h"

enum {
    SENDERS = FABRIC_HOSTS_MAX - 1,
    PAYLOAD_BYTES = 1000,
    BUDGET_BYTES = 4 * PAYLOAD_BYTES
};

static void small_budget(struct transport_config *config)
{
    config->payload_bytes_max = PAYLOAD_BYTES;
    config->credit_budget_bytes = BUDGET_BYTES;
}

static void hardly_more_than_a_packet(struct transport_config *config)
{
    config->payload_bytes_max = PAYLOAD_BYTES;
    config->credit_budget_bytes = PAYLOAD_BYTES + PAYLOAD_BYTES / 16;
}

static struct fabric *start(void (*tune)(struct transport_config *config), enum path_mode mode)
{
    struct fabric_config config = {
        .hosts = FABRIC_HOSTS_MAX, .paths = 4, .memory_bytes = 4 << 20, .mode = mode, .tune = tune};
    struct fabric *f = fabric_create(&config);
    fabric_run(f, f->now + NSEC_PER_MSEC);
    return f;
}

/* Host 0 awaits as much of each; hosts 1 .. `senders` send it. */
static void incast(struct fabric *f, unsigned senders, uint64_t bytes)
{
    struct flow_request receives[SENDERS];
    for (unsigned from = 1; from <= SENDERS; from++)
        receives[from - 1] = (struct flow_request){
            .cookie = from, .peer_rank = from, .tag = 1, .offset = (from - 1) * bytes, .bytes = bytes};
    transport_receive_batch(f->hosts[0].transport, (uint32_t)f->hosts[0].communicator,
                            &(struct flow_batch){receives, SENDERS}, f->now);
    for (unsigned from = 1; from <= senders; from++)
        fabric_send(f, &(struct fabric_flow){.from = from, .to = 0, .tag = 1, .bytes = bytes});
}

static bool is_data_to_receiver(const struct fabric_packet *packet)
{
    return packet->to == 0 && ((const struct packet_header *)packet->bytes)->type == PACKET_DATA;
}

static enum fault mark_data(struct fabric *f, const struct fabric_packet *packet)
{
    (void)f;
    return is_data_to_receiver(packet) ? FAULT_MARK : FAULT_NONE;
}

static void test_marks_halve_the_budget_and_a_port_with_room_raises_it(void **state)
{
    (void)state;
    struct fabric *f = start(small_budget, PATH_MODE_WRAP);
    const struct transport *receiver = f->hosts[0].transport;
    assert_int_equal(receiver->credit_budget.bytes, BUDGET_BYTES);
    f->fault = mark_data;
    incast(f, SENDERS, 10000);
    fabric_run(f, f->now + NSEC_PER_SEC);
    assert_int_equal(receiver->credit_budget.bytes, BUDGET_BYTES / 2);
    f->fault = NULL;
    struct fabric_flow flow = {.from = 1, .to = 0, .tag = 2, .bytes = 500000};
    fabric_receive(f, &flow);
    fabric_send(f, &flow);
    fabric_run(f, f->now + NSEC_PER_SEC);
    assert_int_equal(receiver->credit_budget.bytes, 4 * BUDGET_BYTES);
    fabric_destroy(f);
}

static uint64_t sent_bytes, most_under_way;

static enum fault watch_and_mark(struct fabric *f, const struct fabric_packet *packet)
{
    if (!is_data_to_receiver(packet))
        return FAULT_NONE;
    sent_bytes += packet->length - sizeof(struct packet_data);
    uint64_t under_way = sent_bytes - fabric_counters(f, 0).data_bytes_received;
    most_under_way = under_way > most_under_way ? under_way : most_under_way;
    return FAULT_MARK;
}

/* A packet of each sender, and the budget. */
static void test_incast_keeps_to_the_budget_however_many_send(void **state)
{
    (void)state;
    struct fabric *f = start(small_budget, PATH_MODE_WRAP);
    sent_bytes = most_under_way = 0;
    f->fault = watch_and_mark;
    incast(f, SENDERS, 100000);
    fabric_run(f, f->now + NSEC_PER_SEC);
    assert_int_equal(fabric_count(f, 0, EVENT_RECEIVED, EVENT_OK), SENDERS);
    assert_in_range(most_under_way, SENDERS * PAYLOAD_BYTES, SENDERS * PAYLOAD_BYTES + BUDGET_BYTES / 2);
    fabric_destroy(f);
}

static uint64_t most_ahead;

static enum fault watch_first(struct fabric *f, const struct fabric_packet *packet)
{
    const struct packet_credit *credit = (const struct packet_credit *)packet->bytes;
    if (packet->to != 1 || credit->header.type != PACKET_CREDIT)
        return FAULT_NONE;
    uint64_t received = fabric_counters(f, 0).data_bytes_received;
    uint64_t ahead = credit->limit_bytes - received;
    if (received <= 2 * PAYLOAD_BYTES)
        most_ahead = ahead > most_ahead ? ahead : most_ahead;
    return FAULT_NONE;
}

static void test_the_first_to_begin_leaves_room_for_the_others(void **state)
{
    (void)state;
    struct fabric *f = start(small_budget, PATH_MODE_WRAP);
    most_ahead = 0;
    f->fault = watch_first;
    incast(f, 1, 100000);
    fabric_run(f, f->now + NSEC_PER_SEC);
    assert_int_equal(fabric_count(f, 0, EVENT_RECEIVED, EVENT_OK), 1);
    assert_in_range(most_ahead, PAYLOAD_BYTES, 3 * PAYLOAD_BYTES);
    fabric_destroy(f);
}

/* Pieces that are no whole packets leave remainders of credit that nobody can use. */
static void test_remainders_do_not_use_up_the_budget(void **state)
{
    (void)state;
    struct fabric *f = start(hardly_more_than_a_packet, PATH_MODE_ETHEREAL);
    incast(f, SENDERS, 1600);
    fabric_run(f, f->now + NSEC_PER_SEC);
    assert_int_equal(fabric_count(f, 0, EVENT_RECEIVED, EVENT_OK), SENDERS);
    fabric_destroy(f);
}

static void test_what_a_cancelled_message_held_is_free_again(void **state)
{
    (void)state;
    struct fabric *f = start(small_budget, PATH_MODE_WRAP);
    const struct transport *receiver = f->hosts[0].transport;
    incast(f, SENDERS, 100000);
    fabric_run(f, f->now + 50 * NSEC_PER_USEC);
    assert_true(receiver->granted_ahead_bytes > 0);
    transport_close_communicator(f->hosts[0].transport, (uint32_t)f->hosts[0].communicator, false, f->now);
    assert_int_equal(receiver->granted_ahead_bytes, 0);
    assert_int_equal(receiver->first_waiting, NONE);
    fabric_destroy(f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_marks_halve_the_budget_and_a_port_with_room_raises_it),
        cmocka_unit_test(test_incast_keeps_to_the_budget_however_many_send),
        cmocka_unit_test(test_the_first_to_begin_leaves_room_for_the_others),
        cmocka_unit_test(test_remainders_do_not_use_up_the_budget),
        cmocka_unit_test(test_what_a_cancelled_message_held_is_free_again),
    };
    return cmocka_run_group_tests(tests, 0, 0);
}
