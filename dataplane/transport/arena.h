/* SPDX-License-Identifier: BSD-3-Clause */
/* The memory of a transport: one block, in which its tables lie one behind the other. They are as large as
 * the worst case, and what is never touched takes no memory; so what is touched should lie together.
 *
 * Laying out happens twice: in an arena without memory, to learn how much is needed, and in the one that has
 * it.
 */
#ifndef WEFT_TRANSPORT_ARENA_H
#define WEFT_TRANSPORT_ARENA_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct arena {
    char *first; /* NULL: nothing but counting */
    size_t used_bytes;
    void *memory; /* for arena_give_back() */
};

struct arena_config {
    size_t bytes;
    uint32_t colour; /* arenas of one layout that differ in it do not all fill the same sets of a cache */
    bool huge_page;  /* the first 2 MB, where the kernel gives it (madvise) */
};

/* All zero. False when there is not enough memory. */
bool arena_create(struct arena *a, const struct arena_config *config);
void arena_give_back(void *memory);
/* Room for so many, from the beginning of a cache line on; NULL while counting. */
void *arena_take(struct arena *a, size_t count, size_t bytes);

#endif
