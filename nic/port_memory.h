/* SPDX-License-Identifier: BSD-3-Clause */
/* The inside of memory that frames are sent from: what counts the frames that hold a piece of it. */
#ifndef WEFT_NIC_PORT_MEMORY_H
#define WEFT_NIC_PORT_MEMORY_H

#include <rte_mbuf.h>

#include "nic/port.h"

struct port_memory {
    uint8_t *base;
    uint64_t bytes;
    /* refcnt: 1 and one for each frame. Whichever core frees a frame writes it, hence a cache line of its own
     */
    struct rte_mbuf_ext_shared_info shared __rte_cache_aligned;
};

/* `mbuf` becomes a segment that holds the piece at `start`; the caller has counted it. */
void port_memory_attach(struct port_memory *memory, struct rte_mbuf *mbuf, const uint8_t *start,
                        uint16_t length);

/* Counts `frames` more that hold pieces of it. */
static inline void port_memory_count(struct port_memory *memory, unsigned frames)
{
    rte_mbuf_ext_refcnt_update(&memory->shared, (int16_t)frames);
}

#endif
