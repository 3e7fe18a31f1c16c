/* SPDX-License-Identifier: BSD-3-Clause */
/* Channels that a NIC carries: its word takes the place of acks, and of what is known of a path's end. */
#include <string.h>

#include "dataplane/transport/congestion.h"
#include "dataplane/transport/random.h"
#include "tests/unit/transport/fabric.h"
#include "tests/unit/transport/unit.h"

enum {
    BYTES = 2000000,
    FIRST_ADDRESS = 0x0a000001
};

static unsigned failed_path; /* its queue pair, both ways; NONE_FAILED: all work */
#define NONE_FAILED UINT32_MAX
static unsigned plain_credits, placed_credits;

static bool is_numbered(uint8_t type)
{
    return type == PACKET_DATA || type == PACKET_CREDIT || type == PACKET_CREDIT_PLACED ||
           type == PACKET_VOID;
}

static enum fault queue_pairs(struct fabric *f, const struct fabric_packet *packet)
{
    const struct packet_header *header = (const struct packet_header *)packet->bytes;
    (void)f;
    plain_credits += header->type == PACKET_CREDIT;
    placed_credits += header->type == PACKET_CREDIT_PLACED;
    return is_numbered(header->type) && header->path == failed_path ? FAULT_LOSE : FAULT_NONE;
}

static void use_nic(struct transport_config *config)
{
    config->reliable_nic = true;
    config->congestion = &congestion_nic;
    config->probe_interval_min_ns = 10 * NSEC_PER_MSEC;
}

static struct fabric *start(unsigned paths)
{
    struct fabric_config config = {
        .hosts = 2, .paths = paths, .memory_bytes = 2 * BYTES, .mode = PATH_MODE_WRAP, .tune = use_nic};
    struct fabric *f = fabric_create(&config);
    for (size_t i = 0; i < BYTES; i++)
        f->hosts[0].memory[i] = (uint8_t)mix64(i);
    f->fault = queue_pairs;
    failed_path = NONE_FAILED;
    plain_credits = placed_credits = 0;
    return f;
}

static void begin(struct fabric *f)
{
    struct fabric_flow flow = {.from = 0, .to = 1, .tag = 1, .to_offset = BYTES, .bytes = BYTES};
    assert_int_equal(fabric_receive(f, &flow), SUBMIT_OK);
    assert_int_equal(fabric_send(f, &flow), SUBMIT_OK);
}

static void check(struct fabric *f)
{
    assert_int_equal(fabric_count(f, 0, EVENT_SENT, EVENT_OK), 1);
    assert_int_equal(fabric_count(f, 1, EVENT_RECEIVED, EVENT_OK), 1);
    assert_memory_equal(f->hosts[0].memory, f->hosts[1].memory + BYTES, BYTES);
    assert_int_equal(fabric_counters(f, 1).data_bytes_received, BYTES);
}

/* The queue pair fails at both ends, one a little after the other. */
static void fail_path(struct fabric *f, unsigned path)
{
    failed_path = path;
    fabric_run(f, f->now + 100 * NSEC_PER_USEC);
    transport_on_path_failed(f->hosts[0].transport, FIRST_ADDRESS + 1, (uint8_t)path, f->now);
    fabric_run(f, f->now + 2 * FABRIC_DELAY_NS);
    transport_on_path_failed(f->hosts[1].transport, FIRST_ADDRESS, (uint8_t)path, f->now);
}

static void what_the_nic_delivers_needs_no_acks(void **state)
{
    struct fabric *f = start(4);
    (void)state;
    begin(f);
    fabric_run(f, f->now + NSEC_PER_SEC);
    check(f);
    assert_int_equal(fabric_counters(f, 0).acks_sent + fabric_counters(f, 1).acks_sent, 0);
    assert_int_equal(fabric_counters(f, 0).retransmits + fabric_counters(f, 0).tail_probes, 0);
    fabric_destroy(f);
}

static void credits_name_the_place(void **state)
{
    struct fabric *f = start(2);
    (void)state;
    begin(f);
    fabric_run(f, f->now + NSEC_PER_SEC);
    assert_int_equal(plain_credits, 0);
    assert_in_range(placed_credits, 1, UINT32_MAX);
    fabric_destroy(f);
}

static void silence_alone_kills_no_path(void **state)
{
    struct fabric *f = start(4);
    (void)state;
    begin(f);
    fabric_run(f, f->now + 200 * NSEC_PER_USEC);
    failed_path = 2;
    fabric_run(f, f->now + NSEC_PER_SEC);
    assert_int_equal(fabric_counters(f, 0).paths_died, 0);
    assert_int_equal(fabric_count(f, 0, EVENT_SENT, EVENT_OK), 0);
    fabric_destroy(f);
}

static void what_was_on_a_failed_path_goes_over_the_others(void **state)
{
    struct fabric *f = start(4);
    (void)state;
    begin(f);
    fabric_run(f, f->now + 200 * NSEC_PER_USEC);
    fail_path(f, 2);
    fabric_run(f, f->now + NSEC_PER_SEC);
    check(f);
    assert_int_equal(fabric_counters(f, 0).paths_died, 1);
    assert_in_range(fabric_counters(f, 0).packets_rehomed, 1, UINT32_MAX);
    fabric_destroy(f);
}

static void the_only_path_opens_again(void **state)
{
    struct fabric *f = start(1);
    (void)state;
    begin(f);
    fabric_run(f, f->now + 200 * NSEC_PER_USEC);
    fail_path(f, 0);
    failed_path = NONE_FAILED; /* there is a new queue pair */
    fabric_run(f, f->now + NSEC_PER_SEC);
    check(f);
    fabric_destroy(f);
}

/* One after the other fails before the first has been closed. */
static void the_last_of_all_paths_keeps_what_is_left(void **state)
{
    struct fabric *f = start(2);
    (void)state;
    begin(f);
    fabric_run(f, f->now + 200 * NSEC_PER_USEC);
    fail_path(f, 0);
    fail_path(f, 1);
    failed_path = NONE_FAILED;
    fabric_run(f, f->now + NSEC_PER_SEC);
    check(f);
    fabric_destroy(f);
}

static void acks_that_datagrams_bring_are_not_believed(void **state)
{
    struct fabric *f = start(1);
    struct packet_ack ack = {
        .header = {.version = PACKET_VERSION, .type = PACKET_ACK, .incarnation = 101, .generation = 1}};
    struct received_packet packet = {
        .source = FIRST_ADDRESS + 1, .bytes = (const uint8_t *)&ack, .length = sizeof(ack)};
    struct placement placement;
    (void)state;
    begin(f);
    fabric_run(f, f->now + 200 * NSEC_PER_USEC);
    ack.header.session = 1;
    for (unsigned generation = 0; generation < 256; generation++) {
        ack.header.session_generation = (uint8_t)generation;
        assert_int_not_equal(transport_receive(f->hosts[0].transport, &packet, &placement, f->now),
                             DROP_NONE);
    }
    assert_in_range(fabric_counters(f, 0).drops[DROP_TYPE], 1, UINT32_MAX);
    fabric_destroy(f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_the_nic_delivers_needs_no_acks),
        cmocka_unit_test(credits_name_the_place),
        cmocka_unit_test(silence_alone_kills_no_path),
        cmocka_unit_test(what_was_on_a_failed_path_goes_over_the_others),
        cmocka_unit_test(the_only_path_opens_again),
        cmocka_unit_test(the_last_of_all_paths_keeps_what_is_left),
        cmocka_unit_test(acks_that_datagrams_bring_are_not_believed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
