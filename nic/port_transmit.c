/* SPDX-License-Identifier: BSD-3-Clause */
#include <assert.h>

#include <rte_ethdev.h>
#include <rte_mbuf.h>

#include "nic/port_state.h"

/* Frames on their way to the device. A frame without a next hop takes no buffer. */
struct burst {
    unsigned count;
    struct rte_mbuf *mbufs[PORT_BURST_FRAMES];
    const struct sent_frame *frames[PORT_BURST_FRAMES]; /* what each buffer holds */
    const uint8_t *next_hops[PORT_BURST_FRAMES];
};

static void fill(const struct port *port, struct rte_mbuf *mbuf, const struct sent_frame *frame,
                 const uint8_t *next_hop)
{
    bool offload = port->device.transmit_checksum;
    bool whole = !offload && !port->device.cannot_corrupt;
    assert(frame->header_bytes + frame->payload_bytes + DATAGRAM_IP_UDP_BYTES <= port->device.mtu);
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

static void find_next_hops(struct port *port, struct burst *burst, const struct sent_frame *frames,
                           unsigned count)
{
    burst->count = 0;
    for (unsigned i = 0; i < count; i++) {
        const uint8_t *next_hop = next_hop_table_find(&port->next_hops, frames[i].destination);
        if (next_hop == NULL) {
            next_hop_table_add_unresolved(&port->next_hops, frames[i].destination);
            continue;
        }
        burst->next_hops[burst->count] = next_hop;
        burst->frames[burst->count++] = &frames[i];
    }
}

/* Gives the burst to the device; returns how many of its frames went. */
static unsigned send_burst(struct port *port, struct burst *burst)
{
    if (burst->count == 0)
        return 0;
    if (rte_pktmbuf_alloc_bulk(port->device.pool, burst->mbufs, burst->count) != 0)
        return 0; /* all are with the device or the peer's end: as good as a full queue */
    for (unsigned i = 0; i < burst->count; i++)
        fill(port, burst->mbufs[i], burst->frames[i], burst->next_hops[i]);
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
