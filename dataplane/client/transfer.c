/* SPDX-License-Identifier: BSD-3-Clause */
#include "dataplane/client/transfer.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

enum {
    TRANSFER_CHUNK_BYTES_MIN = 64 << 10,
    TRANSFER_CHUNKS = 32,
    TRANSFER_SLOTS_FIRST = 64
};

static bool transfer_pool_add(struct transfer_pool *pool)
{
    struct transfer *transfer = calloc(1, sizeof(*transfer));
    if (transfer == NULL)
        return false;
    transfer->cookie = pool->slot_count;
    pool->slots[pool->slot_count++] = transfer;
    pool->free_count++;
    LIST_INSERT_HEAD(&pool->free, transfer, link);
    return true;
}

/* Doubles the pool. */
static bool transfer_pool_grow(struct transfer_pool *pool)
{
    uint32_t count = pool->slot_count ? pool->slot_count * 2 : TRANSFER_SLOTS_FIRST;
    struct transfer **slots = realloc(pool->slots, count * sizeof(*slots));
    if (slots == NULL)
        return false;
    pool->slots = slots;
    while (pool->slot_count < count)
        if (!transfer_pool_add(pool))
            return false;
    return true;
}

bool transfer_pool_reserve(struct transfer_pool *pool, uint32_t count)
{
    while (pool->free_count < count)
        if (!transfer_pool_grow(pool))
            return false;
    return true;
}

struct transfer *transfer_take(struct transfer_pool *pool)
{
    struct transfer *transfer = LIST_FIRST(&pool->free);
    assert(transfer != NULL);
    LIST_REMOVE(transfer, link);
    pool->free_count--;
    uint64_t cookie = transfer->cookie;
    memset(transfer, 0, sizeof(*transfer));
    transfer->cookie = cookie;
    return transfer;
}

/* The upper half of a cookie counts uses of the slot. */
void transfer_return(struct transfer_pool *pool, struct transfer *transfer)
{
    transfer->request = NULL;
    transfer->cookie += 1ull << 32;
    pool->free_count++;
    LIST_INSERT_HEAD(&pool->free, transfer, link);
}

struct transfer *transfer_find(const struct transfer_pool *pool, uint64_t cookie)
{
    uint32_t slot = (uint32_t)cookie;
    if (slot >= pool->slot_count || pool->slots[slot]->cookie != cookie)
        return NULL;
    return pool->slots[slot]->request ? pool->slots[slot] : NULL;
}

void transfer_pool_free(struct transfer_pool *pool)
{
    for (uint32_t slot = 0; slot < pool->slot_count; slot++)
        free(pool->slots[slot]);
    free(pool->slots);
}

uint32_t transfer_chunk_bytes(uint64_t bytes, uint32_t granule)
{
    uint64_t chunk = bytes / TRANSFER_CHUNKS;
    if (chunk < TRANSFER_CHUNK_BYTES_MIN)
        chunk = TRANSFER_CHUNK_BYTES_MIN;
    chunk = (chunk + granule - 1) / granule * granule;
    return chunk < bytes ? (uint32_t)chunk : 0;
}
