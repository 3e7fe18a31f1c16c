/* SPDX-License-Identifier: BSD-3-Clause */
/* Colours the edges of a bipartite multigraph so that no vertex has more of a colour than it has room for. An
 * edge is a flow (or a piece of one) between two leaves, a colour a spine, a vertex's room for a colour what
 * the link of that leaf and spine may carry; of pods and cores the same. Room is in bytes, so edges may
 * differ in size, colours in capacity, and a dead link is one without room.
 *
 * An edge that finds no colour with room at both ends gets one by an alternating path: König's proof of his
 * theorem (1916), with rooms instead of ones. Of two colours, one has room at this end, the other at that
 * end; recolouring edges along a path from one of them until it ends where there is room makes them the same.
 * With equal edges and rooms for whole numbers of them that are equal for all colours, it always succeeds.
 *
 * One more colour, EXCESS, is for edges that are to be cut later (cutting.h): taking part in the paths, they
 * end up spread over the vertices as evenly as any other colour.
 *
 * Deterministic: same calls, same colours.
 */
#ifndef WEFT_CONTROL_PLANNER_COLOURING_H
#define WEFT_CONTROL_PLANNER_COLOURING_H

#include <stdbool.h>
#include <stdint.h>

#include "control/planner/fabric_state.h"

enum {
    COLOUR_NONE = UINT16_MAX
};
#define ITEM_NONE       UINT32_MAX
#define ROOM_UNLIMITED  (INT64_MAX / 4)
#define ROOM_OF_NO_LINK (-(INT64_MAX / 2)) /* stays below zero whatever is taken away */

/* An edge. */
struct colour_item {
    int64_t bytes;
    uint32_t vertex[SIDES];
    uint32_t owner; /* the caller's */
    uint32_t next[SIDES], previous[SIDES];
    uint16_t colour;
};

/* Vertices in groups (leaves in pods) whose members share links of a second kind; an item between two groups
 * needs room there too. */
struct colouring_groups {
    const uint32_t *group_of; /* [vertex] */
    uint32_t group_count;
    unsigned links;               /* of a group and colour */
    const uint64_t *rates[SIDES]; /* [(group * colours + colour) * links + link] */
};

struct colouring_shape {
    uint32_t vertex_count; /* of each side */
    unsigned colour_count;
    const uint64_t *rates[SIDES];   /* bytes/s of [vertex * colour_count + colour]; they stay the caller's */
    uint32_t item_count;            /* expected; more may come */
    struct colouring_groups groups; /* group_count 0: none */
};

/* How far a path is looked for. */
struct colouring_effort {
    unsigned pairs;    /* of colours */
    uint32_t vertices; /* of a path's search */
    uint64_t flips;    /* edges that may still be recoloured */
};

struct colouring_search {
    uint32_t *via;  /* [node]: the item whose recolouring led here */
    uint32_t *from; /* [node] */
    uint32_t *seen; /* [node]: the turn in which it was reached */
    uint32_t *queue;
    uint32_t turn;
};

struct colouring {
    uint32_t vertex_count;
    unsigned colour_count;
    unsigned excess; /* the colour after the last */
    const uint64_t *rates[SIDES];
    uint64_t *live[SIDES]; /* [vertex]: bit j: colour j has a rate */
    int64_t *limit[SIDES]; /* [vertex * (excess + 1) + colour]: bytes */
    int64_t *room[SIDES];  /* limit - what is there; below zero: too much is there */
    uint32_t *first[SIDES];
    struct colour_item *items;
    uint32_t item_count, item_capacity;
    struct colouring_groups groups;
    int64_t *group_room[SIDES];   /* [group * colours + colour] */
    uint64_t *group_links[SIDES]; /* the same: bit k: link k works */
    struct colouring_effort effort;
    struct colouring_search search;
};

int colouring_create(const struct colouring_shape *shape, struct colouring **colouring);
void colouring_destroy(struct colouring *c);

static inline size_t colouring_slot(const struct colouring *c, uint32_t vertex, unsigned colour)
{
    return (size_t)vertex * (c->excess + 1) + colour;
}

static inline uint64_t colouring_rate(const struct colouring *c, enum planner_side side, uint32_t vertex,
                                      unsigned colour)
{
    return c->rates[side][(size_t)vertex * c->colour_count + colour];
}

/* Limits begin at nothing. That of a dead link stays so. */
void colouring_set_limit(struct colouring *c, enum planner_side side, uint32_t vertex, unsigned colour,
                         int64_t bytes);
/* Room that the links of a group have for a colour; ROOM_UNLIMITED until set. */
void colouring_set_group_limit(struct colouring *c, enum planner_side side, uint32_t group, unsigned colour,
                               int64_t bytes);

/* So many more items can be added without fail. 0 or -ENOMEM. */
int colouring_reserve(struct colouring *c, uint32_t count);
/* The new item's index, without a colour; ITEM_NONE: no memory. */
uint32_t colouring_add(struct colouring *c, uint32_t from, uint32_t to, int64_t bytes, uint32_t owner);
/* Gives it the colour, room or not; takes it away again. */
void colouring_put(struct colouring *c, uint32_t item, unsigned colour);
void colouring_take(struct colouring *c, uint32_t item);

/* Forgets the items from `count` on; their colours are free again. */
void colouring_truncate(struct colouring *c, uint32_t count);

/* All of a colouring's items and rooms at one moment, to come back to. */
struct colouring_snapshot {
    struct colour_item *items;
    uint32_t item_count, item_capacity;
    int64_t *room[SIDES];
    uint32_t *first[SIDES];
};
/* Without groups. May be saved to again and again; begins zeroed. 0 or -ENOMEM. */
int colouring_save(const struct colouring *c, struct colouring_snapshot *snapshot);
/* Limits must not have changed since. */
void colouring_restore(struct colouring *c, const struct colouring_snapshot *snapshot);
void colouring_forget(struct colouring_snapshot *snapshot);

/* No dead link in its way. */
bool colouring_is_live(const struct colouring *c, const struct colour_item *item, unsigned colour);
/* What it could grow by on this colour: the smaller of the rooms at its ends; below zero if there is too
 * much. */
int64_t colouring_room_for(const struct colouring *c, const struct colour_item *item, unsigned colour);
/* The same of the groups alone; ROOM_UNLIMITED inside a group, ROOM_OF_NO_LINK if no link joins the groups.
 */
int64_t colouring_group_room_for(const struct colouring *c, const struct colour_item *item, unsigned colour);
/* The colour with the most room for it, or COLOUR_NONE where there is not room enough; never EXCESS. */
unsigned colouring_roomiest(const struct colouring *c, const struct colour_item *item);
/* The live colour on which the item would end first; COLOUR_NONE if all are dead. */
unsigned colouring_least_late(const struct colouring *c, const struct colour_item *item);
/* Colours the item if there is room, by an alternating path if need be. EXCESS is taken last. */
bool colouring_insert(struct colouring *c, uint32_t item);
/* Makes `colour` fit for the item, which has room for it at one end but not at `side`, by recolouring others
 * from `colour` to `other`, which has room at `side`, and so on. On success the item has the colour. */
bool colouring_insert_by_path(struct colouring *c, uint32_t item, enum planner_side side, unsigned colour,
                              unsigned other);
/* The same when whole items are too coarse, from whichever end will do: `out_colour` has room where the item
 * leaves, `in_colour` where it enters. The path passes on exactly the item's bytes, cut off from larger
 * items, of which `least_bytes` or more must be left. Adds items. 1: done; 0: there is no such path; -ENOMEM.
 */
int colouring_insert_by_cutting(struct colouring *c, uint32_t item, unsigned out_colour, unsigned in_colour,
                                int64_t least_bytes);

/* Bit j: colour j has room for the item at this end. */
uint64_t colouring_colours_with_room(const struct colouring *c, const struct colour_item *item,
                                     enum planner_side side);

#endif
