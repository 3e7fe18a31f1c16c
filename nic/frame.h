/* SPDX-License-Identifier: BSD-3-Clause */
/* Datagrams as ports give and take them, whatever the port is made of. */
#ifndef WEFT_NIC_FRAME_H
#define WEFT_NIC_FRAME_H

#include <stdint.h>

enum frame_kind {
    FRAME_UDP,          /* IPv4 UDP to our address and port, checksum verified */
    FRAME_TIME_EXCEEDED /* ICMP time exceeded from a router, quoting a UDP datagram that we sent */
};

struct received_frame {
    enum frame_kind kind;
    uint32_t source;             /* IPv4, host byte order: peer, or the router that answers */
    uint16_t source_port;        /* UDP: of the peer. Time exceeded: of the quoted datagram, ours */
    uint8_t ecn;                 /* the two ECN bits */
    uint16_t length;             /* of `bytes` */
    const uint8_t *bytes;        /* UDP: its payload, valid until port_release(). Time exceeded: NULL */
    uint32_t quoted_destination; /* time exceeded: to whom the quoted datagram was going */
    uint16_t quoted_id;          /* time exceeded: IP identification of the quoted datagram */
    void *buffer;                /* the port's own */
};

struct sent_frame {
    uint32_t destination; /* IPv4, host byte order */
    uint16_t source_port;
    uint8_t ttl;
    uint8_t ecn_capable;
    uint16_t id; /* IP identification */
    uint16_t header_bytes;
    uint32_t payload_bytes; /* 0: none */
    const uint8_t *header;  /* UDP payload = header, then payload */
    const uint8_t *payload;
};

#endif
