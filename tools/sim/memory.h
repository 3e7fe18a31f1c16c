/* SPDX-License-Identifier: BSD-3-Clause */
/* Memory of a simulation: zeroed, and there is no going on without it. */
#ifndef SIM_MEMORY_H
#define SIM_MEMORY_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static inline void memory_require(const void *memory)
{
    if (memory != NULL)
        return;
    fprintf(stderr, "weft-sim: out of memory: simulate fewer hosts, paths or flows\n");
    exit(1);
}

static inline void *memory_take(size_t count, size_t bytes)
{
    void *memory = calloc(count ? count : 1, bytes);
    memory_require(memory);
    return memory;
}

/* `bytes` is a multiple of `alignment`. */
static inline void *memory_take_aligned(size_t bytes, size_t alignment)
{
    void *memory = aligned_alloc(alignment, bytes);
    memory_require(memory);
    return memset(memory, 0, bytes);
}

/* Room for one more in an array of `count`, which doubles when full: `*capacity` elements before and after.
 */
static inline void *memory_grow(void *array, size_t count, size_t *capacity, size_t bytes)
{
    if (count < *capacity)
        return array;
    *capacity = *capacity ? 2 * *capacity : 64;
    void *grown = realloc(array, *capacity * bytes);
    memory_require(grown);
    return grown;
}

#endif
