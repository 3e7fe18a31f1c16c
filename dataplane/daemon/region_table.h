/* SPDX-License-Identifier: BSD-3-Clause */
/* The memory that applications share with one worker: region numbers, as packets' payloads and descriptors
 * name them, to addresses. Belongs to the worker. */
#ifndef WEFT_DAEMON_REGION_TABLE_H
#define WEFT_DAEMON_REGION_TABLE_H

#include <stdbool.h>
#include <stdint.h>

enum {
    REGIONS_MAX = 4096,
    REGION_NONE = 0 /* no region has this number */
};

struct region {
    uint8_t *base; /* NULL: free */
    uint64_t bytes;
    uint32_t owner; /* session slot */
    uint32_t uses;  /* transfers in progress */
};

struct region_table {
    struct region regions[REGIONS_MAX];
    uint32_t last; /* number given last: a number is given again as late as possible */
};

/* Its number, or REGION_NONE when the table is full. */
uint32_t region_table_add(struct region_table *table, uint32_t owner, void *base, uint64_t bytes);
/* 0, -ENOENT (not a region of this owner) or -EBUSY (a transfer uses it). */
int region_table_remove(struct region_table *table, uint32_t owner, uint32_t number);
void region_table_remove_owner(struct region_table *table, uint32_t owner);

/* True when `number` is the owner's and [offset, offset + bytes) lies inside it. All arguments are hostile.
 */
bool region_table_contains(const struct region_table *table, uint32_t owner, uint32_t number, uint64_t offset,
                           uint64_t bytes);
/* A transfer begins (ends) to use it; REGION_NONE is allowed. */
void region_table_use(struct region_table *table, uint32_t number);
void region_table_release(struct region_table *table, uint32_t number);

/* Address of a byte that region_table_contains() has approved while a transfer uses the region. */
static inline uint8_t *region_table_at(const struct region_table *table, uint32_t number, uint64_t offset)
{
    return table->regions[number].base + offset;
}

#endif
