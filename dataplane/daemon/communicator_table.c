/* SPDX-License-Identifier: BSD-3-Clause */
#include "dataplane/daemon/communicator_table.h"

#include <assert.h>
#include <stddef.h>

uint32_t communicator_table_next_handle(const struct communicator_table *table)
{
    for (uint32_t i = 1; i <= SESSION_COMMUNICATORS_MAX; i++) {
        uint32_t handle = table->last_handle + i;
        if (handle < table->last_handle)
            return 0;
        if (table->slots[handle % SESSION_COMMUNICATORS_MAX].handle == 0)
            return handle;
    }
    return 0;
}

struct communicator *communicator_table_add(struct communicator_table *table, uint32_t handle)
{
    struct communicator *communicator = &table->slots[handle % SESSION_COMMUNICATORS_MAX];
    assert(handle > table->last_handle && communicator->handle == 0);
    *communicator = (struct communicator){.handle = handle};
    table->last_handle = handle;
    return communicator;
}

void communicator_table_remove(struct communicator_table *table, struct communicator *communicator)
{
    assert(communicator_table_slot(table, communicator->handle) == communicator);
    *communicator = (struct communicator){0};
}

struct communicator *communicator_table_slot(struct communicator_table *table, uint32_t handle)
{
    struct communicator *communicator = &table->slots[handle % SESSION_COMMUNICATORS_MAX];
    return handle != 0 && communicator->handle == handle ? communicator : NULL;
}

enum communicator_standing communicator_table_find(const struct communicator_table *table, uint32_t handle,
                                                   struct communicator **communicator)
{
    struct communicator *slot = communicator_table_slot((struct communicator_table *)table, handle);
    if (slot && !slot->close) {
        *communicator = slot;
        return COMMUNICATOR_OPEN;
    }
    return handle == 0 || handle > table->last_handle ? COMMUNICATOR_UNKNOWN : COMMUNICATOR_CLOSED;
}
