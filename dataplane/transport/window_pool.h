/* SPDX-License-Identifier: BSD-3-Clause */
/* Memory of send windows. A channel holds some only while packets of it are unacknowledged: a small window
 * first, which is enough for a credit or a short message, and a large one when that is full. What was given
 * back last is given out first, so no more is ever touched than was in use at once. */
#ifndef WEFT_TRANSPORT_WINDOW_POOL_H
#define WEFT_TRANSPORT_WINDOW_POOL_H

#include "dataplane/transport/send_window.h"

enum {
    WINDOW_SMALL_PACKETS = 8
};

/* Windows of one size. */
struct window_pool {
    struct sent_packet *packets;
    uint32_t window_packets;
    uint32_t windows;    /* how many there are */
    uint32_t fresh;      /* from here on never given out */
    uint32_t given_back; /* the last one + 1, whose first packet's item is the one before + 1; 0: none */
};

struct window_pools {
    struct window_pool small, large;
};

/* `packets`: all zero, windows * window_packets of them, which belong to the caller. */
void window_pool_init(struct window_pool *pool, struct sent_packet *packets, uint32_t windows,
                      uint32_t window_packets);
/* There must be one left. */
struct sent_packet *window_pool_take(struct window_pool *pool);
void window_pool_give(struct window_pool *pool, struct sent_packet *window);

#endif
