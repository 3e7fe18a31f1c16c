/* SPDX-License-Identifier: BSD-3-Clause */
#include "dataplane/client/message_numbers.h"

#include <stdlib.h>

enum {
    MESSAGE_NUMBERS_FIRST = 64
};

static uint32_t message_hash(uint32_t peer, uint32_t tag, bool is_send)
{
    uint64_t key = (uint64_t)peer << 32 | tag;
    key = (key * 2 + is_send) * 0x9e3779b97f4a7c15ull;
    return (uint32_t)(key >> 32);
}

/* The entry of the triple, or the free one where it belongs. */
static struct message_number *message_slot(const struct message_numbers *numbers, uint32_t peer, uint32_t tag,
                                           bool is_send)
{
    uint32_t mask = numbers->capacity - 1;
    for (uint32_t i = message_hash(peer, tag, is_send);; i++) {
        struct message_number *entry = &numbers->entries[i & mask];
        if (!entry->used || (entry->peer == peer && entry->tag == tag && entry->is_send == is_send))
            return entry;
    }
}

static bool message_numbers_grow(struct message_numbers *numbers)
{
    struct message_numbers larger = {.capacity =
                                         numbers->capacity ? numbers->capacity * 2 : MESSAGE_NUMBERS_FIRST,
                                     .count = numbers->count};
    larger.entries = calloc(larger.capacity, sizeof(*larger.entries));
    if (larger.entries == NULL)
        return false;
    for (uint32_t i = 0; i < numbers->capacity; i++) {
        const struct message_number *entry = &numbers->entries[i];
        if (entry->used)
            *message_slot(&larger, entry->peer, entry->tag, entry->is_send) = *entry;
    }
    free(numbers->entries);
    *numbers = larger;
    return true;
}

bool message_numbers_take(struct message_numbers *numbers, uint32_t peer, uint32_t tag, bool is_send,
                          uint32_t *number)
{
    if (numbers->count * 2 >= numbers->capacity && !message_numbers_grow(numbers))
        return false;
    struct message_number *entry = message_slot(numbers, peer, tag, is_send);
    if (!entry->used) {
        *entry = (struct message_number){.peer = peer, .tag = tag, .used = true, .is_send = is_send};
        numbers->count++;
    }
    *number = entry->next++;
    return true;
}

void message_numbers_free(struct message_numbers *numbers)
{
    free(numbers->entries);
}
