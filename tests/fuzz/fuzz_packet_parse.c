/* SPDX-License-Identifier: BSD-3-Clause */
/* Any bytes at all as a packet: packet_parse() must read only what it is given, and what it accepts must be
 * as packet_parse.h promises. */
#include <assert.h>
#include <stddef.h>
#include <string.h>

#include "dataplane/transport/packet_parse.h"
#include "tests/fuzz/fuzz.h"

static void check_data(const struct parsed_packet *packet, const uint8_t *bytes, size_t length,
                       unsigned payload_bytes_max)
{
    const struct packet_data *data = &packet->data;
    assert(packet->payload == bytes + sizeof(*data) && packet->payload_bytes == length - sizeof(*data));
    assert(packet->payload_bytes <= payload_bytes_max);
    assert((packet->payload_bytes == 0) == (data->message_bytes == 0));
    assert(data->message_bytes <= MESSAGE_BYTES_MAX && data->offset <= data->message_bytes);
    assert(packet->payload_bytes <= data->message_bytes - data->offset);
}

static void check_accepted(const struct parsed_packet *packet, const uint8_t *bytes, size_t length,
                           unsigned payload_bytes_max)
{
    const struct packet_header *header = &packet->header;
    assert(memcmp(header, bytes, sizeof(*header)) == 0);
    assert(header->version == PACKET_VERSION && header->path < PACKET_PATHS_MAX && header->incarnation != 0);
    assert(header->type >= PACKET_HELLO && header->type <= PACKET_CREDIT_PLACED);
    if (header->type == PACKET_DATA) {
        check_data(packet, bytes, length, payload_bytes_max);
        return;
    }
    assert(length <= PACKET_HEADER_BYTES_MAX && memcmp(packet, bytes, length) == 0);
    assert(packet->payload == NULL && packet->payload_bytes == 0);
    if (header->type == PACKET_CREDIT)
        assert(packet->credit.limit_bytes <= packet->credit.capacity_bytes);
}

static void check_trimmed(const uint8_t *bytes, size_t length)
{
    struct parsed_packet packet;
    if (packet_parse_trimmed(bytes, length, &packet) != DROP_NONE)
        return;
    assert(length == sizeof(packet.data) && memcmp(&packet, bytes, length) == 0);
    assert(packet.header.type == PACKET_DATA && packet.payload == NULL && packet.payload_bytes == 0);
    assert(packet.data.offset < packet.data.message_bytes && packet.data.message_bytes <= MESSAGE_BYTES_MAX);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length)
{
    check_trimmed(bytes, length);
    static const unsigned payload_limits[] = {0, 16, 4096};
    for (size_t i = 0; i < sizeof(payload_limits) / sizeof(payload_limits[0]); i++) {
        struct parsed_packet packet;
        enum drop_reason reason = packet_parse(bytes, length, payload_limits[i], &packet);
        assert(reason < DROP_REASONS);
        if (reason == DROP_NONE)
            check_accepted(&packet, bytes, length, payload_limits[i]);
    }
    return 0;
}
