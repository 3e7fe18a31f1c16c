/* SPDX-License-Identifier: BSD-3-Clause */
/* Finds an outgoing message by the name that both sides know it by: (communicator, source, destination, tag).
 * Open addressing, memory given at create; at most half full, so a search is short. The names stay with the
 * messages: an entry is eight bytes, for a table of many thousand is spread over all of its memory. */
#ifndef WEFT_TRANSPORT_MATCH_TABLE_H
#define WEFT_TRANSPORT_MATCH_TABLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "dataplane/formats/packet.h"

struct match_entry {
    uint32_t hash;
    uint32_t occupant; /* value + 1; 0: none */
};

/* Where the key of a value is. */
struct match_keys {
    const struct packet_match *first; /* of value 0 */
    size_t stride_bytes;
};

struct match_table {
    struct match_entry *entries;
    uint32_t mask;
    struct match_keys keys;
};

/* `entries`: all zero, a power of two, at least twice as many as will ever be in the table. */
void match_table_init(struct match_table *table, struct match_entry *entries, uint32_t size,
                      struct match_keys keys);
bool match_table_find(const struct match_table *table, const struct packet_match *key, uint32_t *value);
/* The value's key must be in its place, not in the table, and stay as it is until it is removed. */
void match_table_insert(struct match_table *table, uint32_t value);
void match_table_remove(struct match_table *table, const struct packet_match *key);

#endif
