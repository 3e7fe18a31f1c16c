/* SPDX-License-Identifier: BSD-3-Clause */
#include "control/planner/placement.h"

#include <errno.h>
#include <stdlib.h>

#include "control/planner/cutting.h"
#include "control/planner/limits.h"

/* A list of items. */
struct item_list {
    uint32_t *items;
    uint32_t count;
};

/* Keeps in the list what found no place. */
static void insert_all(struct colouring *c, struct item_list *list)
{
    uint32_t failed = 0;
    for (uint32_t i = 0; i < list->count; i++) {
        if (!colouring_insert(c, list->items[i]))
            list->items[failed++] = list->items[i];
    }
    list->count = failed;
}

static int list_uncoloured(const struct colouring *c, struct item_list *list)
{
    list->count = 0;
    list->items = malloc((c->item_count ? c->item_count : 1) * sizeof(uint32_t));
    for (uint32_t i = 0; list->items != NULL && i < c->item_count; i++) {
        if (c->items[i].colour == COLOUR_NONE)
            list->items[list->count++] = i;
    }
    return list->items != NULL ? 0 : -ENOMEM;
}

/* Excess takes everything by now: what it takes is to be cut. */
static void collect_excess(struct colouring *c, struct item_list *list)
{
    list->count = 0;
    for (uint32_t i = 0; i < c->item_count; i++) {
        if (c->items[i].colour != c->excess)
            continue;
        colouring_take(c, i);
        list->items[list->count++] = i;
    }
}

int placement_make(const struct placement *p)
{
    struct colouring *c = p->colouring;
    struct item_list list;
    int result = list_uncoloured(c, &list);
    if (result == 0)
        result = limits_set_fair(c, p->accept_ps);
    if (result == 0) {
        insert_all(c, &list);
        limits_set_accepted(c, p->accept_ps);
        insert_all(c, &list);
        collect_excess(c, &list);
        result = cutting_run(p, list.items, list.count);
    }
    free(list.items);
    return result;
}

/* ---- mending ---- */

/* The smallest item of the link that takes enough away, else the largest; ITEM_NONE if there is none. */
static uint32_t choose_to_shed(const struct colouring *c, enum planner_side side, size_t slot)
{
    int64_t wanted = -c->room[side][slot];
    uint32_t best = ITEM_NONE;
    for (uint32_t i = c->first[side][slot]; i != ITEM_NONE; i = c->items[i].next[side]) {
        int64_t bytes = c->items[i].bytes, best_bytes = best == ITEM_NONE ? 0 : c->items[best].bytes;
        bool better = bytes >= wanted ? best_bytes < wanted || bytes < best_bytes
                                      : best_bytes < wanted && bytes > best_bytes;
        if (bytes > 0 && better)
            best = i;
    }
    return best;
}

static void shed(struct colouring *c, enum planner_side side, size_t slot)
{
    while (c->room[side][slot] < 0) {
        uint32_t item = choose_to_shed(c, side, slot);
        if (item == ITEM_NONE)
            return;
        colouring_take(c, item);
    }
}

static void shed_overloads(struct colouring *c)
{
    for (enum planner_side side = SIDE_OUT; side < SIDES; side++) {
        for (uint32_t v = 0; v < c->vertex_count; v++) {
            for (unsigned colour = 0; colour < c->colour_count; colour++)
                shed(c, side, colouring_slot(c, v, colour));
        }
    }
}

static int compare_sizes(const void *a, const void *b, void *context)
{
    const struct colour_item *items = context;
    uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
    if (items[x].bytes != items[y].bytes)
        return items[x].bytes > items[y].bytes ? -1 : 1;
    return x < y ? -1 : x > y;
}

int placement_mend(const struct placement *p, uint32_t moves_per_cent)
{
    struct colouring *c = p->colouring;
    struct item_list list;
    limits_set_accepted(c, p->accept_ps);
    shed_overloads(c);
    int result = list_uncoloured(c, &list);
    if (result == 0) {
        qsort_r(list.items, list.count, sizeof(*list.items), compare_sizes, c->items);
        c->effort.flips = (uint64_t)list.count * moves_per_cent / 100;
        insert_all(c, &list);
        collect_excess(c, &list);
        result = cutting_run(p, list.items, list.count);
    }
    free(list.items);
    return result;
}
