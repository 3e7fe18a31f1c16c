/* SPDX-License-Identifier: BSD-3-Clause */
/* Ports from end to end without a network: two of them on a wire in memory. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

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
        cmocka_unit_test(bad_devices_are_refused_in_words),
        cmocka_unit_test(a_device_without_an_address_is_refused),
    };
    return cmocka_run_group_tests(tests, start_library, NULL);
}
