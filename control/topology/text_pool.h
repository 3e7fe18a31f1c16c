/* SPDX-License-Identifier: BSD-3-Clause */
/* Many small texts that live and go together. */
#ifndef WEFT_TOPOLOGY_TEXT_POOL_H
#define WEFT_TOPOLOGY_TEXT_POOL_H

struct text_chunk;

/* All zero: empty. */
struct text_pool {
    struct text_chunk *chunk;
};

/* A copy that stays where it is until the pool is emptied; NULL when there is no memory. */
const char *text_pool_add(struct text_pool *pool, const char *text);
void text_pool_empty(struct text_pool *pool);

#endif
