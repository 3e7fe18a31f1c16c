/* SPDX-License-Identifier: BSD-3-Clause */
#include "ebpf/monitor/stage_rows.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static struct stage_row *row_of(struct stage_rows *rows, const struct stage_row *place)
{
    for (unsigned i = 0; i < rows->count; i++) {
        struct stage_row *row = &rows->rows[i];
        if (row->address == place->address && row->peer_leaf == place->peer_leaf &&
            row->path == place->path && row->stage == place->stage)
            return row;
    }
    if (rows->count == rows->capacity) {
        unsigned capacity = rows->capacity ? 2 * rows->capacity : 64;
        struct stage_row *larger = realloc(rows->rows, capacity * sizeof(*larger));
        if (!larger)
            return NULL;
        rows->rows = larger;
        rows->capacity = capacity;
    }
    rows->rows[rows->count] = *place;
    return &rows->rows[rows->count++];
}

static int add_stage(struct stage_rows *rows, const struct timing_cell_key *key,
                     const struct timing_cell *cell, enum stage stage)
{
    struct stage_row place = {.address = key->address,
                              .peer_leaf = key->peer_leaf,
                              .path = stage == STAGE_NETWORK ? key->path : TIMING_PATH_NONE,
                              .stage = stage};
    struct stage_row *row = row_of(rows, &place);
    if (!row)
        return -ENOMEM;
    row->count += cell->records;
    row->bytes += cell->bytes;
    row->packets += cell->packets;
    row->retransmits += cell->retransmits;
    row->marks += cell->marks;
    row->histogram.sum_ns += cell->stages[stage].sum_ns;
    for (unsigned i = 0; i < TIMING_BUCKETS; i++)
        row->histogram.buckets[i] += cell->stages[stage].buckets[i];
    return 0;
}

int stage_rows_add(struct stage_rows *rows, const struct timing_cell_key *key, const struct timing_cell *cell)
{
    if (key->received)
        return add_stage(rows, key, cell, STAGE_DRAIN);
    int result = add_stage(rows, key, cell, STAGE_READY);
    if (result == 0)
        result = add_stage(rows, key, cell, STAGE_CREDIT);
    return result == 0 ? add_stage(rows, key, cell, STAGE_NETWORK) : result;
}

static int by_number(uint64_t a, uint64_t b)
{
    return a < b ? -1 : a > b;
}

static int compare(const void *left, const void *right)
{
    const struct stage_row *a = left, *b = right;
    int order = by_number(a->address, b->address);
    if (order == 0)
        order = by_number(a->peer_leaf, b->peer_leaf);
    if (order == 0)
        order = by_number(a->stage, b->stage);
    return order != 0 ? order : by_number(a->path, b->path);
}

void stage_rows_sort(struct stage_rows *rows)
{
    if (rows->count > 0)
        qsort(rows->rows, rows->count, sizeof(rows->rows[0]), compare);
}

void stage_rows_free(struct stage_rows *rows)
{
    free(rows->rows);
    *rows = (struct stage_rows){0};
}

const char *stage_row_name(const struct stage_row *row)
{
    static const char *const names[STAGES] = {[STAGE_READY] = "ready",
                                              [STAGE_CREDIT] = "credit",
                                              [STAGE_NETWORK] = "network",
                                              [STAGE_DRAIN] = "drain"};
    return names[row->stage];
}

uint64_t stage_row_quantile_ns(const struct stage_row *row, unsigned percent)
{
    uint64_t below = 0;
    for (unsigned i = 0; i < TIMING_BUCKETS; i++) {
        below += row->histogram.buckets[i];
        if (below * 100 >= row->count * percent)
            return 1000ull << i;
    }
    return UINT64_MAX;
}
