/* SPDX-License-Identifier: BSD-3-Clause */
/* Packet validation; the contract is in packet_parse.h. Every byte is read once from where it arrived: first
 * the common header, which tells the type, then the rest of that type. */
#include "dataplane/transport/packet_parse.h"

#include <stddef.h>
#include <string.h>

/* Copies what follows the common header of a packet that is exactly `expected` bytes long. */
static inline enum drop_reason copy_rest(const uint8_t *bytes, unsigned length, unsigned expected,
                                         struct parsed_packet *out)
{
    if (length != expected)
        return DROP_TRUNCATED;
    memcpy((uint8_t *)out + sizeof(struct packet_header), bytes + sizeof(struct packet_header),
           expected - sizeof(struct packet_header));
    return DROP_NONE;
}

static inline enum drop_reason check_header(const struct packet_header *header)
{
    if (header->version != PACKET_VERSION)
        return DROP_VERSION;
    if (header->path >= PACKET_PATHS_MAX)
        return DROP_PATH;
    if (header->incarnation == 0)
        return DROP_INCARNATION;
    return DROP_NONE;
}

static inline enum drop_reason parse_data(const uint8_t *bytes, unsigned length, unsigned payload_bytes_max,
                                          struct parsed_packet *out)
{
    if (length < sizeof(out->data) || length - sizeof(out->data) > payload_bytes_max)
        return DROP_TRUNCATED;
    unsigned payload_bytes = length - sizeof(out->data);
    copy_rest(bytes, sizeof(out->data), sizeof(out->data), out);
    const struct packet_data *data = &out->data;
    if (payload_bytes == 0 && data->message_bytes != 0)
        return DROP_TRUNCATED;
    if (data->message_bytes > MESSAGE_BYTES_MAX ||
        (uint64_t)data->offset + payload_bytes > data->message_bytes)
        return DROP_OFFSET;
    out->payload = bytes + sizeof(out->data);
    out->payload_bytes = payload_bytes;
    return DROP_NONE;
}

static inline enum drop_reason parse_ack(const uint8_t *bytes, unsigned length, struct parsed_packet *out)
{
    if (length < PACKET_ACK_BYTES_MIN || length > sizeof(out->ack))
        return DROP_TRUNCATED;
    copy_rest(bytes, length, length, out);
    memset((uint8_t *)out + length, 0, sizeof(out->ack) - length);
    if (out->header.number != 0)
        return DROP_TYPE;
    return out->ack.bitmap[0] & 1 ? DROP_ACK : DROP_NONE;
}

static enum drop_reason parse_credit(const uint8_t *bytes, unsigned length, struct parsed_packet *out)
{
    bool placed = out->header.type == PACKET_CREDIT_PLACED;
    unsigned expected = placed ? sizeof(out->credit_placed) : sizeof(out->credit);
    if (copy_rest(bytes, length, expected, out) != DROP_NONE)
        return DROP_TRUNCATED;
    const struct packet_credit *credit = &out->credit;
    if (placed && out->credit_placed.place.reserved != 0)
        return DROP_TYPE;
    if (credit->first > 1)
        return DROP_TYPE;
    if (credit->limit_bytes > credit->capacity_bytes || credit->capacity_bytes > MESSAGE_BYTES_MAX)
        return DROP_CREDIT;
    return DROP_NONE;
}

static enum drop_reason parse_abort(const uint8_t *bytes, unsigned length, struct parsed_packet *out)
{
    if (copy_rest(bytes, length, sizeof(out->abort), out) != DROP_NONE)
        return DROP_TRUNCATED;
    return out->abort.reserved != 0 ? DROP_TYPE : DROP_NONE;
}

static enum drop_reason parse_too_long(const uint8_t *bytes, unsigned length, struct parsed_packet *out)
{
    if (copy_rest(bytes, length, sizeof(out->too_long), out) != DROP_NONE)
        return DROP_TRUNCATED;
    if (out->too_long.reserved != 0)
        return DROP_TYPE;
    return out->too_long.message_bytes > MESSAGE_BYTES_MAX ? DROP_OFFSET : DROP_NONE;
}

static enum drop_reason parse_nack(const uint8_t *bytes, unsigned length, struct parsed_packet *out)
{
    if (copy_rest(bytes, length, sizeof(out->nack), out) != DROP_NONE)
        return DROP_TRUNCATED;
    return out->nack.reserved != 0 ? DROP_TYPE : DROP_NONE;
}

static enum drop_reason parse_hello(const uint8_t *bytes, unsigned length, struct parsed_packet *out)
{
    if (copy_rest(bytes, length, sizeof(out->hello), out) != DROP_NONE)
        return DROP_TRUNCATED;
    const struct packet_hello *hello = &out->hello;
    if (hello->header.number != 0 || hello->header.session_generation != 0 ||
        hello->session_generation > UINT8_MAX)
        return DROP_TYPE;
    if (hello->header.type == PACKET_HELLO && (hello->nonce == 0 || hello->echo_nonce != 0))
        return DROP_NONCE;
    if (hello->window_packets == 0 || hello->window_packets > PACKET_WINDOW_MAX)
        return DROP_WINDOW;
    return hello->payload_bytes_max == 0 ? DROP_TRUNCATED : DROP_NONE;
}

/* Types that have nothing of their own to check. */
static enum drop_reason parse_plain(const uint8_t *bytes, unsigned length, unsigned expected,
                                    struct parsed_packet *out)
{
    if (copy_rest(bytes, length, expected, out) != DROP_NONE)
        return DROP_TRUNCATED;
    return out->header.number != 0 ? DROP_TYPE : DROP_NONE;
}

/* What every packet begins with. */
static inline enum drop_reason parse_header(const uint8_t *bytes, unsigned length, struct parsed_packet *out)
{
    if (length < sizeof(out->header))
        return DROP_TRUNCATED;
    memcpy(&out->header, bytes, sizeof(out->header));
    out->payload = NULL;
    out->payload_bytes = 0;
    return check_header(&out->header);
}

enum drop_reason packet_parse_trimmed(const uint8_t *bytes, unsigned length, struct parsed_packet *out)
{
    enum drop_reason reason = parse_header(bytes, length, out);
    if (reason != DROP_NONE)
        return reason;
    if (out->header.type != PACKET_DATA)
        return DROP_TYPE;
    if (copy_rest(bytes, length, sizeof(out->data), out) != DROP_NONE)
        return DROP_TRUNCATED;
    bool possible =
        out->data.message_bytes <= MESSAGE_BYTES_MAX && out->data.offset < out->data.message_bytes;
    return possible ? DROP_NONE : DROP_OFFSET;
}

enum drop_reason packet_parse(const uint8_t *bytes, unsigned length, unsigned payload_bytes_max,
                              struct parsed_packet *out)
{
    enum drop_reason reason = parse_header(bytes, length, out);
    if (reason != DROP_NONE)
        return reason;
    switch (out->header.type) {
    case PACKET_DATA:
        return parse_data(bytes, length, payload_bytes_max, out);
    case PACKET_ACK:
    case PACKET_CLOSED:
        return parse_ack(bytes, length, out);
    case PACKET_CREDIT:
    case PACKET_CREDIT_PLACED:
        return parse_credit(bytes, length, out);
    case PACKET_ABORT:
        return parse_abort(bytes, length, out);
    case PACKET_TOO_LONG:
        return parse_too_long(bytes, length, out);
    case PACKET_NACK:
        return parse_nack(bytes, length, out);
    case PACKET_VOID:
        return copy_rest(bytes, length, sizeof(out->header), out);
    case PACKET_HELLO:
    case PACKET_HELLO_ACK:
        return parse_hello(bytes, length, out);
    case PACKET_CLOSE:
        return parse_plain(bytes, length, sizeof(out->close), out);
    case PACKET_PROBE:
    case PACKET_PROBE_REPLY:
        return parse_plain(bytes, length, sizeof(out->probe), out);
    }
    return DROP_TYPE;
}
