/* SPDX-License-Identifier: BSD-3-Clause */
#include "ebpf/monitor/outbox.h"

#include <errno.h>
#include <stdlib.h>

int outbox_init(struct outbox *outbox, uint32_t address, uint32_t capacity)
{
    *outbox = (struct outbox){.address = address, .capacity = capacity};
    outbox->records = calloc(capacity, sizeof(outbox->records[0]));
    return outbox->records ? 0 : -ENOMEM;
}

void outbox_free(struct outbox *outbox)
{
    free(outbox->records);
    outbox->records = NULL;
}

void outbox_add(struct outbox *outbox, const struct timing_record *record)
{
    if (outbox->next - outbox->first == outbox->capacity) {
        outbox->first++;
        outbox->dropped++;
    }
    outbox->records[outbox->next++ % outbox->capacity] = *record;
}

uint32_t outbox_peek(const struct outbox *outbox, struct timing_record *records, uint32_t max)
{
    uint64_t kept = outbox->next - outbox->first;
    uint32_t count = kept < max ? (uint32_t)kept : max;
    for (uint32_t i = 0; i < count; i++)
        records[i] = outbox->records[(outbox->first + i) % outbox->capacity];
    return count;
}

/* What was dropped while it was under way has arrived after all. */
void outbox_on_taken(struct outbox *outbox, uint64_t first, uint32_t count)
{
    uint64_t end = first + count;
    if (outbox->first > first)
        outbox->dropped -= (outbox->first < end ? outbox->first : end) - first;
    outbox->taken += count;
    if (outbox->first < end)
        outbox->first = end;
}
