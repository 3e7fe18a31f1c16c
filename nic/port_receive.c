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

static bool is_verified(const struct port *port, const struct rte_mbuf *mbuf)
{
    uint64_t checksum = mbuf->ol_flags & RTE_MBUF_F_RX_L4_CKSUM_MASK;
    bool marked_right = port->device.receive_checksum && checksum == RTE_MBUF_F_RX_L4_CKSUM_GOOD;
    return marked_right || port->device.cannot_corrupt;
}

/* Brings a frame that a device has scattered otherwise than in two verified parts into one; false when its
 * first buffer has no room. */
static bool has_fit_parts(struct rte_mbuf *mbuf, bool verified)
{
    return mbuf->nb_segs == 1 || (mbuf->nb_segs == 2 && verified) || rte_pktmbuf_linearize(mbuf) == 0;
}

static enum datagram_verdict judge(const struct port *port, struct rte_mbuf *mbuf,
                                   struct received_frame *frame)
{
    bool verified = is_verified(port, mbuf);
    if (!has_fit_parts(mbuf, verified))
        return DATAGRAM_MALFORMED;
    struct datagram_input input = {
        .bytes = rte_pktmbuf_mtod(mbuf, const uint8_t *),
        .length = rte_pktmbuf_data_len(mbuf),
        .checksum_verified = verified,
    };
    if (mbuf->nb_segs == 2) {
        input.rest = rte_pktmbuf_mtod(mbuf->next, const uint8_t *);
        input.rest_length = rte_pktmbuf_data_len(mbuf->next);
    }
    return datagram_read(frame, &port->local, &input);
}

/* A frame that another core has just written is far away. Its buffer headers and first bytes are fetched in
 * the order in which one leads to the next, while frames before it are read. */
enum {
    FETCH_BYTES_AFTER = 8, /* frames from the buffer's header to the bytes and the second part's header */
    FETCHED_AFTER = 16     /* and to reading it */
};

/* The instruction is beyond the x86-64 baseline, but one that processors without it pass over. */
#ifdef __x86_64__
#define FETCH_FOR_WRITING __attribute__((target("prfchw")))
#else
#define FETCH_FOR_WRITING
#endif

/* For writing: port_release() will, and would wait for the other core to give the lines up. */
FETCH_FOR_WRITING static inline void fetch_buffer(const struct rte_mbuf *mbuf)
{
    __builtin_prefetch(mbuf, 1);
    __builtin_prefetch((const uint8_t *)mbuf + RTE_CACHE_LINE_SIZE, 1);
}

FETCH_FOR_WRITING static inline void fetch_bytes(const struct rte_mbuf *mbuf)
{
    rte_prefetch0(rte_pktmbuf_mtod(mbuf, const uint8_t *));
    rte_prefetch0(rte_pktmbuf_mtod(mbuf, const uint8_t *) + RTE_CACHE_LINE_SIZE);
    if (mbuf->nb_segs > 1)
        fetch_buffer(mbuf->next);
}

/* Brings frame `step - FETCHED_AFTER` of the burst into the cache when it has been called for every step up
 * to `step`. */
FETCH_FOR_WRITING static void fetch_step(struct rte_mbuf *const *mbufs, unsigned count, unsigned step)
{
    if (step < count)
        fetch_buffer(mbufs[step]);
    if (step - FETCH_BYTES_AFTER < count) /* wraps, and is then too large, before the first */
        fetch_bytes(mbufs[step - FETCH_BYTES_AFTER]);
}

unsigned port_receive(struct port *port, struct received_frame *frames, unsigned max)
{
    struct rte_mbuf *mbufs[PORT_BURST_FRAMES];
    struct rte_mbuf *unwanted[PORT_BURST_FRAMES];
    unsigned taken = 0, unwanted_count = 0;
    uint16_t burst = max < PORT_BURST_FRAMES ? (uint16_t)max : PORT_BURST_FRAMES;
    uint16_t arrived = rte_eth_rx_burst(port->device.ethdev, 0, mbufs, burst);

    for (unsigned step = 0; step < FETCHED_AFTER && arrived > 0; step++)
        fetch_step(mbufs, arrived, step);
    for (uint16_t i = 0; i < arrived; i++) {
        fetch_step(mbufs, arrived, i + FETCHED_AFTER);
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
