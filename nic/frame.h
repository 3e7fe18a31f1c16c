/* SPDX-License-Identifier: BSD-3-Clause */
/* Datagrams as ports give and take them, whatever the port is made of. */
#ifndef WEFT_NIC_FRAME_H
#define WEFT_NIC_FRAME_H

#include <stdint.h>
#include <string.h>

struct port_memory; /* port.h */

enum {
    /* A frame comes in two parts only if each holds this much: whoever reads no more than
     * FRAME_FIRST_PART_BYTES_MIN before it has seen that more than FRAME_SECOND_PART_BYTES_MIN are there need
     * not know of parts. */
    FRAME_FIRST_PART_BYTES_MIN = 40,
    FRAME_SECOND_PART_BYTES_MIN = 256
};

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
    const uint8_t *payload;      /* UDP: what follows `bytes`, in memory of its own; NULL: nothing does */
    uint16_t payload_bytes;      /* of `payload` */
    uint32_t quoted_destination; /* time exceeded: to whom the quoted datagram was going */
    uint16_t quoted_id;          /* time exceeded: IP identification of the quoted datagram */
    void *buffer;                /* the port's own */
};

struct sent_frame {
    uint32_t destination; /* IPv4, host byte order */
    uint16_t source_port;
    uint16_t destination_port; /* 0: the port's */
    uint8_t ttl;
    uint8_t ecn_capable;
    uint16_t id; /* IP identification */
    uint16_t header_bytes;
    uint32_t payload_bytes; /* 0: none */
    const uint8_t *header;  /* UDP payload = header, then payload */
    const uint8_t *payload;
    struct port_memory *memory; /* the payload lies in it and is sent from there; NULL: it is copied */
};

/* memcpy() for payload. The C library takes the processor's string instruction, the fastest where the caches
 * are full, only above 4096 bytes. The address sanitizer does not see what that touches. */
static inline void payload_copy(uint8_t *copy, const uint8_t *payload, size_t bytes)
{
#if defined(__x86_64__) && !defined(__SANITIZE_ADDRESS__)
    if (bytes >= 2048) {
        __asm__ volatile("rep movsb" : "+D"(copy), "+S"(payload), "+c"(bytes) : : "memory");
        return;
    }
#endif
    memcpy(copy, payload, bytes);
}

/* Copies `bytes` bytes of a UDP payload, from offset `begin` of both parts together; they must be there. */
static inline void received_frame_copy(const struct received_frame *frame, uint32_t begin, uint8_t *copy,
                                       uint32_t bytes)
{
    uint32_t first = begin < frame->length ? frame->length - begin : 0;
    if (first >= bytes) {
        payload_copy(copy, frame->bytes + begin, bytes);
        return;
    }
    if (first > 0)
        memcpy(copy, frame->bytes + begin, first);
    payload_copy(copy + first, frame->payload + (begin + first - frame->length), bytes - first);
}

#endif
