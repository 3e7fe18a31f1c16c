/* SPDX-License-Identifier: BSD-3-Clause */
#include "control/planner/cutting.h"

#include <errno.h>

#include "control/planner/limits.h"

enum {
    LATE_PER_MILLE_MAX = 4000 /* over what is accepted: beyond, items just go where they end first */
};

/* Pieces that a pass tries to cut every item into. */
static const unsigned ladder[] = {2, 3, 4, 6, 8, 12, 16, 24, 32, 48, 64};
#define LADDER_STEPS (sizeof(ladder) / sizeof(ladder[0]))

/* Of at least the least bytes and a granule each. */
static unsigned pieces_max(const struct placement *p, uint32_t item)
{
    uint64_t least = p->piece_bytes_min > p->granule_bytes ? p->piece_bytes_min : p->granule_bytes;
    uint64_t most = (uint64_t)p->colouring->items[item].bytes / (least ? least : 1);
    return most > PLANNER_SPINES_MAX ? PLANNER_SPINES_MAX : (unsigned)most;
}

static int64_t round_down(const struct placement *p, int64_t bytes)
{
    return p->granule_bytes > 1 ? bytes - bytes % p->granule_bytes : bytes;
}

/* Where the i-th of n equal pieces begins. */
static int64_t edge_of(const struct placement *p, int64_t bytes, unsigned i, unsigned n)
{
    return i == n ? bytes : round_down(p, (int64_t)((__int128)bytes * i / n));
}

/* The new piece's index, or ITEM_NONE without memory. */
static uint32_t add_piece(struct colouring *c, uint32_t item, int64_t bytes)
{
    struct colour_item whole = c->items[item];
    return colouring_add(c, whole.vertex[SIDE_OUT], whole.vertex[SIDE_IN], bytes, whole.owner);
}

/* ---- equal pieces ---- */

static unsigned pieces_that_fit(const struct colouring *c, const struct colour_item *item,
                                enum planner_side side, int64_t bytes, unsigned wanted)
{
    const int64_t *room = &c->room[side][colouring_slot(c, item->vertex[side], 0)];
    int64_t fit = 0;
    for (unsigned colour = 0; colour < c->colour_count && fit < wanted; colour++)
        fit += room[colour] > 0 ? room[colour] / bytes : 0;
    return fit < wanted ? (unsigned)fit : wanted;
}

/* A quick no, before anything is tried. */
static bool may_fit(const struct placement *p, uint32_t item, unsigned n)
{
    const struct colouring *c = p->colouring;
    const struct colour_item *whole = &c->items[item];
    int64_t bytes = edge_of(p, whole->bytes, 1, n);
    return bytes > 0 && pieces_that_fit(c, whole, SIDE_OUT, bytes, n) == n &&
           pieces_that_fit(c, whole, SIDE_IN, bytes, n) == n;
}

static bool insert_piece(struct colouring *c, uint32_t piece)
{
    return colouring_insert(c, piece) && c->items[piece].colour != c->excess;
}

/* 1: done; 0: does not fit, nothing has changed but that others may have been recoloured; -ENOMEM. */
static int cut_equally(const struct placement *p, uint32_t item, unsigned n)
{
    struct colouring *c = p->colouring;
    uint32_t first = c->item_count;
    int64_t bytes = c->items[item].bytes;
    for (unsigned i = 0; i < n; i++) {
        uint32_t piece = add_piece(c, item, edge_of(p, bytes, i + 1, n) - edge_of(p, bytes, i, n));
        if (piece == ITEM_NONE)
            return -ENOMEM;
        if (!insert_piece(c, piece)) {
            colouring_truncate(c, first);
            return 0;
        }
    }
    c->items[item].bytes = 0;
    return 1;
}

/* ---- pieces as they fit ---- */

static unsigned most_room(const struct colouring *c, const struct colour_item *item, int64_t *room)
{
    unsigned best = COLOUR_NONE;
    *room = 0;
    for (unsigned colour = 0; colour < c->colour_count; colour++) {
        int64_t here = colouring_room_for(c, item, colour);
        if (here > *room) {
            *room = here;
            best = colour;
        }
    }
    return best;
}

/* The largest piece of `left` bytes for that room which leaves nothing too small behind; 0: none. */
static int64_t piece_for(const struct placement *p, int64_t room, int64_t left)
{
    int64_t least = (int64_t)p->piece_bytes_min;
    if (room >= left)
        return left;
    int64_t bytes = round_down(p, room < left - least ? room : left - least);
    return bytes >= least && bytes > 0 ? bytes : 0;
}

/* Puts what it can of the item on the links that have room; what is left of it stays in the item. 0 or
 * -ENOMEM. */
static int fill(const struct placement *p, uint32_t item)
{
    struct colouring *c = p->colouring;
    int64_t room;
    while (c->items[item].bytes > 0) {
        unsigned colour = most_room(c, &c->items[item], &room);
        int64_t bytes = colour == COLOUR_NONE ? 0 : piece_for(p, room, c->items[item].bytes);
        if (bytes == 0)
            return 0;
        uint32_t piece = add_piece(c, item, bytes);
        if (piece == ITEM_NONE)
            return -ENOMEM;
        colouring_put(c, piece, colour);
        c->items[item].bytes -= bytes;
    }
    return 0;
}

/* ---- pieces for which others are cut ---- */

/* Puts so many bytes of the item where others make room by cutting pieces off themselves: 1, 0 or -ENOMEM. */
static int squeeze_piece(const struct placement *p, uint32_t item, int64_t bytes)
{
    struct colouring *c = p->colouring;
    unsigned pairs = c->effort.pairs;
    uint32_t piece = add_piece(c, item, bytes);
    if (piece == ITEM_NONE)
        return -ENOMEM;
    uint64_t out = colouring_colours_with_room(c, &c->items[piece], SIDE_OUT);
    uint64_t in = colouring_colours_with_room(c, &c->items[piece], SIDE_IN);
    for (uint64_t js = out; js != 0; js &= js - 1) {
        for (uint64_t ks = in; ks != 0 && pairs > 0; ks &= ks - 1, pairs--) {
            int result =
                colouring_insert_by_cutting(c, piece, (unsigned)__builtin_ctzll(js),
                                            (unsigned)__builtin_ctzll(ks), (int64_t)p->piece_bytes_min);
            if (result != 0)
                return result;
        }
    }
    colouring_truncate(c, piece);
    return 0;
}

/* What is left of the item stays in it. 0 or -ENOMEM. */
static int squeeze(const struct placement *p, uint32_t item)
{
    struct colouring *c = p->colouring;
    int64_t least = p->piece_bytes_min ? (int64_t)p->piece_bytes_min : 1, bytes = c->items[item].bytes;
    while (bytes >= least) {
        int64_t left = c->items[item].bytes;
        if (bytes < left && left - bytes < least)
            bytes = round_down(p, left / 2);
        int result = bytes >= least ? squeeze_piece(p, item, bytes) : 0;
        if (result < 0)
            return result;
        if (result == 0)
            bytes = round_down(p, bytes / 2);
        c->items[item].bytes -= result ? bytes : 0;
        bytes = bytes < c->items[item].bytes ? bytes : c->items[item].bytes;
    }
    return 0;
}

/* ---- what fits nowhere ---- */

static int overload(const struct placement *p, uint32_t item)
{
    struct colouring *c = p->colouring;
    int64_t left = c->items[item].bytes;
    unsigned most = pieces_max(p, item), n = most > c->colour_count ? c->colour_count : most > 0 ? most : 1;
    for (unsigned i = 0; i < n; i++) {
        uint32_t piece = add_piece(c, item, edge_of(p, left, i + 1, n) - edge_of(p, left, i, n));
        if (piece == ITEM_NONE)
            return -ENOMEM;
        colouring_put(c, piece, colouring_least_late(c, &c->items[piece]));
    }
    c->items[item].bytes = 0;
    return 0;
}

/* ---- one item after the other ---- */

/* The items that are still to be placed. */
struct leftover {
    uint32_t *items;
    uint32_t count;
};

/* Does it to every item, and keeps those that it does not finish. */
static int for_each(const struct placement *p, struct leftover *l, unsigned n,
                    int (*step)(const struct placement *, uint32_t item, unsigned n))
{
    uint32_t kept = 0;
    for (uint32_t i = 0; i < l->count; i++) {
        int result = step(p, l->items[i], n);
        if (result < 0)
            return result;
        if (result == 0)
            l->items[kept++] = l->items[i];
    }
    l->count = kept;
    return 0;
}

static int step_whole(const struct placement *p, uint32_t item, unsigned n)
{
    (void)n;
    unsigned colour = colouring_roomiest(p->colouring, &p->colouring->items[item]);
    if (colour != COLOUR_NONE)
        colouring_put(p->colouring, item, colour);
    return colour != COLOUR_NONE;
}

static int step_equally(const struct placement *p, uint32_t item, unsigned n)
{
    return n <= pieces_max(p, item) && may_fit(p, item, n) ? cut_equally(p, item, n) : 0;
}

static int step_as_it_fits(const struct placement *p, uint32_t item, unsigned n)
{
    (void)n;
    const struct colouring *c = p->colouring;
    if (c->items[item].bytes == 0)
        return 0;
    int result = fill(p, item);
    if (result == 0 && c->items[item].bytes > 0)
        result = squeeze(p, item);
    return result != 0 ? result : c->items[item].bytes == 0;
}

static int step_overload(const struct placement *p, uint32_t item, unsigned n)
{
    (void)n;
    int result = overload(p, item);
    return result != 0 ? result : 1;
}

static int cut_within_limits(const struct placement *p, struct leftover *l)
{
    int result = 0;
    for (unsigned i = 0; i < LADDER_STEPS && result == 0 && l->count > 0; i++)
        result = for_each(p, l, ladder[i], step_equally);
    return result == 0 ? for_each(p, l, 0, step_as_it_fits) : result;
}

/* A search for a path that is not there costs most, and there may be many: less effort than for whole items.
 */
static struct colouring_effort lessen_effort(struct colouring *c)
{
    struct colouring_effort before = c->effort;
    c->effort.pairs = 4;
    c->effort.vertices = 256;
    return before;
}

int cutting_run(const struct placement *p, uint32_t *items, uint32_t count)
{
    struct colouring *c = p->colouring;
    struct leftover l = {.items = items, .count = count};
    struct colouring_effort before = lessen_effort(c);
    int result = cut_within_limits(p, &l);
    for (uint64_t per_mille = 20; per_mille < LATE_PER_MILLE_MAX && result == 0 && l.count > 0;
         per_mille *= 2) {
        limits_set_accepted(c, p->accept_ps + (uint64_t)((unsigned __int128)p->accept_ps * per_mille / 1000));
        result = for_each(p, &l, 0, step_whole);
        if (result == 0)
            result = cut_within_limits(p, &l);
    }
    if (result == 0)
        result = for_each(p, &l, 0, step_overload);
    c->effort = before;
    return result;
}

int cutting_try(const struct placement *p, uint32_t item)
{
    struct colouring *c = p->colouring;
    uint32_t first = c->item_count;
    int64_t bytes = c->items[item].bytes;
    for (unsigned i = 0; i < LADDER_STEPS && ladder[i] <= pieces_max(p, item); i++) {
        int result = step_equally(p, item, ladder[i]);
        if (result != 0)
            return result;
    }
    int result = fill(p, item);
    if (result != 0 || c->items[item].bytes == 0)
        return result != 0 ? result : 1;
    colouring_truncate(c, first);
    c->items[item].bytes = bytes;
    return 0;
}
