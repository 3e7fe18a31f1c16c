/* SPDX-License-Identifier: BSD-3-Clause */
#include "dataplane/daemon/region_table.h"

#include <assert.h>
#include <errno.h>
#include <stddef.h>

static struct region *find_owned(struct region_table *table, uint32_t owner, uint32_t number)
{
    if (number == REGION_NONE || number >= REGIONS_MAX)
        return NULL;
    struct region *region = &table->regions[number];
    return region->base && region->owner == owner ? region : NULL;
}

uint32_t region_table_add(struct region_table *table, uint32_t owner, void *base, uint64_t bytes)
{
    for (unsigned tried = 1; tried < REGIONS_MAX; tried++) {
        table->last = table->last % (REGIONS_MAX - 1) + 1;
        struct region *region = &table->regions[table->last];
        if (region->base)
            continue;
        *region = (struct region){.base = base, .bytes = bytes, .owner = owner};
        return table->last;
    }
    return REGION_NONE;
}

int region_table_remove(struct region_table *table, uint32_t owner, uint32_t number)
{
    struct region *region = find_owned(table, owner, number);
    if (!region)
        return -ENOENT;
    if (region->uses > 0)
        return -EBUSY;
    *region = (struct region){0};
    return 0;
}

void region_table_remove_owner(struct region_table *table, uint32_t owner)
{
    for (unsigned number = 1; number < REGIONS_MAX; number++) {
        struct region *region = &table->regions[number];
        if (!region->base || region->owner != owner)
            continue;
        assert(region->uses == 0);
        *region = (struct region){0};
    }
}

bool region_table_contains(const struct region_table *table, uint32_t owner, uint32_t number, uint64_t offset,
                           uint64_t bytes)
{
    const struct region *region = find_owned((struct region_table *)table, owner, number);
    return region && offset <= region->bytes && bytes <= region->bytes - offset;
}

void region_table_use(struct region_table *table, uint32_t number)
{
    table->regions[number].uses++;
}

void region_table_release(struct region_table *table, uint32_t number)
{
    assert(table->regions[number].uses > 0);
    table->regions[number].uses--;
}
