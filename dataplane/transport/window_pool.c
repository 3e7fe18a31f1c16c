/* SPDX-License-Identifier: BSD-3-Clause */
#include "dataplane/transport/window_pool.h"

#include <assert.h>
#include <stddef.h>

void window_pool_init(struct window_pool *pool, struct sent_packet *packets, uint32_t windows,
                      uint32_t window_packets)
{
    *pool = (struct window_pool){.packets = packets, .windows = windows, .window_packets = window_packets};
}

struct sent_packet *window_pool_take(struct window_pool *pool)
{
    uint32_t index = pool->given_back != 0 ? pool->given_back - 1 : pool->fresh;
    struct sent_packet *window = &pool->packets[(size_t)index * pool->window_packets];
    if (pool->given_back != 0)
        pool->given_back = window->item;
    else
        pool->fresh++;
    assert(pool->fresh <= pool->windows);
    return window;
}

void window_pool_give(struct window_pool *pool, struct sent_packet *window)
{
    window->item = pool->given_back;
    pool->given_back = (uint32_t)((size_t)(window - pool->packets) / pool->window_packets) + 1;
}
