/* SPDX-License-Identifier: BSD-3-Clause */
#include "tools/sim/sim_packet.h"

#include <stdlib.h>

#include "tools/sim/memory.h"

enum {
    SLAB_PACKETS = 512
};

struct slab {
    struct sim_packet packets[SLAB_PACKETS];
    struct slab *next;
};

static void add_slab(struct packet_pool *pool)
{
    struct slab *slab = memory_take_aligned(sizeof(*slab), _Alignof(struct slab));
    slab->next = pool->slabs;
    pool->slabs = slab;
    for (unsigned i = 0; i < SLAB_PACKETS; i++) {
        slab->packets[i].event.next = pool->free;
        pool->free = &slab->packets[i].event;
    }
}

struct sim_packet *packet_pool_take(struct packet_pool *pool)
{
    if (pool->free == NULL)
        add_slab(pool);
    struct sim_packet *packet = (struct sim_packet *)pool->free;
    pool->free = packet->event.next;
    if (++pool->in_use > pool->in_use_peak)
        pool->in_use_peak = pool->in_use;
    return packet;
}

void packet_pool_give(struct packet_pool *pool, struct sim_packet *packet)
{
    packet->event.next = pool->free;
    pool->free = &packet->event;
    pool->in_use--;
}

void packet_pool_destroy(struct packet_pool *pool)
{
    while (pool->slabs != NULL) {
        struct slab *slab = pool->slabs;
        pool->slabs = slab->next;
        free(slab);
    }
}
