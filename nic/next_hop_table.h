/* SPDX-License-Identifier: BSD-3-Clause */
/* IPv4 destination -> Ethernet address of its next hop, as looked up for every frame sent; and the
 * destinations that were looked up in vain, once each, for the slow path to resolve. */
#ifndef WEFT_NIC_NEXT_HOP_TABLE_H
#define WEFT_NIC_NEXT_HOP_TABLE_H

#include <stdbool.h>
#include <stdint.h>

enum {
    NEXT_HOP_UNRESOLVED_MAX = 64
};

struct next_hop {
    uint32_t destination; /* host byte order; 0: empty slot */
    uint8_t ethernet[6];
};

/* Open addressing, linear probing, at most half full; nothing is ever removed. */
struct next_hop_table {
    struct next_hop *slots;
    uint32_t capacity; /* power of two */
    uint32_t count;
    uint32_t unresolved_count;
    uint32_t unresolved[NEXT_HOP_UNRESOLVED_MAX];
};

/* 0 or -ENOMEM. */
int next_hop_table_create(struct next_hop_table *table);
void next_hop_table_destroy(struct next_hop_table *table);

/* Adds or replaces. When memory is short the destination stays unknown, and is given out as unresolved again
 * when next looked up. */
void next_hop_table_set(struct next_hop_table *table, uint32_t destination, const uint8_t ethernet[6]);

/* NULL: unknown. Valid until the next next_hop_table_set(). */
const uint8_t *next_hop_table_find(const struct next_hop_table *table, uint32_t destination);

/* Remembers a destination to be resolved, once, and not at all while NEXT_HOP_UNRESOLVED_MAX others wait: the
 * next frame brings it back. */
void next_hop_table_add_unresolved(struct next_hop_table *table, uint32_t destination);
bool next_hop_table_take_unresolved(struct next_hop_table *table, uint32_t *destination);

#endif
