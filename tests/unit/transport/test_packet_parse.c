/* SPDX-License-Identifier: BSD-3-Clause */
/* Every rule of packet_parse.h is one line of a table: take a good packet, set one thing, name the reason. */
#include "dataplane/transport/packet_parse.h"

#include <string.h>

#include "tests/unit/transport/unit.h"

enum {
    PAYLOAD_MAX = 4096
};

union packet {
    uint8_t bytes[PACKET_HEADER_BYTES_MAX + PAYLOAD_MAX + 16];
    struct packet_header header;
    struct packet_data data;
    struct packet_credit credit;
    struct packet_credit_placed credit_placed;
    struct packet_abort abort;
    struct packet_too_long too_long;
    struct packet_ack ack;
    struct packet_nack nack;
    struct packet_hello hello;
};

static unsigned header_bytes(unsigned type)
{
    static const unsigned bytes[] = {
        [PACKET_HELLO] = sizeof(struct packet_hello),
        [PACKET_HELLO_ACK] = sizeof(struct packet_hello),
        [PACKET_DATA] = sizeof(struct packet_data),
        [PACKET_CREDIT] = sizeof(struct packet_credit),
        [PACKET_ABORT] = sizeof(struct packet_abort),
        [PACKET_ACK] = sizeof(struct packet_ack),
        [PACKET_CLOSE] = sizeof(struct packet_close),
        [PACKET_CLOSED] = sizeof(struct packet_ack),
        [PACKET_PROBE] = sizeof(struct packet_probe),
        [PACKET_PROBE_REPLY] = sizeof(struct packet_probe),
        [PACKET_VOID] = sizeof(struct packet_header),
        [PACKET_TOO_LONG] = sizeof(struct packet_too_long),
        [PACKET_NACK] = sizeof(struct packet_nack),
        [PACKET_CREDIT_PLACED] = sizeof(struct packet_credit_placed),
    };
    return bytes[type];
}

/* A well-formed packet of the type: a data packet carries bytes 100..299 of a message of 1000. */
static unsigned good_packet(unsigned type, union packet *packet)
{
    memset(packet, 0, sizeof(*packet));
    packet->header = (struct packet_header){
        .version = PACKET_VERSION, .type = type, .session = 5, .path = 3, .generation = 2, .incarnation = 77};
    if (type == PACKET_DATA) {
        packet->data.offset = 100;
        packet->data.message_bytes = 1000;
        return sizeof(packet->data) + 200;
    }
    if (type == PACKET_CREDIT || type == PACKET_CREDIT_PLACED) {
        packet->credit.capacity_bytes = 1000;
        packet->credit.limit_bytes = 500;
    }
    if (type == PACKET_HELLO || type == PACKET_HELLO_ACK) {
        packet->hello.nonce = 99;
        packet->hello.window_packets = 64;
        packet->hello.payload_bytes_max = 4096;
    }
    return header_bytes(type);
}

static enum drop_reason parse(const union packet *packet, unsigned length)
{
    struct parsed_packet parsed;
    return packet_parse(packet->bytes, length, PAYLOAD_MAX, &parsed);
}

static void test_good_packets_pass(void **state)
{
    (void)state;
    for (unsigned type = PACKET_HELLO; type <= PACKET_CREDIT_PLACED; type++) {
        union packet packet;
        struct parsed_packet parsed;
        unsigned length = good_packet(type, &packet);
        assert_int_equal(packet_parse(packet.bytes, length, PAYLOAD_MAX, &parsed), DROP_NONE);
        assert_memory_equal(&parsed, packet.bytes, header_bytes(type));
        assert_int_equal(parsed.payload_bytes, type == PACKET_DATA ? 200 : 0);
        assert_ptr_equal(parsed.payload, type == PACKET_DATA ? packet.bytes + sizeof(packet.data) : NULL);
    }
}

static bool is_ack(unsigned type)
{
    return type == PACKET_ACK || type == PACKET_CLOSED;
}

static void test_lengths_are_exact(void **state)
{
    (void)state;
    for (unsigned type = PACKET_HELLO; type <= PACKET_CREDIT_PLACED; type++) {
        union packet packet;
        good_packet(type, &packet);
        unsigned exact = header_bytes(type), least = is_ack(type) ? PACKET_ACK_BYTES_MIN : exact;
        for (unsigned length = 0; length < least; length++)
            assert_int_equal(parse(&packet, length), DROP_TRUNCATED);
        if (type != PACKET_DATA)
            assert_int_equal(parse(&packet, exact + 1), DROP_TRUNCATED);
    }
}

static void test_what_an_ack_leaves_out_is_zero(void **state)
{
    (void)state;
    for (unsigned length = PACKET_ACK_BYTES_MIN; length <= sizeof(struct packet_ack); length++) {
        union packet packet;
        struct parsed_packet parsed;
        struct packet_ack expected = {0};
        good_packet(PACKET_ACK, &packet);
        memset(packet.ack.bitmap, 0xfe, sizeof(packet.ack.bitmap));
        memset(&parsed, 0xff, sizeof(parsed));
        memcpy(&expected, &packet, length);
        assert_int_equal(packet_parse(packet.bytes, length, PAYLOAD_MAX, &parsed), DROP_NONE);
        assert_memory_equal(&parsed.ack, &expected, sizeof(expected));
    }
}

static void test_unknown_types(void **state)
{
    (void)state;
    union packet packet;
    good_packet(PACKET_CLOSE, &packet);
    for (unsigned type = 0; type <= UINT8_MAX; type++) {
        packet.header.type = type;
        if (type < PACKET_HELLO || type > PACKET_CREDIT_PLACED)
            assert_int_equal(parse(&packet, sizeof(packet)), DROP_TYPE);
    }
}

static void test_foreign_bytes_at_odd_addresses(void **state)
{
    (void)state;
    union packet packet;
    struct parsed_packet parsed;
    uint8_t shifted[sizeof(packet) + 1];
    unsigned length = good_packet(PACKET_ACK, &packet);
    memcpy(shifted + 1, packet.bytes, length);
    assert_int_equal(packet_parse(shifted + 1, length, PAYLOAD_MAX, &parsed), DROP_NONE);
}

/* `size` bytes at `at` are set to `value`. */
struct spoil {
    unsigned type;
    unsigned at, size;
    uint64_t value;
    enum drop_reason reason;
};
#define SPOIL(packet_type, member, field, number, why)                                                       \
    {                                                                                                        \
        .type = (packet_type), .at = offsetof(union packet, member.field),                                   \
        .size = sizeof(((union packet *)0)->member.field), .value = (number), .reason = (why)                \
    }

static void test_one_bad_field(void **state)
{
    (void)state;
    static const struct spoil table[] = {
        SPOIL(PACKET_DATA, header, version, 0, DROP_VERSION),
        SPOIL(PACKET_ACK, header, version, 2, DROP_VERSION),
        SPOIL(PACKET_DATA, header, session_generation, 255, DROP_NONE),
        SPOIL(PACKET_HELLO, header, session_generation, 1, DROP_TYPE),
        SPOIL(PACKET_DATA, header, path, PACKET_PATHS_MAX, DROP_PATH),
        SPOIL(PACKET_DATA, header, path, PACKET_PATHS_MAX - 1, DROP_NONE),
        SPOIL(PACKET_DATA, header, incarnation, 0, DROP_INCARNATION),
        SPOIL(PACKET_DATA, header, number, UINT32_MAX, DROP_NONE),
        SPOIL(PACKET_CREDIT, header, number, 9, DROP_NONE),
        SPOIL(PACKET_ABORT, header, number, 9, DROP_NONE),
        SPOIL(PACKET_ACK, header, number, 9, DROP_TYPE),
        SPOIL(PACKET_HELLO, header, number, 9, DROP_TYPE),
        SPOIL(PACKET_CLOSE, header, number, 9, DROP_TYPE),
        SPOIL(PACKET_CLOSED, header, number, 9, DROP_TYPE),
        SPOIL(PACKET_PROBE, header, number, 9, DROP_TYPE),
        SPOIL(PACKET_DATA, data, offset, 800, DROP_NONE),
        SPOIL(PACKET_DATA, data, offset, 801, DROP_OFFSET),
        SPOIL(PACKET_DATA, data, offset, UINT32_MAX, DROP_OFFSET),
        SPOIL(PACKET_DATA, data, message_bytes, 300, DROP_NONE),
        SPOIL(PACKET_DATA, data, message_bytes, 299, DROP_OFFSET),
        SPOIL(PACKET_DATA, data, message_bytes, 0, DROP_OFFSET),
        SPOIL(PACKET_DATA, data, message_bytes, MESSAGE_BYTES_MAX, DROP_NONE),
        SPOIL(PACKET_DATA, data, message_bytes, MESSAGE_BYTES_MAX + 1, DROP_OFFSET),
        SPOIL(PACKET_DATA, data, message_bytes, UINT64_MAX, DROP_OFFSET),
        SPOIL(PACKET_CREDIT, credit, limit_bytes, 1000, DROP_NONE),
        SPOIL(PACKET_CREDIT, credit, limit_bytes, 1001, DROP_CREDIT),
        SPOIL(PACKET_CREDIT, credit, capacity_bytes, 499, DROP_CREDIT),
        SPOIL(PACKET_CREDIT, credit, capacity_bytes, MESSAGE_BYTES_MAX, DROP_NONE),
        SPOIL(PACKET_CREDIT, credit, capacity_bytes, MESSAGE_BYTES_MAX + 1, DROP_CREDIT),
        SPOIL(PACKET_CREDIT, credit, first, 2, DROP_TYPE),
        SPOIL(PACKET_CREDIT_PLACED, credit, limit_bytes, 1001, DROP_CREDIT),
        SPOIL(PACKET_CREDIT_PLACED, credit_placed, place.reserved, 1, DROP_TYPE),
        SPOIL(PACKET_ABORT, abort, reserved, 1, DROP_TYPE),
        SPOIL(PACKET_TOO_LONG, too_long, reserved, 1, DROP_TYPE),
        SPOIL(PACKET_TOO_LONG, too_long, message_bytes, MESSAGE_BYTES_MAX + 1, DROP_OFFSET),
        SPOIL(PACKET_NACK, nack, reserved, 1, DROP_TYPE),
        SPOIL(PACKET_NACK, header, number, 9, DROP_NONE),
        SPOIL(PACKET_ACK, ack, bitmap[0], 1, DROP_ACK),
        SPOIL(PACKET_ACK, ack, bitmap[0], 0xfe, DROP_NONE),
        SPOIL(PACKET_CLOSED, ack, bitmap[0], 1, DROP_ACK),
        SPOIL(PACKET_HELLO, hello, nonce, 0, DROP_NONCE),
        SPOIL(PACKET_HELLO, hello, echo_nonce, 1, DROP_NONCE),
        SPOIL(PACKET_HELLO_ACK, hello, nonce, 0, DROP_NONE),
        SPOIL(PACKET_HELLO_ACK, hello, echo_nonce, 1, DROP_NONE),
        SPOIL(PACKET_HELLO, hello, session_generation, 255, DROP_NONE),
        SPOIL(PACKET_HELLO, hello, session_generation, 256, DROP_TYPE),
        SPOIL(PACKET_HELLO, hello, window_packets, 0, DROP_WINDOW),
        SPOIL(PACKET_HELLO, hello, window_packets, PACKET_WINDOW_MAX, DROP_NONE),
        SPOIL(PACKET_HELLO_ACK, hello, window_packets, PACKET_WINDOW_MAX + 1, DROP_WINDOW),
        SPOIL(PACKET_HELLO, hello, payload_bytes_max, 0, DROP_TRUNCATED),
    };
    for (unsigned i = 0; i < COUNT_OF(table); i++) {
        union packet packet;
        unsigned length = good_packet(table[i].type, &packet);
        memcpy(packet.bytes + table[i].at, &table[i].value, table[i].size);
        if (parse(&packet, length) != table[i].reason)
            fail_msg("line %u of the table: reason %d, not %d", i + 1, parse(&packet, length),
                     table[i].reason);
    }
}

static void test_payload_sizes(void **state)
{
    (void)state;
    union packet packet;
    good_packet(PACKET_DATA, &packet);
    packet.data.offset = 0;
    packet.data.message_bytes = MESSAGE_BYTES_MAX;
    assert_int_equal(parse(&packet, sizeof(packet.data) + PAYLOAD_MAX), DROP_NONE);
    assert_int_equal(parse(&packet, sizeof(packet.data) + PAYLOAD_MAX + 1), DROP_TRUNCATED);
    assert_int_equal(parse(&packet, sizeof(packet.data)), DROP_TRUNCATED);
    packet.data.message_bytes = 0;
    assert_int_equal(parse(&packet, sizeof(packet.data)), DROP_NONE);
    assert_int_equal(parse(&packet, sizeof(packet.data) + 1), DROP_OFFSET);
    packet.data.offset = 1;
    assert_int_equal(parse(&packet, sizeof(packet.data)), DROP_OFFSET);
}

static void test_last_byte_of_the_longest_message(void **state)
{
    (void)state;
    union packet packet;
    good_packet(PACKET_DATA, &packet);
    packet.data.offset = UINT32_MAX;
    packet.data.message_bytes = MESSAGE_BYTES_MAX;
    assert_int_equal(parse(&packet, sizeof(packet.data) + 1), DROP_NONE);
    assert_int_equal(parse(&packet, sizeof(packet.data) + 2), DROP_OFFSET);
}

static void test_what_a_switch_leaves(void **state)
{
    (void)state;
    union packet packet;
    struct parsed_packet parsed;
    unsigned header = sizeof(packet.data);
    good_packet(PACKET_DATA, &packet);
    assert_int_equal(packet_parse_trimmed(packet.bytes, header, &parsed), DROP_NONE);
    assert_int_equal(parsed.payload_bytes, 0);
    assert_int_equal(packet_parse_trimmed(packet.bytes, header + 1, &parsed), DROP_TRUNCATED);
    assert_int_equal(packet_parse_trimmed(packet.bytes, header - 1, &parsed), DROP_TRUNCATED);
    assert_int_equal(packet_parse_trimmed(packet.bytes, 3, &parsed), DROP_TRUNCATED);
    packet.data.offset = 1000;
    assert_int_equal(packet_parse_trimmed(packet.bytes, header, &parsed), DROP_OFFSET);
    packet.data.message_bytes = MESSAGE_BYTES_MAX + 1;
    assert_int_equal(packet_parse_trimmed(packet.bytes, header, &parsed), DROP_OFFSET);
    packet.header.version = 0;
    assert_int_equal(packet_parse_trimmed(packet.bytes, header, &parsed), DROP_VERSION);
    unsigned length = good_packet(PACKET_CREDIT, &packet);
    assert_int_equal(packet_parse_trimmed(packet.bytes, length, &parsed), DROP_TYPE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_good_packets_pass),
        cmocka_unit_test(test_lengths_are_exact),
        cmocka_unit_test(test_what_an_ack_leaves_out_is_zero),
        cmocka_unit_test(test_unknown_types),
        cmocka_unit_test(test_foreign_bytes_at_odd_addresses),
        cmocka_unit_test(test_one_bad_field),
        cmocka_unit_test(test_payload_sizes),
        cmocka_unit_test(test_last_byte_of_the_longest_message),
        cmocka_unit_test(test_what_a_switch_leaves),
    };
    return cmocka_run_group_tests(tests, 0, 0);
}
