/* SPDX-License-Identifier: BSD-3-Clause */
/* A flow that the dataplane has been given and that has not come back yet. Its cookie names a slot and how
 * often the slot was used, so that a completion that comes after its request has ended finds nothing. */
#ifndef WEFT_CLIENT_TRANSFER_H
#define WEFT_CLIENT_TRANSFER_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/queue.h>

struct weft_request;

struct transfer {
    uint64_t cookie;
    struct weft_request *request; /* NULL: not in use */
    LIST_ENTRY(transfer) link;    /* among those of its request, or the free ones */
    uint32_t peer;
    bool is_send;
    bool whole; /* receive: every byte is here */
    uint64_t bytes;
    uint32_t chunk_bytes;    /* 0: one chunk */
    uint64_t chunks_arrived; /* a bit each */
    /* Of collectives: */
    uint32_t step;
    uint8_t lane;
    bool reduces;
    bool completes_reduction;
    uint64_t chunks_reduced;
    uint8_t *accumulator;
    const uint8_t *operand;
    uint32_t final_first;
    uint32_t final_count;
    STAILQ_ENTRY(transfer) reduction_link; /* reductions of a lane, in order */
};

LIST_HEAD(transfer_list, transfer);
STAILQ_HEAD(reduction_queue, transfer);

struct transfer_pool {
    struct transfer **slots;
    uint32_t slot_count;
    uint32_t free_count;
    struct transfer_list free;
};

/* Makes sure that `count` can be taken. False: no memory. */
bool transfer_pool_reserve(struct transfer_pool *pool, uint32_t count);
/* One that was reserved. All but the cookie is zero. */
struct transfer *transfer_take(struct transfer_pool *pool);
void transfer_return(struct transfer_pool *pool, struct transfer *transfer);
/* The transfer in progress with this cookie, or NULL. */
struct transfer *transfer_find(const struct transfer_pool *pool, uint64_t cookie);
void transfer_pool_free(struct transfer_pool *pool);

/* Chunks it is reported in, and the bits of all of them. */
static inline unsigned transfer_chunk_count(const struct transfer *transfer)
{
    return transfer->chunk_bytes == 0
               ? 1
               : (unsigned)((transfer->bytes + transfer->chunk_bytes - 1) / transfer->chunk_bytes);
}

static inline uint64_t transfer_all_chunks(const struct transfer *transfer)
{
    return ~0ull >> (64 - transfer_chunk_count(transfer));
}

/* Chunk size for a receive: a multiple of `granule`, at least 64 KiB, at most 33 chunks; 0: not worth
 * cutting. */
uint32_t transfer_chunk_bytes(uint64_t bytes, uint32_t granule);

#endif
