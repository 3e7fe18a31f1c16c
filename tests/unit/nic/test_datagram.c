/* SPDX-License-Identifier: BSD-3-Clause */
#include <stdlib.h>
#include <string.h>

#include "nic/checksum.h"
#include "nic/datagram.h"
#include "tests/unit/nic/cmocka_headers.h"

enum {
    IP = DATAGRAM_ETHERNET_BYTES,
    UDP = IP + 20,
    ROOM = 4096
};

static const struct datagram_endpoint alice = {{2, 0, 0, 0, 0, 1}, 4793, 0x0a010001};
static const struct datagram_endpoint bob = {{2, 0, 0, 0, 0, 2}, 4793, 0x0a020001};
static const uint8_t header[] = "header bytes";
static const uint8_t payload[] = "and a payload of odd length";

static struct sent_frame greeting(void)
{
    return (struct sent_frame){
        .destination = bob.address,
        .source_port = 50001,
        .ttl = 64,
        .ecn_capable = 1,
        .id = 77,
        .header_bytes = sizeof(header),
        .header = header,
        .payload_bytes = sizeof(payload),
        .payload = payload,
    };
}

/* From Alice to Bob; returns the length. */
static uint32_t write_greeting(uint8_t *bytes)
{
    struct sent_frame frame = greeting();
    return datagram_write(bytes, &alice, bob.ethernet, &frame, DATAGRAM_CHECKSUM_WHOLE);
}

/* Reads from memory of exactly that length, so that the sanitizer sees any reading beyond it. */
static enum datagram_verdict read_exactly(struct received_frame *frame, const struct datagram_endpoint *local,
                                          const uint8_t *bytes, uint32_t length)
{
    uint8_t *copy = malloc(length > 0 ? length : 1);
    memcpy(copy, bytes, length);
    struct datagram_input input = {.bytes = copy, .length = length};
    enum datagram_verdict verdict = datagram_read(frame, local, &input);
    free(copy);
    return verdict;
}

static void store16(uint8_t *bytes, uint16_t value)
{
    bytes[0] = (uint8_t)(value >> 8);
    bytes[1] = (uint8_t)value;
}

static void mend_ip_checksum(uint8_t *ip)
{
    store16(ip + 10, 0);
    uint16_t check = (uint16_t)~checksum_sum(ip, (ip[0] & 15u) * 4u);
    memcpy(ip + 10, &check, sizeof(check));
}

static void what_is_written_is_read(void **state)
{
    (void)state;
    uint8_t bytes[ROOM];
    struct received_frame frame;
    uint32_t length = write_greeting(bytes);
    struct datagram_input input = {.bytes = bytes, .length = length};

    assert_int_equal(length, DATAGRAM_HEADER_BYTES + sizeof(header) + sizeof(payload));
    assert_int_equal(datagram_read(&frame, &bob, &input), DATAGRAM_OURS);
    assert_int_equal(frame.kind, FRAME_UDP);
    assert_int_equal(frame.source, alice.address);
    assert_int_equal(frame.source_port, 50001);
    assert_int_equal(frame.ecn, 2);
    assert_int_equal(frame.length, sizeof(header) + sizeof(payload));
    assert_memory_equal(frame.bytes, header, sizeof(header));
    assert_memory_equal(frame.bytes + sizeof(header), payload, sizeof(payload));
}

/* Byte by byte against a frame put together by hand from the RFCs. */
static void headers_are_as_the_rfcs_say(void **state)
{
    (void)state;
    const uint8_t expected[] = {
        2,    0,    0,    0,    0,    2,    2,    0,    0,    0,    0,    1,    0x08, 0x00, /* Ethernet */
        0x45, 0x00, 0x00, 0x1e, 0x00, 0x4d, 0x40, 0,    0x01, 0x11, 0x65, 0x7e,             /* IPv4 */
        10,   1,    0,    1,    10,   2,    0,    1,                                        /* addresses */
        0xc3, 0x51, 0x12, 0xb9, 0x00, 0x0a, 0xb4, 0xca,                                     /* UDP */
        0x61, 0x00,
    };
    uint8_t bytes[ROOM];
    struct sent_frame frame = {.destination = bob.address,
                               .source_port = 50001,
                               .ttl = 1,
                               .id = 77,
                               .header_bytes = 2,
                               .header = (const uint8_t *)"a"};
    assert_int_equal(datagram_write(bytes, &alice, bob.ethernet, &frame, DATAGRAM_CHECKSUM_WHOLE),
                     sizeof(expected));
    assert_memory_equal(bytes, expected, sizeof(expected));
}

static void every_length_survives(void **state)
{
    (void)state;
    static uint8_t content[3400], bytes[ROOM];
    struct received_frame received;
    for (uint32_t i = 0; i < sizeof(content); i++)
        content[i] = (uint8_t)(i * 7);
    for (uint32_t length = 0; length <= 3372; length += length < 70 ? 1 : 127) {
        struct sent_frame frame = greeting();
        frame.header_bytes = length < 33 ? (uint16_t)length : 33;
        frame.header = content;
        frame.payload_bytes = length - frame.header_bytes;
        frame.payload = content + frame.header_bytes;
        uint32_t total = datagram_write(bytes, &alice, bob.ethernet, &frame, DATAGRAM_CHECKSUM_WHOLE);
        struct datagram_input input = {.bytes = bytes, .length = total};
        assert_int_equal(datagram_read(&received, &bob, &input), DATAGRAM_OURS);
        assert_int_equal(received.length, length);
        assert_memory_equal(received.bytes, content, length);
    }
}

static void ethernet_padding_is_no_payload(void **state)
{
    (void)state;
    uint8_t bytes[ROOM] = {0};
    struct received_frame received;
    struct sent_frame frame = greeting();
    frame.header_bytes = 0;
    frame.payload_bytes = 1;
    datagram_write(bytes, &alice, bob.ethernet, &frame, DATAGRAM_CHECKSUM_WHOLE);
    struct datagram_input input = {.bytes = bytes, .length = 60};
    assert_int_equal(datagram_read(&received, &bob, &input), DATAGRAM_OURS);
    assert_int_equal(received.length, 1);
}

static void a_device_that_verified_the_checksum_is_believed(void **state)
{
    (void)state;
    uint8_t bytes[ROOM];
    struct received_frame frame;
    uint32_t length = write_greeting(bytes);
    bytes[length - 1] ^= 1;
    struct datagram_input input = {.bytes = bytes, .length = length};
    assert_int_equal(datagram_read(&frame, &bob, &input), DATAGRAM_BAD_CHECKSUM);
    input.checksum_verified = true;
    assert_int_equal(datagram_read(&frame, &bob, &input), DATAGRAM_OURS);
}

static void the_device_completes_a_pseudo_header_checksum(void **state)
{
    (void)state;
    uint8_t whole[ROOM], pseudo[ROOM];
    uint32_t length = write_greeting(whole);
    struct sent_frame frame = greeting();
    datagram_write(pseudo, &alice, bob.ethernet, &frame, DATAGRAM_CHECKSUM_PSEUDO);
    uint16_t check = (uint16_t)~checksum_sum(pseudo + UDP, length - UDP);
    memcpy(pseudo + UDP + 6, &check, sizeof(check));
    assert_memory_equal(whole, pseudo, length);
}

enum {
    LONG_PAYLOAD = 700,
    LONG_HEADER = 40
};

/* A datagram long enough for two parts; returns its length. */
static uint32_t write_long(uint8_t *bytes, const uint8_t content[LONG_PAYLOAD])
{
    struct sent_frame frame = greeting();
    frame.header_bytes = LONG_HEADER;
    frame.header = content;
    frame.payload_bytes = LONG_PAYLOAD - LONG_HEADER;
    frame.payload = content + LONG_HEADER;
    return datagram_write(bytes, &alice, bob.ethernet, &frame, DATAGRAM_CHECKSUM_PSEUDO);
}

static void *copy_of(const uint8_t *bytes, uint32_t length)
{
    uint8_t *copy = malloc(length > 0 ? length : 1);
    memcpy(copy, bytes, length);
    return copy;
}

/* Cut in two at `cut`, each part in memory of exactly its length. */
static enum datagram_verdict read_in_two(uint8_t *content, const uint8_t *bytes, uint32_t length,
                                         uint32_t cut, bool verified)
{
    struct received_frame frame;
    uint8_t *first = copy_of(bytes, cut), *rest = copy_of(bytes + cut, length - cut);
    struct datagram_input input = {.bytes = first,
                                   .length = cut,
                                   .rest = rest,
                                   .rest_length = length - cut,
                                   .checksum_verified = verified};
    enum datagram_verdict verdict = datagram_read(&frame, &bob, &input);
    if (verdict == DATAGRAM_OURS) {
        assert_int_equal(frame.length + frame.payload_bytes, LONG_PAYLOAD);
        received_frame_copy(&frame, 0, content, LONG_PAYLOAD);
        for (uint32_t begin = 0; begin < LONG_PAYLOAD; begin += 13)
            received_frame_copy(&frame, begin, content + begin, LONG_PAYLOAD - begin);
    }
    free(first);
    free(rest);
    return verdict;
}

static void two_parts_are_taken_where_both_are_large_enough(void **state)
{
    (void)state;
    uint8_t bytes[ROOM] = {0}, content[LONG_PAYLOAD], copy[LONG_PAYLOAD];
    for (unsigned i = 0; i < LONG_PAYLOAD; i++)
        content[i] = (uint8_t)(i * 7 >> 1);
    uint32_t length = write_long(bytes, content);
    for (uint32_t padding = 0; padding <= 3; padding += 3)
        for (uint32_t cut = 0; cut < length; cut++) {
            bool large = cut >= DATAGRAM_HEADER_BYTES + FRAME_FIRST_PART_BYTES_MIN &&
                         length - cut >= FRAME_SECOND_PART_BYTES_MIN;
            memset(copy, 0, sizeof(copy));
            assert_int_equal(read_in_two(copy, bytes, length + padding, cut, true),
                             large ? DATAGRAM_OURS : DATAGRAM_MALFORMED);
            if (large)
                assert_memory_equal(copy, content, LONG_PAYLOAD);
        }
}

static void a_second_part_of_padding_is_none(void **state)
{
    (void)state;
    uint8_t bytes[ROOM], padding[300] = {0};
    struct received_frame frame;
    struct datagram_input input = {
        .bytes = bytes, .length = write_greeting(bytes), .rest = padding, .rest_length = sizeof(padding)};
    assert_int_equal(datagram_read(&frame, &bob, &input), DATAGRAM_OURS);
    assert_null(frame.payload);
    assert_int_equal(frame.payload_bytes, 0);
}

static void two_parts_that_no_device_verified_are_not_believed(void **state)
{
    (void)state;
    const uint32_t cut = DATAGRAM_HEADER_BYTES + FRAME_FIRST_PART_BYTES_MIN, first_bytes = cut - UDP;
    uint8_t bytes[ROOM], content[LONG_PAYLOAD] = {0};
    uint32_t length = write_long(bytes, content);
    store16(bytes + UDP + 6, 0); /* a checksum that is right for the first part alone */
    uint16_t pseudo_header =
        checksum_sum_pseudo_header(htonl(alice.address), htonl(bob.address), (uint16_t)first_bytes);
    uint16_t check =
        (uint16_t)~checksum_fold((uint64_t)pseudo_header + checksum_sum(bytes + UDP, first_bytes));
    memcpy(bytes + UDP + 6, &check, sizeof(check));
    assert_int_equal(read_in_two(content, bytes, length, cut, false), DATAGRAM_BAD_CHECKSUM);
}

static void the_first_part_is_what_precedes_the_payload(void **state)
{
    (void)state;
    uint8_t whole[ROOM], first[ROOM];
    struct sent_frame frame = greeting();
    datagram_write(whole, &alice, bob.ethernet, &frame, DATAGRAM_CHECKSUM_PSEUDO);
    uint32_t length = datagram_write_first_part(first, &alice, bob.ethernet, &frame);
    assert_int_equal(length, DATAGRAM_HEADER_BYTES + sizeof(header));
    assert_memory_equal(first, whole, length);
}

static void every_truncation_is_malformed(void **state)
{
    (void)state;
    uint8_t bytes[ROOM];
    struct received_frame frame;
    uint32_t length = write_greeting(bytes);
    for (uint32_t cut = 0; cut < length; cut++)
        assert_int_equal(read_exactly(&frame, &bob, bytes, cut), DATAGRAM_MALFORMED);
}

static void every_flipped_bit_is_noticed(void **state)
{
    (void)state;
    uint8_t bytes[ROOM];
    struct received_frame frame;
    uint32_t length = write_greeting(bytes);
    for (uint32_t bit = IP * 8; bit < length * 8; bit++) {
        bytes[bit / 8] ^= (uint8_t)(1 << bit % 8);
        assert_int_not_equal(read_exactly(&frame, &bob, bytes, length), DATAGRAM_OURS);
        bytes[bit / 8] ^= (uint8_t)(1 << bit % 8);
    }
}

struct alteration {
    const char *what;
    uint32_t offset;
    uint16_t value;
    enum datagram_verdict verdict;
};

static void altered_frames_are_refused_for_the_right_reason(void **state)
{
    (void)state;
    const struct alteration alterations[] = {
        {"ethertype is ARP", 12, 0x0806, DATAGRAM_NOT_OURS},
        {"ethertype is a VLAN tag", 12, 0x8100, DATAGRAM_NOT_OURS},
        {"IP version 6", IP, 0x6500, DATAGRAM_MALFORMED},
        {"IP header of 16 bytes", IP, 0x4400, DATAGRAM_MALFORMED},
        {"IP header of 60 bytes", IP, 0x4f00, DATAGRAM_BAD_CHECKSUM},
        {"IP length below the header's", IP + 2, 19, DATAGRAM_MALFORMED},
        {"IP length beyond the frame", IP + 2, 2000, DATAGRAM_MALFORMED},
        {"first fragment", IP + 6, 0x2000, DATAGRAM_NOT_OURS},
        {"later fragment", IP + 6, 0x0001, DATAGRAM_NOT_OURS},
        {"TCP", IP + 8, 0x4006, DATAGRAM_NOT_OURS},
        {"another host", IP + 18, 0x0002, DATAGRAM_NOT_OURS},
        {"another port", UDP + 2, 53, DATAGRAM_NOT_OURS},
        {"UDP length too small", UDP + 4, 7, DATAGRAM_MALFORMED},
        {"UDP length too large", UDP + 4, 2000, DATAGRAM_MALFORMED},
        {"no UDP checksum", UDP + 6, 0, DATAGRAM_BAD_CHECKSUM},
    };
    for (size_t i = 0; i < sizeof(alterations) / sizeof(alterations[0]); i++) {
        uint8_t bytes[ROOM];
        struct received_frame frame;
        uint32_t length = write_greeting(bytes);
        store16(bytes + alterations[i].offset, alterations[i].value);
        if (alterations[i].value != 0x4f00)
            mend_ip_checksum(bytes + IP);
        enum datagram_verdict verdict = read_exactly(&frame, &bob, bytes, length);
        if (verdict != alterations[i].verdict)
            fail_msg("%s: verdict %d", alterations[i].what, verdict);
    }
}

/* What a router says to Alice about her greeting: quotes its IP header and `quoted_bytes` more. */
static uint32_t write_time_exceeded(uint8_t *bytes, uint32_t quoted_bytes)
{
    const uint32_t router = 0x0aff0102;
    uint8_t greeting_bytes[ROOM];
    uint8_t *ip = bytes + IP, *icmp = bytes + IP + 20;
    uint32_t icmp_bytes = 8 + 20 + quoted_bytes;
    write_greeting(greeting_bytes);
    memcpy(bytes, greeting_bytes, UDP);
    store16(ip + 2, (uint16_t)(20 + icmp_bytes));
    ip[9] = 1;
    store16(ip + 12, router >> 16);
    store16(ip + 14, router & 0xffff);
    store16(ip + 16, alice.address >> 16);
    store16(ip + 18, alice.address & 0xffff);
    mend_ip_checksum(ip);
    memset(icmp, 0, 8);
    icmp[0] = 11;
    memcpy(icmp + 8, greeting_bytes + IP, 20 + quoted_bytes);
    uint16_t check = (uint16_t)~checksum_sum(icmp, icmp_bytes);
    memcpy(icmp + 2, &check, sizeof(check));
    return DATAGRAM_ETHERNET_BYTES + 20 + icmp_bytes;
}

static void time_exceeded_names_router_and_quoted_datagram(void **state)
{
    (void)state;
    uint8_t bytes[ROOM];
    struct received_frame frame;
    for (uint32_t quoted_bytes = 8; quoted_bytes <= 12; quoted_bytes++) {
        uint32_t length = write_time_exceeded(bytes, quoted_bytes);
        assert_int_equal(read_exactly(&frame, &alice, bytes, length), DATAGRAM_OURS);
        assert_int_equal(frame.kind, FRAME_TIME_EXCEEDED);
        assert_int_equal(frame.source, 0x0aff0102);
        assert_int_equal(frame.source_port, 50001);
        assert_int_equal(frame.quoted_destination, bob.address);
        assert_int_equal(frame.quoted_id, 77);
        assert_null(frame.bytes);
    }
}

static void a_time_exceeded_is_not_believed_when_cut_or_changed(void **state)
{
    (void)state;
    uint8_t bytes[ROOM];
    struct received_frame frame;
    uint32_t length = write_time_exceeded(bytes, 8);
    for (uint32_t cut = 0; cut < length; cut++)
        assert_int_equal(read_exactly(&frame, &alice, bytes, cut), DATAGRAM_MALFORMED);
    for (uint32_t bit = IP * 8; bit < length * 8; bit++) {
        bytes[bit / 8] ^= (uint8_t)(1 << bit % 8);
        assert_int_not_equal(read_exactly(&frame, &alice, bytes, length), DATAGRAM_OURS);
        bytes[bit / 8] ^= (uint8_t)(1 << bit % 8);
    }
    length = write_time_exceeded(bytes, 7);
    assert_int_equal(read_exactly(&frame, &alice, bytes, length), DATAGRAM_MALFORMED);
}

static void a_time_exceeded_about_others_is_not_ours(void **state)
{
    (void)state;
    uint8_t bytes[ROOM];
    struct received_frame frame;
    struct datagram_endpoint other_port = alice;
    uint32_t length = write_time_exceeded(bytes, 8);
    other_port.udp_port = 4794;
    assert_int_equal(read_exactly(&frame, &other_port, bytes, length), DATAGRAM_NOT_OURS);
    bytes[IP + 20 + 8 + 15] ^= 1; /* quoted source; the sum is kept by changing the quoted id likewise */
    bytes[IP + 20 + 8 + 5] ^= 1;
    assert_int_not_equal(read_exactly(&frame, &alice, bytes, length), DATAGRAM_OURS);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_written_is_read),
        cmocka_unit_test(headers_are_as_the_rfcs_say),
        cmocka_unit_test(every_length_survives),
        cmocka_unit_test(ethernet_padding_is_no_payload),
        cmocka_unit_test(a_device_that_verified_the_checksum_is_believed),
        cmocka_unit_test(the_device_completes_a_pseudo_header_checksum),
        cmocka_unit_test(two_parts_are_taken_where_both_are_large_enough),
        cmocka_unit_test(a_second_part_of_padding_is_none),
        cmocka_unit_test(two_parts_that_no_device_verified_are_not_believed),
        cmocka_unit_test(the_first_part_is_what_precedes_the_payload),
        cmocka_unit_test(every_truncation_is_malformed),
        cmocka_unit_test(every_flipped_bit_is_noticed),
        cmocka_unit_test(altered_frames_are_refused_for_the_right_reason),
        cmocka_unit_test(time_exceeded_names_router_and_quoted_datagram),
        cmocka_unit_test(a_time_exceeded_is_not_believed_when_cut_or_changed),
        cmocka_unit_test(a_time_exceeded_about_others_is_not_ours),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
