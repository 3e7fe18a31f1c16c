/* SPDX-License-Identifier: BSD-3-Clause */
#include <assert.h>

#include <rte_ethdev.h>
#include <rte_mbuf.h>

#include "nic/port_memory.h"
#include "nic/port_state.h"

/* Frames on their way to the device. A frame without a next hop takes no buffer. */
struct burst {
    unsigned count, two_parts;
    struct rte_mbuf *mbufs[PORT_BURST_FRAMES];
    struct rte_mbuf *segments[PORT_BURST_FRAMES];       /* for the payloads of those in two parts */
    const struct sent_frame *frames[PORT_BURST_FRAMES]; /* what each buffer holds */
    struct port_memory *memories[PORT_BURST_FRAMES];    /* where its payload stays; NULL: it is copied */
    const uint8_t *next_hops[PORT_BURST_FRAMES];
};

static struct port_memory *memory_to_send_from(const struct port *port, const struct sent_frame *frame)
{
    bool large = frame->payload_bytes >= FRAME_SECOND_PART_BYTES_MIN &&
                 frame->header_bytes >= FRAME_FIRST_PART_BYTES_MIN;
    return large && port->device.gathers ? frame->memory : NULL;
}

static void fill(const struct port *port, struct rte_mbuf *mbuf, const struct sent_frame *frame,
                 const uint8_t *next_hop)
{
    bool offload = port->device.transmit_checksum;
    bool whole = !offload && !port->device.cannot_corrupt;
    uint32_t length = datagram_write(rte_pktmbuf_mtod(mbuf, uint8_t *), &port->local, next_hop, frame,
                                     whole ? DATAGRAM_CHECKSUM_WHOLE : DATAGRAM_CHECKSUM_PSEUDO);
    mbuf->data_len = (uint16_t)length;
    mbuf->pkt_len = length;
    if (offload) {
        mbuf->l2_len = DATAGRAM_ETHERNET_BYTES;
        mbuf->l3_len = DATAGRAM_IP_UDP_BYTES - 8;
        mbuf->ol_flags |= RTE_MBUF_F_TX_IPV4 | RTE_MBUF_F_TX_UDP_CKSUM;
    }
}

/* The headers of the burst's frame `i` into its buffer, the payload as a second segment from where it lies.
 */
static void fill_first_part(const struct port *port, const struct burst *burst, unsigned i,
                            struct rte_mbuf *segment)
{
    struct rte_mbuf *mbuf = burst->mbufs[i];
    const struct sent_frame *frame = burst->frames[i];
    uint32_t length = datagram_write_first_part(rte_pktmbuf_mtod(mbuf, uint8_t *), &port->local,
                                                burst->next_hops[i], frame);
    port_memory_attach(burst->memories[i], segment, frame->payload, (uint16_t)frame->payload_bytes);
    mbuf->data_len = (uint16_t)length;
    mbuf->pkt_len = length + frame->payload_bytes;
    mbuf->nb_segs = 2;
    mbuf->next = segment;
}

static void fill_burst(const struct port *port, const struct burst *burst)
{
    unsigned segments = 0;
    for (unsigned i = 0; i < burst->count; i++) {
        const struct sent_frame *frame = burst->frames[i];
        assert(frame->header_bytes + frame->payload_bytes + DATAGRAM_IP_UDP_BYTES <= port->device.mtu);
        if (burst->memories[i] != NULL)
            fill_first_part(port, burst, i, burst->segments[segments++]);
        else
            fill(port, burst->mbufs[i], frame, burst->next_hops[i]);
    }
}

/* Each run of frames from the same memory at once: the receiver's core counts down on the same cache line. */
static void count_memories(const struct burst *burst)
{
    for (unsigned i = 0, end; i < burst->count; i = end) {
        for (end = i + 1; end < burst->count && burst->memories[end] == burst->memories[i];)
            end++;
        if (burst->memories[i] != NULL)
            port_memory_count(burst->memories[i], end - i);
    }
}

static void find_next_hops(struct port *port, struct burst *burst, const struct sent_frame *frames,
                           unsigned count)
{
    burst->count = burst->two_parts = 0;
    for (unsigned i = 0; i < count; i++) {
        const uint8_t *next_hop = next_hop_table_find(&port->next_hops, frames[i].destination);
        if (next_hop == NULL) {
            next_hop_table_add_unresolved(&port->next_hops, frames[i].destination);
            continue;
        }
        struct port_memory *memory = memory_to_send_from(port, &frames[i]);
        burst->two_parts += memory != NULL;
        burst->memories[burst->count] = memory;
        burst->next_hops[burst->count] = next_hop;
        burst->frames[burst->count++] = &frames[i];
    }
}

/* False when all are with the device or the peer's end: as good as a full queue. */
static bool allocate_buffers(const struct port *port, struct burst *burst)
{
    const struct device *device = &port->device;
    if (rte_pktmbuf_alloc_bulk(device->pool, burst->mbufs, burst->count) != 0)
        return false;
    if (burst->two_parts == 0 ||
        rte_pktmbuf_alloc_bulk(device->segment_pool, burst->segments, burst->two_parts) == 0)
        return true;
    rte_pktmbuf_free_bulk(burst->mbufs, burst->count);
    return false;
}

/* Gives the burst to the device; returns how many of its frames went. */
static unsigned send_burst(struct port *port, struct burst *burst)
{
    if (burst->count == 0 || !allocate_buffers(port, burst))
        return 0;
    count_memories(burst);
    fill_burst(port, burst);
    unsigned sent = rte_eth_tx_burst(port->device.ethdev, 0, burst->mbufs, (uint16_t)burst->count);
    rte_pktmbuf_free_bulk(burst->mbufs + sent, burst->count - sent);
    port->counters.sent_frames += sent;
    for (unsigned i = 0; i < sent; i++)
        port->counters.sent_bytes +=
            DATAGRAM_HEADER_BYTES + burst->frames[i]->header_bytes + burst->frames[i]->payload_bytes;
    return sent;
}

/* At most PORT_BURST_FRAMES; returns how many of `count` are done with. */
static unsigned transmit_part(struct port *port, const struct sent_frame *frames, unsigned count)
{
    struct burst burst;
    find_next_hops(port, &burst, frames, count);
    unsigned sent = send_burst(port, &burst);
    unsigned done = sent == burst.count ? count : (unsigned)(burst.frames[sent] - frames);
    port->counters.dropped_no_next_hop += done - sent;
    return done;
}

unsigned port_transmit(struct port *port, const struct sent_frame *frames, unsigned count)
{
    unsigned done = 0;
    while (done < count) {
        unsigned part = count - done < PORT_BURST_FRAMES ? count - done : PORT_BURST_FRAMES;
        unsigned taken = transmit_part(port, frames + done, part);
        done += taken;
        if (taken < part)
            break;
    }
    return done;
}
