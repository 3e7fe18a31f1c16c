/* SPDX-License-Identifier: BSD-3-Clause */
/* A packet under way: the header as the transport wrote it, and of the payload only its length and, where
 * content is checked, a sum that stands for its bytes (delivery.h). */
#ifndef SIM_PACKET_H
#define SIM_PACKET_H

#include <stddef.h>

#include "dataplane/formats/packet.h"
#include "tools/sim/event_queue.h"

/* Of a packet on its way, switches and links touch the first cache line only. */
struct sim_packet {
    _Alignas(64) struct sim_event event; /* its arrival at the end of `link` */
    uint32_t link;
    uint32_t link_epoch;          /* of the link when the packet entered it */
    uint32_t source, destination; /* hosts */
    uint32_t wire_bytes;
    uint16_t source_port;
    uint16_t payload_bytes;
    uint8_t header_bytes;
    uint8_t ecn;      /* as in the IP header: 2 capable, 3 marked */
    bool trimmed;     /* its payload was cut off by a switch */
    bool damaged;     /* the receiving port's checksum will tell */
    uint64_t content; /* sum of the payload; 0 where content is not checked */
    _Alignas(64) uint8_t header[PACKET_HEADER_BYTES_MAX];
};
static_assert(offsetof(struct sim_packet, header) == 64, "a hop touches one cache line");

struct slab;

struct packet_pool {
    struct sim_event *free;
    struct slab *slabs;
    uint64_t in_use, in_use_peak;
};

struct sim_packet *packet_pool_take(struct packet_pool *pool);
void packet_pool_give(struct packet_pool *pool, struct sim_packet *packet);
void packet_pool_destroy(struct packet_pool *pool);

#endif
