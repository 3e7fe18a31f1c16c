/* SPDX-License-Identifier: BSD-3-Clause */
#include "control/core/path_table.h"

#include <errno.h>
#include <stdlib.h>

int path_table_create(struct path_table *t, const struct fabric_map *map)
{
    *t = (struct path_table){.map = map, .spines = calloc(map->leaf_count + 1, sizeof(*t->spines))};
    return t->spines != NULL ? 0 : -ENOMEM;
}

void path_table_destroy(struct path_table *t)
{
    for (uint32_t leaf = 0; t->spines != NULL && leaf < t->map->leaf_count; leaf++)
        free(t->spines[leaf]);
    free(t->spines);
    free(t->unwritten);
}

/* True if it is new. */
static bool add(struct path_table *t, uint32_t source_leaf, uint32_t destination_leaf, unsigned spine)
{
    uint64_t **row = &t->spines[source_leaf];
    if (*row == NULL)
        *row = calloc(t->map->leaf_count, sizeof(**row));
    if (*row == NULL || (*row)[destination_leaf] >> spine & 1)
        return false;
    (*row)[destination_leaf] |= 1ull << spine;
    return true;
}

void path_table_load(struct path_table *t, const struct store_path *path)
{
    uint32_t source = fabric_map_leaf_of_prefix(t->map, path->source_leaf);
    uint32_t destination = fabric_map_leaf_of_prefix(t->map, path->destination_leaf);
    uint32_t spine = fabric_map_spine(t->map, path->spine);
    if (source != MAP_NONE && destination != MAP_NONE && spine != MAP_NONE)
        add(t, source, destination, spine);
}

static struct store_path *append(struct path_table *t)
{
    if (t->unwritten_count == t->unwritten_capacity) {
        unsigned capacity = t->unwritten_capacity * 2 + 256;
        struct store_path *more = reallocarray(t->unwritten, capacity, sizeof(*more));
        if (more == NULL)
            return NULL;
        t->unwritten = more;
        t->unwritten_capacity = capacity;
    }
    return &t->unwritten[t->unwritten_count++];
}

void path_table_saw(struct path_table *t, uint32_t source_leaf, uint32_t destination_leaf, unsigned spine)
{
    if (!add(t, source_leaf, destination_leaf, spine))
        return;
    struct store_path *path = append(t);
    if (path != NULL)
        *path = (struct store_path){.source_leaf = t->map->leaf_prefixes[source_leaf],
                                    .destination_leaf = t->map->leaf_prefixes[destination_leaf],
                                    .spine = t->map->spine_addresses[spine]};
}

uint64_t path_table_spines(const struct path_table *t, uint32_t source_leaf, uint32_t destination_leaf)
{
    const uint64_t *row = t->spines[source_leaf];
    return row != NULL ? row[destination_leaf] : 0;
}

int path_table_write(struct path_table *t, struct store *store, char error[STORE_ERROR_BYTES])
{
    unsigned count = t->unwritten_count < PATH_BATCH_MAX ? t->unwritten_count : PATH_BATCH_MAX;
    unsigned first = t->unwritten_count - count;
    int result = count > 0 ? store->operations->put_paths(store, &t->unwritten[first], count, error) : 0;
    if (result == 0)
        t->unwritten_count = first;
    return result;
}
