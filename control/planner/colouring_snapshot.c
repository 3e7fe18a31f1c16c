/* SPDX-License-Identifier: BSD-3-Clause */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "control/planner/colouring.h"

static bool take_sides(const struct colouring *c, struct colouring_snapshot *s)
{
    size_t slots = colouring_slot(c, c->vertex_count, 0);
    for (int side = 0; side < SIDES; side++) {
        if (s->room[side] == NULL)
            s->room[side] = malloc(slots * sizeof(*s->room[side]));
        if (s->first[side] == NULL)
            s->first[side] = malloc(slots * sizeof(*s->first[side]));
        if (s->room[side] == NULL || s->first[side] == NULL)
            return false;
    }
    return true;
}

static bool take_items(const struct colouring *c, struct colouring_snapshot *s)
{
    if (s->item_capacity >= c->item_capacity)
        return true;
    struct colour_item *grown = realloc(s->items, c->item_capacity * sizeof(*grown));
    if (grown == NULL)
        return false;
    s->items = grown;
    s->item_capacity = c->item_capacity;
    return true;
}

int colouring_save(const struct colouring *c, struct colouring_snapshot *s)
{
    size_t slots = colouring_slot(c, c->vertex_count, 0);
    if (!take_sides(c, s) || !take_items(c, s))
        return -ENOMEM;
    for (int side = 0; side < SIDES; side++) {
        memcpy(s->room[side], c->room[side], slots * sizeof(*s->room[side]));
        memcpy(s->first[side], c->first[side], slots * sizeof(*s->first[side]));
    }
    memcpy(s->items, c->items, c->item_count * sizeof(*c->items));
    s->item_count = c->item_count;
    return 0;
}

void colouring_restore(struct colouring *c, const struct colouring_snapshot *s)
{
    size_t slots = colouring_slot(c, c->vertex_count, 0);
    for (int side = 0; side < SIDES; side++) {
        memcpy(c->room[side], s->room[side], slots * sizeof(*s->room[side]));
        memcpy(c->first[side], s->first[side], slots * sizeof(*s->first[side]));
    }
    memcpy(c->items, s->items, s->item_count * sizeof(*c->items));
    c->item_count = s->item_count;
}

void colouring_forget(struct colouring_snapshot *s)
{
    for (int side = 0; side < SIDES; side++) {
        free(s->room[side]);
        free(s->first[side]);
    }
    free(s->items);
}
