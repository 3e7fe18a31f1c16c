/* SPDX-License-Identifier: BSD-3-Clause */
/* Ports from end to end without a network: two of them on a wire in memory. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include <rte_mbuf.h>
#include <rte_ring.h>

#include "nic/datagram.h"
#include "nic/port.h"
#include "tests/unit/nic/cmocka_headers.h"

enum {
    LEFT = 0x0a010001,
    RIGHT = 0x0a020001,
    MTU = 4200,
    UDP_PORT = 4793
};

static const uint8_t any_ethernet[6] = {2, 0, 0, 0, 0, 9};
static struct port *left, *right;

static struct port *open_end(const char *device, uint32_t address)
{
    struct port_config config = {.device = device, .address = address, .udp_port = UDP_PORT, .mtu = MTU};
    struct port *port = NULL;
    char error[PORT_ERROR_BYTES] = "";
    if (port_open(&config, &port, error) != 0)
        print_error("%s\n", error);
    return port;
}

static int open_both(void **state)
{
    (void)state;
    left = open_end("memory:test/0", LEFT);
    right = open_end("memory:test/1", RIGHT);
    return left == NULL || right == NULL ? -1 : 0;
}

static int close_both(void **state)
{
    (void)state;
    port_close(left);
    port_close(right);
    return 0;
}

static struct sent_frame frame_to(uint32_t destination, const char *text)
{
    return (struct sent_frame){.destination = destination,
                               .source_port = 50000,
                               .ttl = 64,
                               .header = (const uint8_t *)text,
                               .header_bytes = (uint16_t)strlen(text)};
}

static void frames_cross_in_order(void **state)
{
    (void)state;
    struct sent_frame sent[100];
    struct received_frame received[64];
    char text[100][8];
    unsigned seen = 0, burst;
    port_set_next_hop(left, RIGHT, any_ethernet);
    for (unsigned i = 0; i < 100; i++) {
        snprintf(text[i], sizeof(text[i]), "%u", i);
        sent[i] = frame_to(RIGHT, text[i]);
    }
    assert_int_equal(port_transmit(left, sent, 100), 100);
    while ((burst = port_receive(right, received, 64)) > 0) {
        for (unsigned i = 0; i < burst; i++, seen++) {
            assert_int_equal(received[i].source, LEFT);
            assert_int_equal(received[i].length, strlen(text[seen]));
            assert_memory_equal(received[i].bytes, text[seen], received[i].length);
        }
        port_release(right, received, burst);
    }
    assert_int_equal(seen, 100);
}

static void an_unknown_next_hop_is_asked_for(void **state)
{
    (void)state;
    struct sent_frame frames[3] = {frame_to(RIGHT, "a"), frame_to(0x0a030001, "b"), frame_to(RIGHT, "c")};
    struct received_frame received[4];
    struct port_counters counters;
    uint32_t destination = 0;
    port_set_next_hop(left, RIGHT, any_ethernet);
    assert_int_equal(port_transmit(left, frames, 3), 3);
    assert_int_equal(port_receive(right, received, 4), 2);
    port_release(right, received, 2);
    port_get_counters(left, &counters);
    assert_int_equal(counters.dropped_no_next_hop, 1);
    assert_int_equal(counters.sent_frames, 2);
    assert_int_equal(counters.sent_bytes, 2 * 43);
    assert_true(port_take_unresolved(left, &destination));
    assert_int_equal(destination, 0x0a030001);
    assert_false(port_take_unresolved(left, &destination));
}

static void a_full_queue_takes_no_more_and_loses_nothing(void **state)
{
    (void)state;
    struct sent_frame frames[256];
    struct received_frame received[64];
    unsigned sent = 0, seen = 0, burst;
    port_set_next_hop(left, RIGHT, any_ethernet);
    for (unsigned i = 0; i < 256; i++)
        frames[i] = frame_to(RIGHT, "x");
    for (unsigned round = 0; round < 10; round++)
        sent += port_transmit(left, frames, 256);
    assert_in_range(sent, 256, 2559);
    while ((burst = port_receive(right, received, 64)) > 0) {
        port_release(right, received, burst);
        seen += burst;
    }
    assert_int_equal(seen, sent);
    assert_int_equal(port_transmit(left, frames, 256), 256);
}

static void frames_for_others_are_counted_and_dropped(void **state)
{
    (void)state;
    struct sent_frame frame = frame_to(0x0a020002, "not for the right end");
    struct received_frame received[4];
    struct port_counters counters;
    port_set_next_hop(left, 0x0a020002, any_ethernet);
    assert_int_equal(port_transmit(left, &frame, 1), 1);
    assert_int_equal(port_receive(right, received, 4), 0);
    port_get_counters(right, &counters);
    assert_int_equal(counters.dropped_not_ours, 1);
    assert_int_equal(counters.received_frames, 0);
}

static void the_largest_frame_fits(void **state)
{
    (void)state;
    static uint8_t payload[MTU - 28];
    struct sent_frame frame = {
        .destination = RIGHT, .ttl = 1, .payload = payload, .payload_bytes = sizeof(payload)};
    struct received_frame received[1];
    memset(payload, 0xa5, sizeof(payload));
    port_set_next_hop(left, RIGHT, any_ethernet);
    assert_int_equal(port_transmit(left, &frame, 1), 1);
    assert_int_equal(port_receive(right, received, 1), 1);
    assert_int_equal(received[0].length, sizeof(payload));
    assert_memory_equal(received[0].bytes, payload, sizeof(payload));
    port_release(right, received, 1);
}

static uint8_t sent_memory[4096], sent_header[FRAME_FIRST_PART_BYTES_MIN];

static struct sent_frame frame_from(struct port_memory *memory, uint32_t payload_bytes)
{
    return (struct sent_frame){.destination = RIGHT,
                               .ttl = 64,
                               .header = sent_header,
                               .header_bytes = sizeof(sent_header),
                               .payload = sent_memory,
                               .payload_bytes = payload_bytes,
                               .memory = memory};
}

static struct port_memory *register_memory(void)
{
    struct port_memory *memory;
    assert_int_equal(port_memory_register(left, sent_memory, sizeof(sent_memory), &memory), 0);
    memset(sent_memory, 0x5a, sizeof(sent_memory));
    memset(sent_header, 0xa5, sizeof(sent_header));
    port_set_next_hop(left, RIGHT, any_ethernet);
    return memory;
}

static void registered_memory_is_sent_from_where_it_lies(void **state)
{
    (void)state;
    struct port_memory *memory = register_memory();
    struct sent_frame frame = frame_from(memory, sizeof(sent_memory));
    struct received_frame received[1];
    uint8_t copy[16];
    assert_int_equal(port_transmit(left, &frame, 1), 1);
    sent_memory[0] = 1; /* after sending: a copy would not show it */
    assert_int_equal(port_receive(right, received, 1), 1);
    assert_int_equal(received[0].length, sizeof(sent_header));
    assert_int_equal(received[0].payload_bytes, sizeof(sent_memory));
    assert_ptr_equal(received[0].payload, sent_memory);
    received_frame_copy(&received[0], sizeof(sent_header) - 1, copy, 3);
    assert_memory_equal(copy, ((const uint8_t[]){0xa5, 1, 0x5a}), 3);
    port_release(right, received, 1);
    assert_int_equal(port_memory_unregister(memory), 0);
}

static void memory_is_busy_until_the_last_frame_is_released(void **state)
{
    (void)state;
    struct port_memory *memory = register_memory();
    struct sent_frame frames[3] = {frame_from(memory, 1000), frame_from(NULL, 1000), frame_from(memory, 256)};
    struct received_frame received[3];
    assert_int_equal(port_transmit(left, frames, 3), 3);
    assert_int_equal(port_memory_frames(memory), 2);
    assert_int_equal(port_memory_unregister(memory), -EBUSY);
    assert_int_equal(port_receive(right, received, 3), 3);
    port_release(right, received, 2);
    assert_int_equal(port_memory_frames(memory), 1);
    assert_int_equal(port_memory_unregister(memory), -EBUSY);
    port_release(right, received + 2, 1);
    assert_int_equal(port_memory_unregister(memory), 0);
}

static void a_small_payload_is_copied(void **state)
{
    (void)state;
    struct port_memory *memory = register_memory();
    struct sent_frame frames[2] = {frame_from(memory, FRAME_SECOND_PART_BYTES_MIN - 1),
                                   frame_from(memory, 1000)};
    struct received_frame received[2];
    frames[1].header_bytes--;
    assert_int_equal(port_transmit(left, frames, 2), 2);
    assert_int_equal(port_memory_frames(memory), 0);
    assert_int_equal(port_receive(right, received, 2), 2);
    for (unsigned i = 0; i < 2; i++) {
        assert_null(received[i].payload);
        assert_int_equal(received[i].length, frames[i].header_bytes + frames[i].payload_bytes);
    }
    port_release(right, received, 2);
    assert_int_equal(port_memory_unregister(memory), 0);
}

static void what_a_full_queue_refuses_holds_no_memory(void **state)
{
    (void)state;
    struct port_memory *memory = register_memory();
    struct sent_frame frames[64];
    struct received_frame received[64];
    unsigned sent = 0, taken, burst;
    for (unsigned i = 0; i < 64; i++)
        frames[i] = frame_from(memory, sizeof(sent_memory));
    while ((taken = port_transmit(left, frames, 64)) > 0)
        sent += taken;
    assert_int_equal(port_memory_frames(memory), sent);
    while ((burst = port_receive(right, received, 64)) > 0)
        port_release(right, received, burst);
    assert_int_equal(port_memory_unregister(memory), 0);
}

static void closing_the_wire_gives_memory_back(void **state)
{
    (void)state;
    struct port_memory *memory = register_memory();
    struct sent_frame frame = frame_from(memory, sizeof(sent_memory));
    assert_int_equal(port_transmit(left, &frame, 1), 1);
    assert_int_equal(port_memory_frames(memory), 1);
    port_close(right);
    assert_int_equal(port_memory_unregister(memory), 0);
    right = open_end("memory:test/1", RIGHT);
}

/* Puts what Left would send on the wire as three buffers, as a device that scatters might. */
static void send_in_three(uint16_t first_bytes, uint16_t room)
{
    static const uint8_t from_ethernet[6] = {2};
    const struct datagram_endpoint sender = {.udp_port = UDP_PORT, .address = LEFT};
    uint8_t bytes[1000];
    struct sent_frame frame = frame_from(NULL, 900 - sizeof(sent_header));
    uint16_t length =
        (uint16_t)datagram_write(bytes, &sender, from_ethernet, &frame, DATAGRAM_CHECKSUM_WHOLE);
    struct rte_mempool *pool = rte_mempool_lookup("weft_port0");
    struct rte_ring *wire = rte_ring_lookup("weft_test_0");
    struct rte_mbuf *parts[3];
    assert_non_null(pool);
    assert_non_null(wire);
    assert_int_equal(rte_pktmbuf_alloc_bulk(pool, parts, 3), 0);
    parts[0]->buf_len = parts[0]->data_off + first_bytes + room;
    memcpy(rte_pktmbuf_append(parts[0], first_bytes), bytes, first_bytes);
    memcpy(rte_pktmbuf_append(parts[1], 1), bytes + first_bytes, 1);
    memcpy(rte_pktmbuf_append(parts[2], length - first_bytes - 1), bytes + first_bytes + 1,
           length - first_bytes - 1);
    assert_int_equal(rte_pktmbuf_chain(parts[1], parts[2]), 0);
    assert_int_equal(rte_pktmbuf_chain(parts[0], parts[1]), 0);
    assert_int_equal(rte_ring_enqueue(wire, parts[0]), 0);
}

static void a_frame_in_many_parts_is_made_one_or_dropped(void **state)
{
    (void)state;
    struct received_frame received[1];
    struct port_counters counters;
    memset(sent_memory, 0x5a, sizeof(sent_memory));
    for (uint16_t first_bytes = 0; first_bytes < 900; first_bytes += 41) {
        send_in_three(first_bytes, 1000);
        assert_int_equal(port_receive(right, received, 1), 1);
        assert_int_equal(received[0].length, 900);
        assert_null(received[0].payload);
        assert_memory_equal(received[0].bytes + sizeof(sent_header), sent_memory, 900 - sizeof(sent_header));
        port_release(right, received, 1);
    }
    send_in_three(100, 200);
    assert_int_equal(port_receive(right, received, 1), 0);
    port_get_counters(right, &counters);
    assert_int_equal(counters.dropped_malformed, 1);
}

static void bad_devices_are_refused_in_words(void **state)
{
    (void)state;
    const struct {
        const char *device;
        const char *word;
    } cases[] = {
        {"", "none of"},
        {"eth0", "none of"},
        {"af_xdp:", "none of"},
        {"af_xdp:nosuch0", "no interface nosuch0"},
        {"af_packet:a_name_that_is_too_long", "no name of an interface"},
        {"pci:0000:03:00.0", "\"-a\", \"0000:03:00.0\""},
        {"memory:left", "NAME/0"},
        {"net_nosuch0", "does not start"},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct port_config config = {
            .device = cases[i].device, .address = LEFT, .udp_port = UDP_PORT, .mtu = 1500};
        struct port *port = NULL;
        char error[PORT_ERROR_BYTES] = "";
        assert_true(port_open(&config, &port, error) < 0);
        if (strstr(error, cases[i].word) == NULL)
            fail_msg("\"%s\": %s", cases[i].device, error);
    }
}

static void a_device_without_an_address_is_refused(void **state)
{
    (void)state;
    struct port_config config = {.device = "memory:test/0", .udp_port = UDP_PORT, .mtu = MTU};
    struct port *port = NULL;
    char error[PORT_ERROR_BYTES] = "";
    assert_int_equal(port_open(&config, &port, error), -EADDRNOTAVAIL);
    assert_non_null(strstr(error, "no IPv4 address"));
}

static int start_library(void **state)
{
    (void)state;
    static const char *const arguments[] = {"--no-huge", "--no-shconf", "--no-telemetry", "-m", "128"};
    char error[PORT_ERROR_BYTES] = "";
    int failure = port_library_start(arguments, 5, error);
    if (failure != 0)
        print_error("%s\n", error);
    return failure;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(frames_cross_in_order, open_both, close_both),
        cmocka_unit_test_setup_teardown(an_unknown_next_hop_is_asked_for, open_both, close_both),
        cmocka_unit_test_setup_teardown(a_full_queue_takes_no_more_and_loses_nothing, open_both, close_both),
        cmocka_unit_test_setup_teardown(frames_for_others_are_counted_and_dropped, open_both, close_both),
        cmocka_unit_test_setup_teardown(the_largest_frame_fits, open_both, close_both),
        cmocka_unit_test_setup_teardown(registered_memory_is_sent_from_where_it_lies, open_both, close_both),
        cmocka_unit_test_setup_teardown(memory_is_busy_until_the_last_frame_is_released, open_both,
                                        close_both),
        cmocka_unit_test_setup_teardown(a_small_payload_is_copied, open_both, close_both),
        cmocka_unit_test_setup_teardown(what_a_full_queue_refuses_holds_no_memory, open_both, close_both),
        cmocka_unit_test_setup_teardown(closing_the_wire_gives_memory_back, open_both, close_both),
        cmocka_unit_test_setup_teardown(a_frame_in_many_parts_is_made_one_or_dropped, open_both, close_both),
        cmocka_unit_test(bad_devices_are_refused_in_words),
        cmocka_unit_test(a_device_without_an_address_is_refused),
    };
    return cmocka_run_group_tests(tests, start_library, NULL);
}
