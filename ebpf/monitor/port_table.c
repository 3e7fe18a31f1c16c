/* SPDX-License-Identifier: BSD-3-Clause */
#include "ebpf/monitor/port_table.h"

void port_table_init(struct port_table *table, uint32_t records_max)
{
    *table = (struct port_table){.records_max = records_max};
}

void port_table_free(struct port_table *table)
{
    for (unsigned i = 0; i < table->count; i++)
        outbox_free(&table->outboxes[i]);
    table->count = 0;
}

static struct outbox *outbox_of(struct port_table *table, uint32_t address)
{
    for (unsigned i = 0; i < table->count; i++)
        if (table->outboxes[i].address == address)
            return &table->outboxes[i];
    if (table->count == TIMING_ADDRESSES_MAX ||
        outbox_init(&table->outboxes[table->count], address, table->records_max) != 0)
        return NULL;
    return &table->outboxes[table->count++];
}

static uint32_t reporter_of(const struct timing_record *r)
{
    return r->kind == TIMING_RECEIVED ? r->destination : r->source;
}

bool port_table_add(struct port_table *table, struct timing_record *record)
{
    if ((record->flags & TIMING_ENQUEUE_ONLY) && record->source == 0 && table->count > 0)
        record->source = record->destination = table->outboxes[0].address;
    uint32_t address = reporter_of(record);
    struct outbox *outbox = NULL;
    if (address != 0 && timing_record_check(record, address) == TIMING_GOOD)
        outbox = outbox_of(table, address);
    if (!outbox) {
        table->refused++;
        return false;
    }
    outbox_add(outbox, record);
    return true;
}
