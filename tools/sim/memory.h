/* SPDX-License-Identifier: BSD-3-Clause */
/* Memory of a simulation: zeroed, and there is no going on without it. */
#ifndef SIM_MEMORY_H
#define SIM_MEMORY_H

#include <stdio.h>
#include <stdlib.h>

static inline void *memory_take(size_t count, size_t bytes)
{
    void *memory = calloc(count ? count : 1, bytes);
    if (memory == NULL) {
        fprintf(stderr, "weft-sim: out of memory: simulate fewer hosts, paths or flows\n");
        exit(1);
    }
    return memory;
}

/* Room for one more in an array of `count`, which doubles when full: `*capacity` elements before and after.
 */
static inline void *memory_grow(void *array, size_t count, size_t *capacity, size_t bytes)
{
    if (count < *capacity)
        return array;
    *capacity = *capacity ? 2 * *capacity : 64;
    void *grown = realloc(array, *capacity * bytes);
    if (grown == NULL) {
        fprintf(stderr, "weft-sim: out of memory: simulate fewer hosts, paths or flows\n");
        exit(1);
    }
    return grown;
}

#endif
