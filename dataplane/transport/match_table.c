/* SPDX-License-Identifier: BSD-3-Clause */
#include "dataplane/transport/match_table.h"

#include <string.h>

#include "dataplane/transport/random.h"

static uint32_t home(const struct match_table *table, const struct packet_match *key)
{
    uint64_t ranks = (uint64_t)key->source_rank << 32 | key->destination_rank;
    return (uint32_t)mix64(mix64(key->communicator ^ mix64(ranks)) ^ key->tag) & table->mask;
}

static bool same_key(const struct packet_match *a, const struct packet_match *b)
{
    return a->tag == b->tag && a->communicator == b->communicator && a->source_rank == b->source_rank &&
           a->destination_rank == b->destination_rank;
}

void match_table_init(struct match_table *table, struct match_entry *entries, uint32_t size)
{
    memset(entries, 0, sizeof(*entries) * size);
    *table = (struct match_table){.entries = entries, .mask = size - 1};
}

/* The place of the key, or the free place where it would go. */
static uint32_t locate(const struct match_table *table, const struct packet_match *key)
{
    uint32_t i = home(table, key);
    while (table->entries[i].used && !same_key(&table->entries[i].key, key))
        i = (i + 1) & table->mask;
    return i;
}

bool match_table_find(const struct match_table *table, const struct packet_match *key, uint32_t *value)
{
    const struct match_entry *entry = &table->entries[locate(table, key)];
    *value = entry->value;
    return entry->used;
}

void match_table_insert(struct match_table *table, const struct packet_match *key, uint32_t value)
{
    table->entries[locate(table, key)] = (struct match_entry){.key = *key, .value = value, .used = 1};
}

void match_table_remove(struct match_table *table, const struct packet_match *key)
{
    uint32_t hole = locate(table, key);
    if (!table->entries[hole].used)
        return;
    for (uint32_t i = (hole + 1) & table->mask; table->entries[i].used; i = (i + 1) & table->mask) {
        uint32_t wanted = home(table, &table->entries[i].key);
        bool may_move = ((i - wanted) & table->mask) >= ((i - hole) & table->mask);
        if (may_move) {
            table->entries[hole] = table->entries[i];
            hole = i;
        }
    }
    table->entries[hole].used = 0;
}
