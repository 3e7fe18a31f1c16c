/* SPDX-License-Identifier: BSD-3-Clause */
/* The path catalogue of the fabric: the spines over which hosts of one leaf have seen hosts of another. It
 * tells which of its paths a host lacks. */
#ifndef WEFT_CONTROL_PATH_TABLE_H
#define WEFT_CONTROL_PATH_TABLE_H

#include "control/core/fabric_map.h"

enum {
    PATH_BATCH_MAX = 4096 /* written at once, so that nobody waits long for it */
};

struct path_table {
    const struct fabric_map *map;
    uint64_t **spines; /* [source leaf], made when first seen: [destination leaf], a bit for each spine */
    struct store_path *unwritten;
    unsigned unwritten_count, unwritten_capacity;
};

int path_table_create(struct path_table *t, const struct fabric_map *map);
void path_table_destroy(struct path_table *t);
/* As it was kept. Leaves and spines that the topology no longer has are passed over. */
void path_table_load(struct path_table *t, const struct store_path *path);
/* Short of memory, what is new is left out until it is seen again. */
void path_table_saw(struct path_table *t, uint32_t source_leaf, uint32_t destination_leaf, unsigned spine);
uint64_t path_table_spines(const struct path_table *t, uint32_t source_leaf, uint32_t destination_leaf);
/* Writes some of what is new. 0, or -EIO with a line: they are tried again next time. */
int path_table_write(struct path_table *t, struct store *store, char error[STORE_ERROR_BYTES]);

#endif
