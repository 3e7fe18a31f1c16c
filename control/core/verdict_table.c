/* SPDX-License-Identifier: BSD-3-Clause */
#include "control/core/verdict_table.h"

#include <stdlib.h>
#include <string.h>

void verdict_table_free(struct verdict_table *t)
{
    free(t->items);
    *t = (struct verdict_table){0};
}

bool core_verdict_is_open(const struct diagnosed *d)
{
    switch (d->verdict.state) {
    case VERDICT_SUSPECTED:
    case VERDICT_CONFIRMED:
        return true;
    case VERDICT_CLEARED:
    case VERDICT_WITHDRAWN:
        break;
    }
    return false;
}

struct diagnosed *verdict_table_find(const struct verdict_table *t, uint64_t id)
{
    unsigned low = 0, high = t->count;
    while (low < high) {
        unsigned middle = low + (high - low) / 2;
        if (t->items[middle].id < id)
            low = middle + 1;
        else
            high = middle;
    }
    return low < t->count && t->items[low].id == id ? &t->items[low] : NULL;
}

static void make_room(struct verdict_table *t)
{
    unsigned gone = 0;
    while (gone < t->count && core_verdict_is_open(&t->items[gone]))
        gone++;
    if (gone == t->count)
        gone = 0;
    t->count--;
    memmove(&t->items[gone], &t->items[gone + 1], (t->count - gone) * sizeof(*t->items));
}

/* Ids ascend, but probes may take longer for one than for the next. */
static struct diagnosed *insert(struct verdict_table *t, uint64_t id)
{
    if (t->count == DIAGNOSIS_VERDICTS_KEPT)
        make_room(t);
    unsigned place = t->count++;
    while (place > 0 && t->items[place - 1].id > id) {
        t->items[place] = t->items[place - 1];
        place--;
    }
    t->items[place] = (struct diagnosed){.id = id};
    return &t->items[place];
}

struct diagnosed *verdict_table_put(struct verdict_table *t, uint64_t id, const struct verdict *verdict)
{
    if (t->items == NULL)
        t->items = calloc(DIAGNOSIS_VERDICTS_KEPT, sizeof(*t->items));
    if (t->items == NULL)
        return NULL;
    struct diagnosed *d = verdict_table_find(t, id);
    if (d == NULL) {
        d = insert(t, id);
        d->since_ns = verdict->at_ns;
    }
    d->verdict = *verdict;
    verdict_table_touch(t, d);
    return d;
}

void verdict_table_touch(struct verdict_table *t, struct diagnosed *d)
{
    d->revision = ++t->last_revision;
}
