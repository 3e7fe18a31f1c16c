/* SPDX-License-Identifier: BSD-3-Clause */
/* The gate between foreign bytes and the transport: what passes is a well-formed packet of a known type.
 * Whether it is *expected* -- its session, source, incarnation, generation, number, message, nonce -- is for
 * the transport to judge.
 */
#ifndef WEFT_TRANSPORT_PACKET_PARSE_H
#define WEFT_TRANSPORT_PACKET_PARSE_H

#include <stdint.h>

#include "dataplane/formats/packet.h"
#include "dataplane/transport/transport.h"

#define MESSAGE_BYTES_MAX (1ull << 32)

/* A private copy of a packet's header; header.type says which member it is. */
struct parsed_packet {
    union {
        struct packet_header header;
        struct packet_data data;     /* PACKET_DATA */
        struct packet_credit credit; /* PACKET_CREDIT, PACKET_CREDIT_PLACED */
        struct packet_credit_placed credit_placed;
        struct packet_abort abort;       /* PACKET_ABORT */
        struct packet_too_long too_long; /* PACKET_TOO_LONG */
        struct packet_ack ack;           /* PACKET_ACK, PACKET_CLOSED */
        struct packet_nack nack;         /* PACKET_NACK */
        struct packet_hello hello;       /* PACKET_HELLO, PACKET_HELLO_ACK */
        struct packet_close close;       /* PACKET_CLOSE */
        struct packet_probe probe;       /* PACKET_PROBE, PACKET_PROBE_REPLY */
    };
    const uint8_t *payload; /* data: inside the bytes given */
    uint32_t payload_bytes; /* data: 0 .. payload_bytes_max; others: 0 */
};

/* Copies the header of the packet in `bytes` (the UDP payload, of `length` bytes; any alignment) and checks
 * the copy; the payload is neither copied nor looked at. `out` holds a packet only if DROP_NONE is returned,
 * and then:
 *   every packet  version, type and length are right, reserved fields (and the number of a packet that has
 *                 none) are zero, path < PACKET_PATHS_MAX, incarnation != 0
 *   data          message_bytes <= 4 GiB, offset + payload_bytes <= message_bytes, payload_bytes <=
 *                 payload_bytes_max, and empty exactly if the message is
 *   credit        limit_bytes <= capacity_bytes <= 4 GiB
 *   ack, closed   bit 0 of the bitmap is clear; what the packet leaves out of it is zero
 *   hello(-ack)   1 <= window_packets <= PACKET_WINDOW_MAX, payload_bytes_max > 0; hello: nonce != 0,
 *                 echo_nonce == 0
 * Otherwise the reason: DROP_TRUNCATED also for bytes too many, DROP_TYPE also for reserved fields. */
enum drop_reason packet_parse(const uint8_t *bytes, unsigned length, unsigned payload_bytes_max,
                              struct parsed_packet *out);
/* The same for what is left of a data packet whose payload was cut off: exactly its header, of a message that
 * is not empty. */
enum drop_reason packet_parse_trimmed(const uint8_t *bytes, unsigned length, struct parsed_packet *out);

#endif
