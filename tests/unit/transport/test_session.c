/* SPDX-License-Identifier: BSD-3-Clause */
/* Who is a peer: hellos, forged ones among them, restarts, silence and death. */
#include <string.h>

#include "dataplane/transport/random.h"
#include "tests/unit/transport/fabric.h"
#include "tests/unit/transport/unit.h"

enum {
    BYTES = 50000
};

static enum fault lose_some_hellos(struct fabric *f, const struct fabric_packet *packet)
{
    uint8_t type = ((const struct packet_header *)packet->bytes)->type;
    bool hello = type == PACKET_HELLO || type == PACKET_HELLO_ACK;
    return hello && mix64(f->seed++) % 2 ? FAULT_LOSE : FAULT_NONE;
}

static struct fabric *start(unsigned hosts)
{
    struct fabric_config config = {
        .hosts = hosts, .paths = 2, .memory_bytes = 2 * BYTES, .mode = PATH_MODE_WRAP};
    return fabric_create(&config);
}

static struct fabric_flow flow(unsigned from, unsigned to, uint64_t tag)
{
    return (struct fabric_flow){.from = from, .to = to, .tag = tag, .to_offset = BYTES, .bytes = BYTES};
}

static void send_and_receive(struct fabric *f, struct fabric_flow what)
{
    assert_int_equal(fabric_receive(f, &what), SUBMIT_OK);
    assert_int_equal(fabric_send(f, &what), SUBMIT_OK);
}

static void test_lost_hellos_are_repeated(void **state)
{
    (void)state;
    struct fabric *f = start(2);
    f->fault = lose_some_hellos;
    send_and_receive(f, flow(0, 1, 1));
    fabric_run(f, f->now + 60 * NSEC_PER_SEC);
    assert_int_equal(fabric_count(f, 1, EVENT_RECEIVED, EVENT_OK), 1);
    fabric_destroy(f);
}

static enum drop_reason give(struct fabric *f, unsigned host, uint32_t source, const void *bytes,
                             uint16_t length)
{
    struct received_packet packet = {.source = source, .source_port = 1, .length = length, .bytes = bytes};
    struct placement placement;
    enum drop_reason reason = transport_receive(f->hosts[host].transport, &packet, &placement, f->now);
    if (reason != DROP_NONE)
        assert_int_equal(placement.length, 0);
    return reason;
}

static struct packet_hello forged_hello(uint32_t incarnation)
{
    return (struct packet_hello){.header = {.version = PACKET_VERSION,
                                            .type = PACKET_HELLO,
                                            .session = PACKET_NO_SESSION,
                                            .incarnation = incarnation},
                                 .nonce = 99,
                                 .slot = 3,
                                 .window_packets = 64,
                                 .payload_bytes_max = 1024};
}

/* Hellos from anywhere take no memory and end no session: the forger does not see the cookie. */
static void test_forged_hellos(void **state)
{
    (void)state;
    struct fabric *f = start(2);
    send_and_receive(f, flow(0, 1, 1));
    fabric_run(f, f->now + 20 * NSEC_PER_USEC);
    struct packet_hello hello = forged_hello(12345);
    for (unsigned i = 0; i < 1000; i++) {
        give(f, 1, 0x0b000000 + i, &hello, sizeof(hello));
        give(f, 1, f->hosts[0].config.address, &hello, sizeof(hello));
        hello.header.type = PACKET_HELLO_ACK;
        hello.echo_nonce = 0x1234567 + i;
        assert_int_equal(give(f, 1, f->hosts[0].config.address, &hello, sizeof(hello)), DROP_NONCE);
        hello = forged_hello(12345);
    }
    struct outgoing_packet out[64];
    while (transport_prepare_packets(f->hosts[1].transport, out, 64, f->now) > 0)
        ;
    fabric_run(f, f->now + NSEC_PER_SEC);
    assert_int_equal(fabric_count(f, 1, EVENT_RECEIVED, EVENT_OK), 1);
    assert_int_equal(fabric_counters(f, 1).peers_died, 0);
    fabric_destroy(f);
}

static uint8_t captured[2048];
static uint16_t captured_length;

static enum fault capture(struct fabric *f, const struct fabric_packet *packet)
{
    (void)f;
    const struct packet_header *header = (const struct packet_header *)packet->bytes;
    if (packet->from == 0 && header->type == PACKET_DATA) {
        memcpy(captured, packet->bytes, packet->length);
        captured_length = packet->length;
    }
    return FAULT_NONE;
}

static void test_replayed_and_forged_data(void **state)
{
    (void)state;
    struct fabric *f = start(2);
    f->fault = capture;
    send_and_receive(f, flow(0, 1, 1));
    fabric_run(f, f->now + NSEC_PER_SEC);
    assert_true(captured_length > 0);
    uint32_t sender = f->hosts[0].config.address;
    struct packet_data *data = (struct packet_data *)captured;
    assert_int_equal(give(f, 1, sender, captured, captured_length), DROP_DUPLICATE);
    assert_int_equal(give(f, 1, sender + 1, captured, captured_length), DROP_SOURCE);
    struct packet_data good = *data;
    data->header.incarnation++;
    assert_int_equal(give(f, 1, sender, captured, captured_length), DROP_INCARNATION);
    *data = good;
    data->header.session = 77;
    assert_int_equal(give(f, 1, sender, captured, captured_length), DROP_SESSION);
    *data = good;
    data->header.session_generation += 1;
    assert_int_equal(give(f, 1, sender, captured, captured_length), DROP_SESSION);
    *data = good;
    data->header.generation = 2;
    assert_int_equal(give(f, 1, sender, captured, captured_length), DROP_GENERATION);
    *data = good;
    data->header.path = 9;
    assert_int_equal(give(f, 1, sender, captured, captured_length), DROP_PATH);
    *data = good;
    data->header.number += 100000;
    assert_int_equal(give(f, 1, sender, captured, captured_length), DROP_WINDOW);
    *data = good;
    data->header.number += 1;
    assert_int_equal(give(f, 1, sender, captured, captured_length), DROP_MESSAGE);
    fabric_destroy(f);
}

static void test_data_beyond_credit_and_room(void **state)
{
    (void)state;
    struct fabric *f = start(2);
    f->fault = capture;
    send_and_receive(f, flow(0, 1, 1));
    fabric_run(f, f->now + NSEC_PER_SEC);
    struct fabric_flow next = flow(0, 1, 2);
    next.bytes = 2000;
    assert_int_equal(fabric_receive(f, &next), SUBMIT_OK);
    struct packet_data *data = (struct packet_data *)captured;
    uint32_t sender = f->hosts[0].config.address;
    data->header.number += 1;
    data->message += 1u << 20; /* the next use of the same place */
    data->message_bytes = 3000;
    data->offset = 0;
    assert_int_equal(give(f, 1, sender, captured, captured_length), DROP_OFFSET);
    data->header.number += 1;
    data->message_bytes = 1ull << 32;
    data->offset = UINT32_MAX - 5000;
    assert_int_equal(give(f, 1, sender, captured, captured_length), DROP_OFFSET);
    fabric_destroy(f);
}

static void test_a_restarted_peer_is_another(void **state)
{
    (void)state;
    struct fabric *f = start(3);
    send_and_receive(f, flow(0, 1, 1));
    fabric_run(f, f->now + NSEC_PER_SEC);
    assert_int_equal(fabric_count(f, 1, EVENT_RECEIVED, EVENT_OK), 1);
    struct fabric_flow pending = flow(1, 0, 2);
    fabric_receive(f, &pending);
    fabric_restart(f, 1);
    fabric_run(f, f->now + NSEC_PER_SEC);
    /* what was awaited from the old one has ended, naming it */
    const struct event *end = fabric_find(f, 0, EVENT_RECEIVED, 2);
    assert_non_null(end);
    assert_int_equal(end->status, EVENT_PEER_DEAD);
    assert_int_equal(end->rank, 1);
    /* and the third host has heard of it though nothing was between them */
    assert_int_equal(fabric_count(f, 2, EVENT_COMMUNICATOR_DEAD, EVENT_PEER_DEAD), 1);
    fabric_destroy(f);
}

/* A communicator that has not heard from the old one goes on with the new one. */
static void test_a_restart_before_the_first_word_harms_nobody(void **state)
{
    (void)state;
    struct fabric *f = start(2);
    fabric_run(f, f->now + NSEC_PER_MSEC);
    struct fabric_flow what = flow(1, 0, 2);
    fabric_receive(f, &what);
    fabric_run(f, f->now + NSEC_PER_MSEC);
    fabric_restart(f, 1);
    fabric_run(f, f->now + NSEC_PER_MSEC);
    fabric_send(f, &what);
    fabric_run(f, f->now + NSEC_PER_SEC);
    assert_int_equal(fabric_count(f, 0, EVENT_RECEIVED, EVENT_OK), 1);
    assert_int_equal(fabric_count(f, 1, EVENT_SENT, EVENT_OK), 1);
    fabric_destroy(f);
}

static enum fault lose_all(struct fabric *f, const struct fabric_packet *packet)
{
    (void)f;
    (void)packet;
    return FAULT_LOSE;
}

static void open_another_communicator(struct fabric *f, unsigned host)
{
    struct communicator_config config = {
        .identity = 99, .rank = host, .rank_count = f->host_count, .rank_peers = f->hosts[host].rank_peers};
    f->hosts[host].communicator = transport_open_communicator(f->hosts[host].transport, &config, f->now);
}

/* Only host 0 waits for something while nothing gets through: it gives up, the other does not notice. When
 * they talk again, host 0 numbers its packets from 0, and they must not pass for those of the old session. */
static void test_a_peer_that_was_given_up_begins_anew(void **state)
{
    (void)state;
    struct fabric *f = start(2);
    for (unsigned tag = 1; tag <= 3; tag++)
        send_and_receive(f, flow(0, 1, tag));
    fabric_run(f, f->now + NSEC_PER_SEC);
    assert_int_equal(fabric_count(f, 1, EVENT_RECEIVED, EVENT_OK), 3);
    struct fabric_flow waiting = flow(1, 0, 4), after = flow(0, 1, 5);
    fabric_receive(f, &waiting);
    f->fault = lose_all;
    fabric_run(f, f->now + 10 * NSEC_PER_SEC);
    assert_int_equal(fabric_find(f, 0, EVENT_RECEIVED, 4)->status, EVENT_PEER_DEAD);
    f->fault = NULL;
    open_another_communicator(f, 0);
    fabric_run(f, f->now + NSEC_PER_SEC);
    open_another_communicator(f, 1);
    send_and_receive(f, after);
    fabric_run(f, f->now + 10 * NSEC_PER_SEC);
    assert_int_equal(fabric_find(f, 0, EVENT_SENT, 5)->status, EVENT_OK);
    assert_non_null(fabric_find(f, 1, EVENT_RECEIVED, 5));
    assert_int_equal(fabric_find(f, 1, EVENT_RECEIVED, 5)->status, EVENT_OK);
    fabric_destroy(f);
}

static void test_nothing_meant_for_a_former_incarnation_is_taken(void **state)
{
    (void)state;
    struct fabric *f = start(2);
    f->fault = capture;
    send_and_receive(f, flow(0, 1, 1));
    fabric_run(f, f->now + NSEC_PER_SEC);
    fabric_restart(f, 1);
    fabric_run(f, f->now + NSEC_PER_SEC);
    assert_int_equal(give(f, 1, f->hosts[0].config.address, captured, captured_length), DROP_SESSION);
    fabric_destroy(f);
}

static void test_a_dead_peer_is_named_on_every_rank(void **state)
{
    (void)state;
    struct fabric *f = start(4);
    fabric_run(f, f->now + NSEC_PER_MSEC);
    fabric_kill(f, 3);
    struct fabric_flow waiting = flow(3, 0, 1), ring = flow(0, 1, 2), behind = flow(1, 2, 3);
    fabric_receive(f, &waiting); /* host 0 awaits the dead one; 1 awaits 0; 2 awaits 1 */
    fabric_receive(f, &ring);
    fabric_receive(f, &behind);
    nsec_t begin = f->now;
    fabric_run(f, begin + 5 * NSEC_PER_SEC);
    for (unsigned h = 0; h < 3; h++) {
        assert_int_equal(fabric_count(f, h, EVENT_COMMUNICATOR_DEAD, EVENT_PEER_DEAD), 1);
        assert_int_equal(fabric_count(f, h, EVENT_RECEIVED, EVENT_PEER_DEAD), 1);
        for (unsigned i = 0; i < f->hosts[h].event_count; i++)
            assert_int_equal(f->hosts[h].events[i].rank, 3);
    }
    struct fabric_flow late = flow(0, 1, 9);
    assert_int_equal(fabric_send(f, &late), SUBMIT_OK);
    fabric_run(f, f->now + NSEC_PER_MSEC);
    assert_int_equal(fabric_find(f, 0, EVENT_SENT, 9)->status, EVENT_PEER_DEAD);
    fabric_destroy(f);
}

static enum fault cut_0_off_from_2(struct fabric *f, const struct fabric_packet *packet)
{
    (void)f;
    return packet->from + packet->to == 2 && packet->from != packet->to ? FAULT_LOSE : FAULT_NONE;
}

/* Host 2 lives, but not for host 0. Who heard of its death tells it, or it would wait for ever. */
static void test_who_is_believed_dead_is_told(void **state)
{
    (void)state;
    struct fabric *f = start(3);
    fabric_run(f, f->now + NSEC_PER_MSEC);
    f->fault = cut_0_off_from_2;
    struct fabric_flow from_the_lost = flow(2, 0, 1), to_the_lost = flow(1, 2, 2);
    fabric_receive(f, &from_the_lost);
    fabric_receive(f, &to_the_lost);
    fabric_run(f, f->now + 10 * NSEC_PER_SEC);
    assert_non_null(fabric_find(f, 2, EVENT_RECEIVED, 2));
    assert_int_equal(fabric_find(f, 2, EVENT_RECEIVED, 2)->status, EVENT_PEER_DEAD);
    fabric_destroy(f);
}

static void test_a_dead_application_is_named_on_every_rank(void **state)
{
    (void)state;
    struct fabric *f = start(3);
    fabric_run(f, f->now + NSEC_PER_MSEC);
    struct fabric_flow waiting = flow(2, 0, 1);
    fabric_receive(f, &waiting);
    transport_close_communicator(f->hosts[2].transport, (uint32_t)f->hosts[2].communicator, true, f->now);
    fabric_run(f, f->now + NSEC_PER_MSEC);
    assert_int_equal(fabric_find(f, 0, EVENT_RECEIVED, 1)->rank, 2);
    assert_int_equal(fabric_count(f, 1, EVENT_COMMUNICATOR_DEAD, EVENT_PEER_DEAD), 1);
    fabric_destroy(f);
}

/* The rank died before the others even opened the communicator: they learn when they first ask. */
static void test_a_late_comer_learns_of_a_death(void **state)
{
    (void)state;
    struct fabric *f = start(2);
    transport_close_communicator(f->hosts[0].transport, (uint32_t)f->hosts[0].communicator, false, f->now);
    fabric_run(f, f->now + NSEC_PER_MSEC);
    struct communicator_config config = {
        .identity = 77, .rank_count = 2, .rank_peers = f->hosts[1].rank_peers, .rank = 1};
    int second = transport_open_communicator(f->hosts[1].transport, &config, f->now);
    transport_close_communicator(f->hosts[1].transport, (uint32_t)second, true, f->now);
    fabric_run(f, f->now + NSEC_PER_MSEC);
    config.rank = 0;
    config.rank_peers = f->hosts[0].rank_peers;
    assert_true(transport_open_communicator(f->hosts[0].transport, &config, f->now) >= 0);
    fabric_run(f, f->now + NSEC_PER_MSEC);
    assert_int_equal(fabric_count(f, 0, EVENT_COMMUNICATOR_DEAD, EVENT_PEER_DEAD), 1);
    fabric_destroy(f);
}

/* One side waits, meets silence and gives the session up; the other awaited nothing and still has it. */
static void test_a_session_given_up_by_one_side(void **state)
{
    (void)state;
    struct fabric *f = start(2);
    send_and_receive(f, flow(0, 1, 1));
    send_and_receive(f, flow(1, 0, 2));
    fabric_run(f, f->now + NSEC_PER_SEC);
    struct transport *asleep = f->hosts[1].transport;
    f->hosts[1].transport = NULL;
    struct fabric_flow lost = flow(1, 0, 3);
    fabric_receive(f, &lost);
    fabric_run(f, f->now + 10 * NSEC_PER_SEC);
    assert_int_equal(fabric_find(f, 0, EVENT_RECEIVED, 3)->status, EVENT_PEER_DEAD);
    f->hosts[1].transport = asleep;
    for (unsigned h = 0; h < 2; h++) {
        transport_close_communicator(f->hosts[h].transport, (uint32_t)f->hosts[h].communicator, false,
                                     f->now);
        struct communicator_config anew = {.identity = 99,
                                           .rank = h,
                                           .rank_count = 2,
                                           .rank_peers = f->hosts[h].rank_peers,
                                           .path_mode = PATH_MODE_WRAP};
        f->hosts[h].communicator = transport_open_communicator(f->hosts[h].transport, &anew, f->now);
    }
    fabric_run(f, f->now + NSEC_PER_SEC);
    send_and_receive(f, flow(0, 1, 4));
    send_and_receive(f, flow(1, 0, 5));
    fabric_run(f, f->now + NSEC_PER_SEC);
    assert_int_equal(fabric_find(f, 1, EVENT_RECEIVED, 4)->status, EVENT_OK);
    assert_int_equal(fabric_find(f, 0, EVENT_RECEIVED, 5)->status, EVENT_OK);
    fabric_destroy(f);
}

static void test_silence_without_expectation_is_no_death(void **state)
{
    (void)state;
    struct fabric *f = start(2);
    send_and_receive(f, flow(0, 1, 1));
    fabric_run(f, f->now + 100 * NSEC_PER_SEC);
    assert_int_equal(fabric_counters(f, 0).peers_died, 0);
    send_and_receive(f, flow(1, 0, 2));
    fabric_run(f, f->now + NSEC_PER_SEC);
    assert_int_equal(fabric_count(f, 0, EVENT_RECEIVED, EVENT_OK), 1);
    fabric_destroy(f);
}

/* A sender that is slow to begin is alive: it answers probes. */
static void test_waiting_long_is_no_death(void **state)
{
    (void)state;
    struct fabric *f = start(2);
    struct fabric_flow what = flow(0, 1, 1);
    fabric_receive(f, &what);
    fabric_run(f, f->now + 60 * NSEC_PER_SEC);
    assert_int_equal(fabric_counters(f, 1).peers_died, 0);
    fabric_send(f, &what);
    fabric_run(f, f->now + NSEC_PER_SEC);
    assert_int_equal(fabric_count(f, 1, EVENT_RECEIVED, EVENT_OK), 1);
    fabric_destroy(f);
}

/* A notice is all that is under way, so nothing is awaited: it is not repeated for ever. */
static void test_who_is_gone_is_not_told_for_ever(void **state)
{
    (void)state;
    struct fabric *f = start(2);
    send_and_receive(f, flow(0, 1, 1));
    fabric_run(f, f->now + NSEC_PER_SEC);
    assert_int_equal(fabric_count(f, 1, EVENT_RECEIVED, EVENT_OK), 1);
    fabric_kill(f, 1);
    transport_close_communicator(f->hosts[0].transport, (uint32_t)f->hosts[0].communicator, true, f->now);
    fabric_run(f, f->now + 2 * f->hosts[0].config.peer_timeout_ns);
    uint64_t packets = f->packets;
    fabric_run(f, f->now + 10 * f->hosts[0].config.peer_timeout_ns);
    assert_int_equal(f->packets, packets);
    assert_int_equal(fabric_counters(f, 0).peers_died, 1);
    fabric_destroy(f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_who_is_gone_is_not_told_for_ever),
        cmocka_unit_test(test_lost_hellos_are_repeated),
        cmocka_unit_test(test_forged_hellos),
        cmocka_unit_test(test_replayed_and_forged_data),
        cmocka_unit_test(test_data_beyond_credit_and_room),
        cmocka_unit_test(test_a_restarted_peer_is_another),
        cmocka_unit_test(test_a_restart_before_the_first_word_harms_nobody),
        cmocka_unit_test(test_a_peer_that_was_given_up_begins_anew),
        cmocka_unit_test(test_nothing_meant_for_a_former_incarnation_is_taken),
        cmocka_unit_test(test_a_dead_peer_is_named_on_every_rank),
        cmocka_unit_test(test_who_is_believed_dead_is_told),
        cmocka_unit_test(test_a_dead_application_is_named_on_every_rank),
        cmocka_unit_test(test_a_late_comer_learns_of_a_death),
        cmocka_unit_test(test_a_session_given_up_by_one_side),
        cmocka_unit_test(test_silence_without_expectation_is_no_death),
        cmocka_unit_test(test_waiting_long_is_no_death),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
