/* SPDX-License-Identifier: BSD-3-Clause */
#include "nic/next_hop_table.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum {
    CAPACITY_AT_START = 64
};

int next_hop_table_create(struct next_hop_table *table)
{
    *table = (struct next_hop_table){.capacity = CAPACITY_AT_START};
    table->slots = calloc(CAPACITY_AT_START, sizeof(*table->slots));
    return table->slots == NULL ? -ENOMEM : 0;
}

void next_hop_table_destroy(struct next_hop_table *table)
{
    free(table->slots);
    table->slots = NULL;
}

/* The slot of `destination`, or the empty slot where it would go. */
static struct next_hop *find_slot(struct next_hop *slots, uint32_t capacity, uint32_t destination)
{
    uint32_t i = (uint32_t)((destination * 0x9e3779b97f4a7c15ull) >> 40);
    while (slots[i & (capacity - 1)].destination != 0 && slots[i & (capacity - 1)].destination != destination)
        i++;
    return &slots[i & (capacity - 1)];
}

static void grow(struct next_hop_table *table)
{
    uint32_t capacity = table->capacity * 2;
    struct next_hop *slots = calloc(capacity, sizeof(*slots));
    if (slots == NULL)
        return;
    for (uint32_t i = 0; i < table->capacity; i++) {
        if (table->slots[i].destination != 0)
            *find_slot(slots, capacity, table->slots[i].destination) = table->slots[i];
    }
    free(table->slots);
    table->slots = slots;
    table->capacity = capacity;
}

void next_hop_table_set(struct next_hop_table *table, uint32_t destination, const uint8_t ethernet[6])
{
    if (table->count >= table->capacity / 2)
        grow(table);
    struct next_hop *slot = find_slot(table->slots, table->capacity, destination);
    if (slot->destination == 0) {
        if (destination == 0 || table->count >= table->capacity / 2)
            return;
        slot->destination = destination;
        table->count++;
    }
    memcpy(slot->ethernet, ethernet, sizeof(slot->ethernet));
}

const uint8_t *next_hop_table_find(const struct next_hop_table *table, uint32_t destination)
{
    const struct next_hop *slot = find_slot(table->slots, table->capacity, destination);
    return slot->destination == 0 ? NULL : slot->ethernet;
}

void next_hop_table_add_unresolved(struct next_hop_table *table, uint32_t destination)
{
    if (table->unresolved_count == NEXT_HOP_UNRESOLVED_MAX)
        return;
    for (uint32_t i = 0; i < table->unresolved_count; i++) {
        if (table->unresolved[i] == destination)
            return;
    }
    table->unresolved[table->unresolved_count++] = destination;
}

bool next_hop_table_take_unresolved(struct next_hop_table *table, uint32_t *destination)
{
    if (table->unresolved_count == 0)
        return false;
    *destination = table->unresolved[--table->unresolved_count];
    return true;
}
