/* SPDX-License-Identifier: BSD-3-Clause */
/* Finds an outgoing message by the name that both sides know it by: (communicator, source, destination, tag).
 * Open addressing, memory given at create; at most half full, so a search is short. */
#ifndef WEFT_TRANSPORT_MATCH_TABLE_H
#define WEFT_TRANSPORT_MATCH_TABLE_H

#include <stdbool.h>
#include <stdint.h>

#include "dataplane/formats/packet.h"

struct match_entry {
    struct packet_match key;
    uint32_t value;
    uint32_t used;
};

struct match_table {
    struct match_entry *entries;
    uint32_t mask;
};

/* `entries`: a power of two, at least twice as many as will ever be in the table. */
void match_table_init(struct match_table *table, struct match_entry *entries, uint32_t size);
bool match_table_find(const struct match_table *table, const struct packet_match *key, uint32_t *value);
/* The key must not be in the table. */
void match_table_insert(struct match_table *table, const struct packet_match *key, uint32_t value);
void match_table_remove(struct match_table *table, const struct packet_match *key);

#endif
