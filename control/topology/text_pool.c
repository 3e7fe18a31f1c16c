/* SPDX-License-Identifier: BSD-3-Clause */
#include "control/topology/text_pool.h"

#include <stdlib.h>
#include <string.h>

enum {
    CHUNK_BYTES = 64 << 10
};

struct text_chunk {
    struct text_chunk *next;
    size_t used, bytes;
    char text[];
};

static struct text_chunk *add_chunk(struct text_pool *pool, size_t bytes)
{
    struct text_chunk *chunk = malloc(sizeof(*chunk) + bytes);
    if (chunk) {
        *chunk = (struct text_chunk){.next = pool->chunk, .bytes = bytes};
        pool->chunk = chunk;
    }
    return chunk;
}

const char *text_pool_add(struct text_pool *pool, const char *text)
{
    size_t bytes = strlen(text) + 1;
    struct text_chunk *chunk = pool->chunk;
    if (!chunk || chunk->bytes - chunk->used < bytes)
        chunk = add_chunk(pool, bytes > CHUNK_BYTES ? bytes : CHUNK_BYTES);
    if (!chunk)
        return NULL;
    char *copy = memcpy(chunk->text + chunk->used, text, bytes);
    chunk->used += bytes;
    return copy;
}

void text_pool_empty(struct text_pool *pool)
{
    while (pool->chunk) {
        struct text_chunk *next = pool->chunk->next;
        free(pool->chunk);
        pool->chunk = next;
    }
}
