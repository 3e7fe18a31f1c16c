/* SPDX-License-Identifier: BSD-3-Clause */
#include "dataplane/transport/match_table.h"

#include "dataplane/transport/random.h"

static uint32_t hash_of(const struct packet_match *key)
{
    uint64_t ranks = (uint64_t)key->source_rank << 32 | key->destination_rank;
    return (uint32_t)mix64(mix64(key->communicator ^ mix64(ranks)) ^ key->tag);
}

static bool same_key(const struct packet_match *a, const struct packet_match *b)
{
    return a->tag == b->tag && a->communicator == b->communicator && a->source_rank == b->source_rank &&
           a->destination_rank == b->destination_rank;
}

static const struct packet_match *key_of(const struct match_table *table, uint32_t value)
{
    return (const struct packet_match *)((const char *)table->keys.first + value * table->keys.stride_bytes);
}

void match_table_init(struct match_table *table, struct match_entry *entries, uint32_t size,
                      struct match_keys keys)
{
    *table = (struct match_table){.entries = entries, .mask = size - 1, .keys = keys};
}

static bool holds(const struct match_table *table, const struct match_entry *entry, uint32_t hash,
                  const struct packet_match *key)
{
    return entry->hash == hash && same_key(key_of(table, entry->occupant - 1), key);
}

/* The place of the key, or the free place where it would go. */
static uint32_t locate(const struct match_table *table, uint32_t hash, const struct packet_match *key)
{
    uint32_t i = hash & table->mask;
    while (table->entries[i].occupant != 0 && !holds(table, &table->entries[i], hash, key))
        i = (i + 1) & table->mask;
    return i;
}

bool match_table_find(const struct match_table *table, const struct packet_match *key, uint32_t *value)
{
    const struct match_entry *entry = &table->entries[locate(table, hash_of(key), key)];
    *value = entry->occupant - 1;
    return entry->occupant != 0;
}

void match_table_insert(struct match_table *table, uint32_t value)
{
    const struct packet_match *key = key_of(table, value);
    uint32_t hash = hash_of(key);
    table->entries[locate(table, hash, key)] = (struct match_entry){.hash = hash, .occupant = value + 1};
}

void match_table_remove(struct match_table *table, const struct packet_match *key)
{
    uint32_t hole = locate(table, hash_of(key), key);
    if (table->entries[hole].occupant == 0)
        return;
    for (uint32_t i = (hole + 1) & table->mask; table->entries[i].occupant != 0; i = (i + 1) & table->mask) {
        uint32_t wanted = table->entries[i].hash & table->mask;
        bool may_move = ((i - wanted) & table->mask) >= ((i - hole) & table->mask);
        if (may_move) {
            table->entries[hole] = table->entries[i];
            hole = i;
        }
    }
    table->entries[hole].occupant = 0;
}
