/* SPDX-License-Identifier: BSD-3-Clause */
#include <rte_ethdev.h>
#include <rte_mbuf.h>
#include <rte_prefetch.h>

#include "nic/port_state.h"

static void count_dropped(struct port_counters *counters, enum datagram_verdict verdict)
{
    switch (verdict) {
    case DATAGRAM_OURS:
        break;
    case DATAGRAM_NOT_OURS:
        counters->dropped_not_ours++;
        break;
    case DATAGRAM_MALFORMED:
        counters->dropped_malformed++;
        break;
    case DATAGRAM_BAD_CHECKSUM:
        counters->dropped_checksum++;
        break;
    }
}

static enum datagram_verdict judge(const struct port *port, const struct rte_mbuf *mbuf,
                                   struct received_frame *frame)
{
    uint64_t checksum = mbuf->ol_flags & RTE_MBUF_F_RX_L4_CKSUM_MASK;
    bool marked_right = port->device.receive_checksum && checksum == RTE_MBUF_F_RX_L4_CKSUM_GOOD;
    struct datagram_input input = {
        .bytes = rte_pktmbuf_mtod(mbuf, const uint8_t *),
        .length = rte_pktmbuf_data_len(mbuf),
        .checksum_verified = marked_right || port->device.cannot_corrupt,
    };
    return datagram_read(frame, &port->local, &input);
}

enum {
    PREFETCH_BUFFER_FRAMES = 8, /* so far ahead a frame's buffer header is fetched */
    PREFETCH_BYTES_FRAMES = 4   /* and its first bytes, once that is there */
};

static void prefetch_first(struct rte_mbuf **mbufs, unsigned count)
{
    for (unsigned i = 0; i < count && i < PREFETCH_BUFFER_FRAMES; i++)
        rte_prefetch0(mbufs[i]);
    for (unsigned i = 0; i < count && i < PREFETCH_BYTES_FRAMES; i++)
        rte_prefetch0(rte_pktmbuf_mtod(mbufs[i], void *));
}

static void prefetch_ahead(struct rte_mbuf **mbufs, unsigned count)
{
    if (count > PREFETCH_BUFFER_FRAMES)
        rte_prefetch0(mbufs[PREFETCH_BUFFER_FRAMES]);
    if (count > PREFETCH_BYTES_FRAMES)
        rte_prefetch0(rte_pktmbuf_mtod(mbufs[PREFETCH_BYTES_FRAMES], void *));
}

unsigned port_receive(struct port *port, struct received_frame *frames, unsigned max)
{
    struct rte_mbuf *mbufs[PORT_BURST_FRAMES];
    struct rte_mbuf *unwanted[PORT_BURST_FRAMES];
    unsigned taken = 0, unwanted_count = 0;
    uint16_t burst = max < PORT_BURST_FRAMES ? (uint16_t)max : PORT_BURST_FRAMES;
    uint16_t arrived = rte_eth_rx_burst(port->device.ethdev, 0, mbufs, burst);

    prefetch_first(mbufs, arrived);
    for (uint16_t i = 0; i < arrived; i++) {
        prefetch_ahead(mbufs + i, arrived - i);
        enum datagram_verdict verdict = judge(port, mbufs[i], &frames[taken]);
        port->counters.received_bytes += rte_pktmbuf_pkt_len(mbufs[i]);
        count_dropped(&port->counters, verdict);
        if (verdict == DATAGRAM_OURS)
            frames[taken++].buffer = mbufs[i];
        else
            unwanted[unwanted_count++] = mbufs[i];
    }
    rte_pktmbuf_free_bulk(unwanted, unwanted_count);
    if (taken > 0)
        port->wait_step_ns = 0;
    port->counters.received_frames += taken;
    return taken;
}

void port_release(struct port *port, struct received_frame *frames, unsigned count)
{
    struct rte_mbuf *mbufs[PORT_BURST_FRAMES];
    (void)port;
    while (count > 0) {
        unsigned part = count < PORT_BURST_FRAMES ? count : PORT_BURST_FRAMES;
        for (unsigned i = 0; i < part; i++)
            mbufs[i] = frames[i].buffer;
        rte_pktmbuf_free_bulk(mbufs, part);
        frames += part;
        count -= part;
    }
}
