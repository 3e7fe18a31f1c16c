/* SPDX-License-Identifier: BSD-3-Clause */
/* Messages arrive whole, once and in the right place, whatever their size and the path mode, and whatever the
 * network does. */
#include <stdlib.h>
#include <string.h>

#include "dataplane/transport/congestion.h"
#include "dataplane/transport/random.h"
#include "tests/unit/transport/fabric.h"
#include "tests/unit/transport/unit.h"

static void fill(struct fabric *f, uint64_t seed)
{
    struct random_stream random = {seed};
    for (unsigned h = 0; h < f->host_count; h++) {
        for (size_t i = 0; i < f->memory_bytes / 2; i++)
            f->hosts[h].memory[i] = (uint8_t)random_next(&random);
    }
}

/* Every host sends `bytes` to every other: from the first half of its region to the second half of theirs,
 * slot by slot. */
static void all_to_all(struct fabric *f, uint64_t bytes, uint64_t tag)
{
    for (unsigned from = 0; from < f->host_count; from++) {
        for (unsigned to = 0; to < f->host_count; to++) {
            struct fabric_flow flow = {.from = from,
                                       .to = to,
                                       .tag = tag,
                                       .from_offset = to * bytes,
                                       .to_offset = f->memory_bytes / 2 + from * bytes,
                                       .bytes = bytes};
            flow.tag = tag * 100 + from * 10 + to;
            assert_int_equal(fabric_receive(f, &flow), SUBMIT_OK);
            assert_int_equal(fabric_send(f, &flow), SUBMIT_OK);
        }
    }
}

static void check_all_to_all(struct fabric *f, uint64_t bytes)
{
    for (unsigned to = 0; to < f->host_count; to++) {
        assert_int_equal(fabric_count(f, to, EVENT_RECEIVED, EVENT_OK), f->host_count);
        assert_int_equal(fabric_count(f, to, EVENT_SENT, EVENT_OK), f->host_count);
        for (unsigned from = 0; from < f->host_count; from++)
            assert_memory_equal(f->hosts[to].memory + f->memory_bytes / 2 + from * bytes,
                                f->hosts[from].memory + to * bytes, bytes);
    }
}

static void run_all_to_all(enum path_mode mode, uint64_t bytes, fault_function fault, const char *congestion)
{
    struct fabric_config config = {
        .hosts = 4, .paths = 4, .memory_bytes = 8 * bytes + 8, .mode = mode, .congestion = congestion};
    struct fabric *f = fabric_create(&config);
    fill(f, bytes + mode);
    f->fault = fault;
    f->seed = bytes * 7 + mode;
    all_to_all(f, bytes, 1);
    fabric_run(f, f->now + 20 * NSEC_PER_SEC);
    check_all_to_all(f, bytes);
    fabric_destroy(f);
}

static const enum path_mode MODES[] = {PATH_MODE_HASH,   PATH_MODE_SPRAY,    PATH_MODE_REPS,
                                       PATH_MODE_MPRDMA, PATH_MODE_ETHEREAL, PATH_MODE_WRAP};

static void test_sizes_and_modes(void **state)
{
    (void)state;
    static const uint64_t sizes[] = {0, 1, 1023, 1024, 1025, 4096, 100001};
    for (unsigned m = 0; m < 4; m++) {
        for (unsigned i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++)
            run_all_to_all(MODES[m], sizes[i], NULL, NULL);
    }
}

static enum fault everything(struct fabric *f, const struct fabric_packet *packet)
{
    (void)packet;
    uint64_t draw = mix64(f->seed++) % 100;
    if (draw < 5)
        return FAULT_LOSE;
    if (draw < 8)
        return FAULT_DOUBLE;
    if (draw < 10)
        return FAULT_DELAY;
    if (draw < 14)
        return FAULT_TRIM;
    return draw < 24 ? FAULT_MARK : FAULT_NONE;
}

static void test_hostile_network(void **state)
{
    (void)state;
    const struct congestion_control *control;
    for (unsigned m = 0; m < 4; m++) {
        for (unsigned c = 0; (control = congestion_control_at(c)) != NULL; c++)
            run_all_to_all(MODES[m], 200000 + m, everything, control->name);
    }
}

static void have_small_tables(struct transport_config *config)
{
    config->messages_max = 4;
}

/* Twelve credits come to a host that can keep eight: the others are not accepted, and come again. */
static void test_credits_beyond_the_table_come_again(void **state)
{
    (void)state;
    struct fabric_config config = {
        .hosts = 4, .paths = 2, .memory_bytes = 65536, .mode = PATH_MODE_WRAP, .tune = have_small_tables};
    struct fabric *f = fabric_create(&config);
    bool sent[12] = {false};
    fill(f, 9);
    for (unsigned i = 0; i < 12; i++)
        fabric_receive(f,
                       &(struct fabric_flow){.to = 1 + i / 4, .tag = i, .to_offset = 40000, .bytes = 1000});
    for (unsigned turn = 0; turn < 100; turn++) {
        fabric_run(f, f->now + NSEC_PER_MSEC);
        for (unsigned i = 0; i < 12; i++) {
            struct fabric_flow flow = {.to = 1 + i / 4, .tag = i, .bytes = 1000};
            sent[i] = sent[i] || fabric_send(f, &flow) == SUBMIT_OK;
        }
    }
    assert_true(fabric_counters(f, 0).drops[DROP_NO_RESOURCES] > 0);
    assert_int_equal(fabric_count(f, 0, EVENT_SENT, EVENT_OK), 12);
    for (unsigned to = 1; to < 4; to++)
        assert_int_equal(fabric_count(f, to, EVENT_RECEIVED, EVENT_OK), 4);
    fabric_destroy(f);
}

/* Half of all source ports cross a link that is dead, before anybody has met. */
static enum fault odd_ports_are_dead(struct fabric *f, const struct fabric_packet *packet)
{
    (void)f;
    return packet->source_port % 2 == 1 ? FAULT_LOSE : FAULT_NONE;
}

static void be_impatient(struct transport_config *config)
{
    config->peer_timeout_ns = 64 * config->rto_min_ns;
}

/* The table is full of sends that nobody has asked for; those that somebody waits for get through. */
static void test_sends_that_wait_leave_room_for_those_that_need_not(void **state)
{
    (void)state;
    struct fabric_config config = {
        .hosts = 2, .paths = 2, .memory_bytes = 65536, .mode = PATH_MODE_WRAP, .tune = have_small_tables};
    struct fabric *f = fabric_create(&config);
    for (unsigned tag = 0; tag < 4; tag++)
        fabric_receive(f, &(struct fabric_flow){.from = 0, .to = 1, .tag = tag, .bytes = 3000});
    fabric_run(f, f->now + NSEC_PER_MSEC);
    for (unsigned tag = 4; tag < 8; tag++)
        assert_int_equal(fabric_send(f, &(struct fabric_flow){.from = 0, .to = 1, .tag = tag, .bytes = 3000}),
                         SUBMIT_OK);
    struct fabric_flow unasked = {.from = 0, .to = 1, .tag = 8, .bytes = 3000};
    assert_int_equal(fabric_send(f, &unasked), SUBMIT_FULL);
    for (unsigned tag = 0; tag < 4; tag++) {
        struct fabric_flow asked = {.from = 0, .to = 1, .tag = tag, .bytes = 3000};
        assert_int_equal(fabric_send(f, &asked), SUBMIT_OK);
        fabric_run(f, f->now + NSEC_PER_MSEC);
        assert_non_null(fabric_find(f, 1, EVENT_RECEIVED, tag));
    }
    fabric_destroy(f);
}

static void test_hosts_meet_though_a_path_is_dead(void **state)
{
    (void)state;
    for (unsigned bytes = 1; bytes <= 20; bytes++) {
        struct fabric_config config = {.hosts = 4,
                                       .paths = 2,
                                       .memory_bytes = 8 * bytes + 8,
                                       .mode = PATH_MODE_WRAP,
                                       .tune = be_impatient};
        struct fabric *f = fabric_create(&config);
        f->fault = odd_ports_are_dead;
        fill(f, bytes);
        all_to_all(f, bytes, 1);
        fabric_run(f, f->now + 20 * NSEC_PER_SEC);
        check_all_to_all(f, bytes);
        fabric_destroy(f);
    }
}

static enum fault trim_first_transmissions(struct fabric *f, const struct fabric_packet *packet)
{
    const struct packet_data *data = (const struct packet_data *)packet->bytes;
    bool first = data->header.type == PACKET_DATA && !(f->seed >> (data->offset / 1024) & 1);
    if (first)
        f->seed |= 1ull << (data->offset / 1024);
    return first ? FAULT_TRIM : FAULT_NONE;
}

static void have_no_timers(struct transport_config *config)
{
    config->rto_min_ns = config->rto_max_ns = NSEC_PER_SEC;
}

/* Even when the last packet of a message is cut, and all others: no timer is needed, and each goes twice. */
static void test_cut_packets_are_sent_again_at_once(void **state)
{
    (void)state;
    struct fabric_config config = {
        .hosts = 2, .paths = 2, .memory_bytes = 131072, .mode = PATH_MODE_WRAP, .tune = have_no_timers};
    struct fabric *f = fabric_create(&config);
    fill(f, 3);
    f->fault = trim_first_transmissions;
    struct fabric_flow flow = {.from = 0, .to = 1, .tag = 5, .to_offset = 65536, .bytes = 20000};
    fabric_receive(f, &flow);
    fabric_send(f, &flow);
    fabric_run(f, f->now + 20 * FABRIC_DELAY_NS);
    assert_int_equal(fabric_count(f, 1, EVENT_RECEIVED, EVENT_OK), 1);
    assert_memory_equal(f->hosts[1].memory + 65536, f->hosts[0].memory, 20000);
    struct transport_counters sender = fabric_counters(f, 0), receiver = fabric_counters(f, 1);
    assert_int_equal(sender.trimmed_packets, 20);
    assert_int_equal(receiver.drops[DROP_TRIMMED], 20);
    assert_int_equal(sender.retransmits, 20);
    assert_int_equal(sender.timeouts + sender.tail_probes, 0);
    fabric_destroy(f);
}

static void test_send_before_receive(void **state)
{
    (void)state;
    struct fabric_config config = {.hosts = 2, .paths = 2, .memory_bytes = 65536, .mode = PATH_MODE_WRAP};
    struct fabric *f = fabric_create(&config);
    fill(f, 1);
    struct fabric_flow flow = {.from = 0, .to = 1, .tag = 5, .to_offset = 40000, .bytes = 20000};
    fabric_send(f, &flow);
    fabric_run(f, f->now + NSEC_PER_SEC);
    assert_int_equal(fabric_count(f, 0, EVENT_SENT, EVENT_OK), 0);
    fabric_receive(f, &flow);
    fabric_run(f, f->now + NSEC_PER_SEC);
    assert_int_equal(fabric_count(f, 0, EVENT_SENT, EVENT_OK), 1);
    assert_memory_equal(f->hosts[1].memory + 40000, f->hosts[0].memory, 20000);
    fabric_destroy(f);
}

static void test_receive_longer_than_message(void **state)
{
    (void)state;
    struct fabric_config config = {.hosts = 2, .paths = 2, .memory_bytes = 65536, .mode = PATH_MODE_WRAP};
    struct fabric *f = fabric_create(&config);
    struct fabric_flow flow = {.from = 0, .to = 1, .tag = 5, .bytes = 30000, .chunk_bytes = 8192};
    fabric_receive(f, &flow);
    flow.bytes = 10000;
    fabric_send(f, &flow);
    fabric_run(f, f->now + NSEC_PER_SEC);
    const struct event *received = fabric_find(f, 1, EVENT_RECEIVED, 5);
    assert_non_null(received);
    assert_int_equal(received->status, EVENT_OK);
    assert_int_equal(received->bytes, 10000);
    assert_int_equal(fabric_count(f, 1, EVENT_CHUNK, EVENT_OK), 2);
    fabric_destroy(f);
}

static void test_message_longer_than_receive(void **state)
{
    (void)state;
    struct fabric_config config = {.hosts = 2, .paths = 2, .memory_bytes = 65536, .mode = PATH_MODE_WRAP};
    for (unsigned send_first = 0; send_first < 2; send_first++) {
        struct fabric *f = fabric_create(&config);
        struct fabric_flow send = {.from = 0, .to = 1, .tag = 5, .bytes = 10001}, receive = send;
        receive.bytes = 10000;
        if (send_first)
            fabric_send(f, &send);
        fabric_receive(f, &receive);
        fabric_run(f, f->now + NSEC_PER_SEC);
        if (!send_first)
            fabric_send(f, &send);
        fabric_run(f, f->now + NSEC_PER_SEC);
        assert_int_equal(fabric_count(f, 0, EVENT_SENT, EVENT_TRUNCATED), 1);
        assert_int_equal(fabric_count(f, 1, EVENT_RECEIVED, EVENT_TRUNCATED), 1);
        fabric_destroy(f);
    }
}

static void test_chunks_come_before_the_end(void **state)
{
    (void)state;
    struct fabric_config config = {.hosts = 2, .paths = 4, .memory_bytes = 1 << 20, .mode = PATH_MODE_WRAP};
    struct fabric *f = fabric_create(&config);
    f->fault = everything;
    struct fabric_flow flow = {.from = 0, .to = 1, .tag = 5, .bytes = 640001, .chunk_bytes = 20000};
    fabric_receive(f, &flow);
    fabric_send(f, &flow);
    fabric_run(f, f->now + 5 * NSEC_PER_SEC);
    uint64_t seen = 0;
    const struct fabric_host *h = &f->hosts[1];
    for (unsigned i = 0; i < h->event_count; i++) {
        if (h->events[i].kind == EVENT_CHUNK) {
            assert_int_equal(seen >> h->events[i].chunk & 1, 0);
            seen |= 1ull << h->events[i].chunk;
        }
        if (h->events[i].kind == EVENT_RECEIVED)
            assert_int_equal(seen, (1ull << 33) - 1);
    }
    assert_non_null(fabric_find(f, 1, EVENT_RECEIVED, 5));
    fabric_destroy(f);
}

static void test_bad_requests(void **state)
{
    (void)state;
    struct fabric_config config = {.hosts = 2, .paths = 2, .memory_bytes = 65536, .mode = PATH_MODE_WRAP};
    struct fabric *f = fabric_create(&config);
    struct fabric_flow flow = {.from = 0, .to = 1, .tag = 5, .bytes = (1ull << 32) + 1};
    assert_int_equal(fabric_send(f, &flow), SUBMIT_INVALID);
    assert_int_equal(fabric_receive(f, &flow), SUBMIT_INVALID);
    flow.bytes = 1000;
    flow.chunk_bytes = 10;
    assert_int_equal(fabric_receive(f, &flow), SUBMIT_INVALID);
    struct flow_request stranger = {.peer_rank = 2};
    struct fabric_host *h = &f->hosts[0];
    assert_int_equal(transport_send_batch(h->transport, (uint32_t)h->communicator,
                                          &(struct flow_batch){&stranger, 1}, f->now),
                     SUBMIT_INVALID);
    assert_int_equal(transport_send_batch(h->transport, 999, &(struct flow_batch){&stranger, 1}, f->now),
                     SUBMIT_INVALID);
    flow.chunk_bytes = 0;
    assert_int_equal(fabric_send(f, &flow), SUBMIT_OK);
    assert_int_equal(fabric_send(f, &flow), SUBMIT_INVALID);
    for (flow.tag = 6; fabric_send(f, &flow) == SUBMIT_OK;)
        flow.tag++;
    assert_int_equal(fabric_send(f, &flow), SUBMIT_FULL);
    fabric_destroy(f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_sizes_and_modes),
        cmocka_unit_test(test_hostile_network),
        cmocka_unit_test(test_cut_packets_are_sent_again_at_once),
        cmocka_unit_test(test_sends_that_wait_leave_room_for_those_that_need_not),
        cmocka_unit_test(test_hosts_meet_though_a_path_is_dead),
        cmocka_unit_test(test_credits_beyond_the_table_come_again),
        cmocka_unit_test(test_send_before_receive),
        cmocka_unit_test(test_receive_longer_than_message),
        cmocka_unit_test(test_message_longer_than_receive),
        cmocka_unit_test(test_chunks_come_before_the_end),
        cmocka_unit_test(test_bad_requests),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
