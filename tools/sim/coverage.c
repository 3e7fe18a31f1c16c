/* SPDX-License-Identifier: BSD-3-Clause */
#include "tools/sim/coverage.h"

#include <stdlib.h>
#include <string.h>

#include "tools/sim/memory.h"

/* The first run that ends at `at` or later. */
static size_t find(const struct coverage *c, uint64_t at)
{
    size_t low = 0, high = c->count;
    while (low < high) {
        size_t middle = (low + high) / 2;
        if (c->runs[middle].end < at)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static void insert(struct coverage *c, size_t place, struct coverage_run run)
{
    c->runs = memory_grow(c->runs, c->count, &c->capacity, sizeof(*c->runs));
    memmove(&c->runs[place + 1], &c->runs[place], (c->count - place) * sizeof(*c->runs));
    c->runs[place] = run;
    c->count++;
}

static void close_gap(struct coverage *c, size_t place)
{
    if (place + 1 == c->count || c->runs[place].end < c->runs[place + 1].begin)
        return;
    c->runs[place].end = c->runs[place + 1].end;
    c->count--;
    memmove(&c->runs[place + 1], &c->runs[place + 2], (c->count - place - 1) * sizeof(*c->runs));
}

bool coverage_add(struct coverage *c, uint64_t begin, uint64_t end)
{
    if (begin == end)
        return true;
    size_t i = find(c, begin);
    bool touches = i < c->count && c->runs[i].end == begin;
    size_t after = touches ? i + 1 : i;
    if (after < c->count && c->runs[after].begin < end)
        return false;
    if (touches) {
        c->runs[i].end = end;
        close_gap(c, i);
    } else if (i < c->count && c->runs[i].begin == end) {
        c->runs[i].begin = begin;
    } else {
        insert(c, i, (struct coverage_run){begin, end});
    }
    return true;
}

bool coverage_contains(const struct coverage *c, uint64_t begin, uint64_t end)
{
    if (begin == end)
        return true;
    size_t i = find(c, end);
    return i < c->count && c->runs[i].begin <= begin;
}

void coverage_clear(struct coverage *c)
{
    free(c->runs);
    *c = (struct coverage){0};
}
