/* SPDX-License-Identifier: BSD-3-Clause */
/* What a message went through is told path by path, and its waiting by who made it wait. */
#include "dataplane/transport/leg.h"

#include "tests/unit/transport/fabric.h"
#include "tests/unit/transport/unit.h"

enum {
    PATHS = 4,
    PAYLOAD = 1 << 20,
    FAULTY_PATH = 2
};

static struct fabric *open_fabric(enum path_mode mode)
{
    struct fabric_config config = {.hosts = 2, .paths = PATHS, .memory_bytes = 2 << 20, .mode = mode};
    struct fabric *f = fabric_create(&config);
    fabric_run(f, f->now + NSEC_PER_MSEC);
    return f;
}

static const struct fabric_flow flow = {.from = 0, .to = 1, .tag = 7, .bytes = PAYLOAD};

static struct fabric *send_with(enum path_mode mode, fault_function fault)
{
    struct fabric *f = open_fabric(mode);
    f->fault = fault;
    fabric_receive(f, &flow);
    fabric_send(f, &flow);
    fabric_run(f, f->now + NSEC_PER_SEC);
    assert_int_equal(fabric_count(f, 1, EVENT_RECEIVED, EVENT_OK), 1);
    assert_int_equal(fabric_count(f, 0, EVENT_SENT, EVENT_OK), 1);
    return f;
}

static const struct message_leg *leg_of(const struct fabric *f, unsigned path)
{
    for (unsigned i = 0; i < f->hosts[0].leg_count; i++)
        if (f->hosts[0].legs[i].path == path)
            return &f->hosts[0].legs[i];
    return NULL;
}

static uint64_t bytes_of_legs(const struct fabric *f)
{
    uint64_t bytes = 0;
    for (unsigned i = 0; i < f->hosts[0].leg_count; i++)
        bytes += f->hosts[0].legs[i].bytes;
    return bytes;
}

static bool is_data_over(const struct fabric_packet *packet, unsigned path)
{
    const struct packet_header *header = (const struct packet_header *)packet->bytes;
    return packet->to == 1 && header->type == PACKET_DATA && packet->source_port == PATH_PORT(path);
}

static unsigned hit;

static enum fault lose_three(struct fabric *f, const struct fabric_packet *packet)
{
    (void)f;
    return is_data_over(packet, FAULTY_PATH) && hit++ % 16 == 3 && hit < 48 ? FAULT_LOSE : FAULT_NONE;
}

static enum fault mark_all(struct fabric *f, const struct fabric_packet *packet)
{
    (void)f;
    return is_data_over(packet, FAULTY_PATH) ? FAULT_MARK : FAULT_NONE;
}

static enum fault swallow_path(struct fabric *f, const struct fabric_packet *packet)
{
    (void)f;
    return packet->source_port == PATH_PORT(FAULTY_PATH) ? FAULT_LOSE : FAULT_NONE;
}

static void test_every_path_has_its_bytes(void **state)
{
    (void)state;
    struct fabric *f = send_with(PATH_MODE_WRAP, NULL);
    assert_int_equal(f->hosts[0].leg_count, PATHS);
    assert_int_equal(bytes_of_legs(f), PAYLOAD);
    for (unsigned i = 0; i < PATHS; i++) {
        const struct message_leg *leg = leg_of(f, i);
        assert_non_null(leg);
        assert_in_range(leg->bytes, PAYLOAD / PATHS - 9000, PAYLOAD / PATHS + 9000);
        assert_true(leg->last_acked_at >= leg->first_sent_at + 2 * FABRIC_DELAY_NS);
        assert_in_range(leg->minimum_rtt_ns, 2 * FABRIC_DELAY_NS, 3 * FABRIC_DELAY_NS);
        assert_int_equal(leg->retransmits, 0);
        assert_int_equal(leg->marked_packets, 0);
    }
    fabric_destroy(f);
}

static void test_losses_count_where_they_happened(void **state)
{
    (void)state;
    hit = 0;
    struct fabric *f = send_with(PATH_MODE_WRAP, lose_three);
    for (unsigned i = 0; i < PATHS; i++) {
        const struct message_leg *leg = leg_of(f, i);
        assert_int_equal(leg->retransmits, i == FAULTY_PATH ? 3 : 0);
        assert_true(leg->packets > leg->retransmits);
    }
    fabric_destroy(f);
}

static void test_marks_count_where_they_happened(void **state)
{
    (void)state;
    struct fabric *f = send_with(PATH_MODE_WRAP, mark_all);
    for (unsigned i = 0; i < PATHS; i++) {
        const struct message_leg *leg = leg_of(f, i);
        assert_int_equal(leg->marked_packets, i == FAULTY_PATH ? leg->packets : 0);
    }
    fabric_destroy(f);
}

static void test_a_path_that_dies_is_abandoned(void **state)
{
    (void)state;
    struct fabric *f = send_with(PATH_MODE_WRAP, swallow_path);
    assert_int_equal(bytes_of_legs(f), PAYLOAD);
    for (unsigned i = 0; i < PATHS; i++)
        assert_int_equal(leg_of(f, i)->abandoned, i == FAULTY_PATH);
    assert_int_equal(leg_of(f, FAULTY_PATH)->bytes, 0);
    fabric_destroy(f);
}

static void test_a_sprayed_message_has_one_leg(void **state)
{
    (void)state;
    struct fabric *f = send_with(PATH_MODE_SPRAY, NULL);
    assert_int_equal(f->hosts[0].leg_count, 1);
    assert_int_equal(f->hosts[0].legs[0].path, LEG_NO_PATH);
    assert_int_equal(f->hosts[0].legs[0].bytes, PAYLOAD);
    fabric_destroy(f);
}

static void test_waiting_is_laid_at_the_right_door(void **state)
{
    (void)state;
    for (unsigned sender_is_late = 0; sender_is_late < 2; sender_is_late++) {
        struct fabric *f = open_fabric(PATH_MODE_WRAP);
        sender_is_late ? fabric_receive(f, &flow) : fabric_send(f, &flow);
        fabric_run(f, f->now + 3 * NSEC_PER_MSEC);
        sender_is_late ? fabric_send(f, &flow) : fabric_receive(f, &flow);
        fabric_run(f, f->now + NSEC_PER_SEC);
        const struct event *sent = fabric_find(f, 0, EVENT_SENT, flow.tag);
        const struct event *received = fabric_find(f, 1, EVENT_RECEIVED, flow.tag);
        nsec_t early = sender_is_late ? sent->credited_at : sent->ready_at;
        nsec_t late = sender_is_late ? sent->ready_at : sent->credited_at;
        assert_in_range(late - early, 2 * NSEC_PER_MSEC, 4 * NSEC_PER_MSEC);
        assert_true(received->ready_at < received->begun_at && received->begun_at < received->arrived_at);
        fabric_destroy(f);
    }
}

/* More messages one after the other than there are legs. */
static void test_legs_are_used_again(void **state)
{
    (void)state;
    struct fabric *f = open_fabric(PATH_MODE_WRAP);
    unsigned messages = f->hosts[0].config.pieces_max / PATHS + 8;
    for (unsigned i = 0; i < messages; i++) {
        f->hosts[0].leg_count = f->hosts[0].event_count = f->hosts[1].event_count = 0;
        fabric_receive(f, &flow);
        fabric_send(f, &flow);
        fabric_run(f, f->now + 2 * NSEC_PER_MSEC);
        assert_int_equal(f->hosts[0].leg_count, PATHS);
    }
    assert_int_equal(fabric_counters(f, 0).legs_unmeasured, 0);
    fabric_destroy(f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_path_has_its_bytes),
        cmocka_unit_test(test_losses_count_where_they_happened),
        cmocka_unit_test(test_marks_count_where_they_happened),
        cmocka_unit_test(test_a_path_that_dies_is_abandoned),
        cmocka_unit_test(test_a_sprayed_message_has_one_leg),
        cmocka_unit_test(test_waiting_is_laid_at_the_right_door),
        cmocka_unit_test(test_legs_are_used_again),
    };
    return cmocka_run_group_tests(tests, 0, 0);
}
