/* SPDX-License-Identifier: BSD-3-Clause */
/* UDP datagrams as bytes of an Ethernet frame: written for sending, checked on arrival. Pure functions over
 * bytes, so that tests and fuzzers need no device. */
#ifndef WEFT_NIC_DATAGRAM_H
#define WEFT_NIC_DATAGRAM_H

#include <stdbool.h>
#include <stdint.h>

#include "nic/frame.h"

enum {
    DATAGRAM_ETHERNET_BYTES = 14,
    DATAGRAM_IP_UDP_BYTES = 28,
    DATAGRAM_HEADER_BYTES = DATAGRAM_ETHERNET_BYTES + DATAGRAM_IP_UDP_BYTES
};

/* This end: what goes into every frame sent and what a frame that arrives must be meant for. */
struct datagram_endpoint {
    uint8_t ethernet[6];
    uint16_t udp_port;    /* ours and the peers' destination port */
    uint32_t address;     /* IPv4, host byte order */
    uint16_t probed_port; /* answers to datagrams to this one are ours, too; 0: to none */
};

enum datagram_checksum {
    DATAGRAM_CHECKSUM_WHOLE, /* the UDP checksum is final */
    DATAGRAM_CHECKSUM_PSEUDO /* the UDP checksum field holds the pseudo-header's sum; the device does the rest
                              */
};

/* Writes headers and payload into `bytes`, which has room for DATAGRAM_HEADER_BYTES + header_bytes +
 * payload_bytes; returns that length. Never fragments (DF is set). */
uint32_t datagram_write(uint8_t *bytes, const struct datagram_endpoint *local, const uint8_t next_hop[6],
                        const struct sent_frame *frame, enum datagram_checksum checksum);

/* The same but for the payload, which the device finds in a segment of its own and sums up itself; returns
 * DATAGRAM_HEADER_BYTES + header_bytes. */
uint32_t datagram_write_first_part(uint8_t *bytes, const struct datagram_endpoint *local,
                                   const uint8_t next_hop[6], const struct sent_frame *frame);

enum datagram_verdict {
    DATAGRAM_OURS,     /* *frame is filled, `buffer` excepted */
    DATAGRAM_NOT_OURS, /* for another address, port or protocol */
    DATAGRAM_MALFORMED,
    DATAGRAM_BAD_CHECKSUM
};

struct datagram_input {
    const uint8_t *bytes;
    uint32_t length;
    const uint8_t *rest;    /* what follows `bytes`; NULL: nothing */
    uint32_t rest_length;   /* of `rest`; 0: nothing */
    bool checksum_verified; /* the device found the UDP checksum right; a must for frames with a rest */
};

/* Judges a frame whose every byte is hostile. frame->bytes and frame->payload point into the input.
 * All headers must lie in `bytes`; parts smaller than frame.h promises are malformed. A UDP checksum of zero
 * (none) is a bad one: weft always sends it. */
enum datagram_verdict datagram_read(struct received_frame *frame, const struct datagram_endpoint *local,
                                    const struct datagram_input *input);

#endif
