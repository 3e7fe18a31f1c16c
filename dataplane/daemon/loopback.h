/* SPDX-License-Identifier: BSD-3-Clause */
/* Packets to our own address: copied when they are sent, received again in the worker's next round. */
#ifndef WEFT_DAEMON_LOOPBACK_H
#define WEFT_DAEMON_LOOPBACK_H

#include <stdbool.h>
#include <stdint.h>

struct loopback_packet {
    uint16_t source_port;
    uint8_t ecn;
    uint16_t length;
    uint8_t bytes[]; /* UDP payload */
};

struct loopback {
    unsigned capacity; /* packets */
    unsigned packet_bytes;
    unsigned first, count;
    uint8_t *memory;
};

struct loopback_frame {
    uint16_t source_port;
    bool ecn_capable;
    uint16_t header_bytes;
    uint32_t payload_bytes;
    const uint8_t *header, *payload;
};

/* 0 or -ENOMEM. `payload_bytes_max` of header and payload together. */
int loopback_create(struct loopback *l, unsigned capacity, unsigned datagram_bytes_max);
void loopback_destroy(struct loopback *l);
unsigned loopback_room(const struct loopback *l);
/* There must be room. */
void loopback_put(struct loopback *l, const struct loopback_frame *frame);
/* The oldest packet, NULL when there is none; it stays until loopback_drop(). */
const struct loopback_packet *loopback_first(const struct loopback *l);
void loopback_drop(struct loopback *l);

#endif
