/* SPDX-License-Identifier: BSD-3-Clause */
#include "dataplane/daemon/transfer_table.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>

int transfer_table_create(struct transfer_table *table, uint32_t capacity)
{
    *table = (struct transfer_table){.capacity = capacity};
    table->transfers = calloc(capacity, sizeof(table->transfers[0]));
    if (!table->transfers)
        return -ENOMEM;
    for (uint32_t i = 0; i < capacity; i++)
        table->transfers[i].next_free = i + 1;
    return 0;
}

void transfer_table_destroy(struct transfer_table *table)
{
    free(table->transfers);
    *table = (struct transfer_table){0};
}

uint32_t transfer_table_add(struct transfer_table *table, const struct transfer *transfer)
{
    uint32_t index = table->first_free;
    assert(table->used < table->capacity);
    table->first_free = table->transfers[index].next_free;
    table->transfers[index] = *transfer;
    table->used++;
    return index;
}

void transfer_table_remove(struct transfer_table *table, uint32_t index)
{
    assert(index < table->capacity && table->used > 0);
    table->transfers[index].next_free = table->first_free;
    table->first_free = index;
    table->used--;
}
