/* SPDX-License-Identifier: BSD-3-Clause */
#include "control/planner/cutting.h"

#include <errno.h>

/* Pieces that a pass tries to cut every item into. */
static const unsigned ladder[] = {2, 3, 4, 6, 8, 12, 16, 24, 32, 48, 64};
#define LADDER_STEPS (sizeof(ladder) / sizeof(ladder[0]))

static unsigned pieces_max(const struct placement *p, uint32_t item)
{
    uint64_t bytes = (uint64_t)p->colouring->items[item].bytes;
    uint64_t most = p->piece_bytes_min ? bytes / p->piece_bytes_min : bytes;
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
    return 1;
}

/* Cuts those that fit in n pieces; keeps the others in the list. Returns how many are left, or -ENOMEM. */
static int64_t cut_all_equally(const struct placement *p, uint32_t *items, uint32_t count, unsigned n)
{
    uint32_t left = 0;
    for (uint32_t i = 0; i < count; i++) {
        int result =
            n <= pieces_max(p, items[i]) && may_fit(p, items[i], n) ? cut_equally(p, items[i], n) : 0;
        if (result < 0)
            return result;
        if (result == 0)
            items[left++] = items[i];
    }
    return left;
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
    int64_t bytes = room < left - least ? room : left - least;
    bytes = round_down(p, bytes);
    return bytes >= least && bytes > 0 ? bytes : 0;
}

/* Puts what it can of the item on the links that have room; returns the bytes left, or -ENOMEM. */
static int64_t fill(const struct placement *p, uint32_t item)
{
    struct colouring *c = p->colouring;
    int64_t left = c->items[item].bytes, room;
    while (left > 0) {
        unsigned colour = most_room(c, &c->items[item], &room);
        int64_t bytes = colour == COLOUR_NONE ? 0 : piece_for(p, room, left);
        if (bytes == 0)
            break;
        uint32_t piece = add_piece(c, item, bytes);
        if (piece == ITEM_NONE)
            return -ENOMEM;
        colouring_put(c, piece, colour);
        left -= bytes;
    }
    return left;
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

/* Returns the bytes left, or -ENOMEM. */
static int64_t squeeze(const struct placement *p, uint32_t item, int64_t left)
{
    int64_t least = p->piece_bytes_min ? (int64_t)p->piece_bytes_min : 1, bytes = left;
    while (left > 0 && bytes >= least) {
        int result = squeeze_piece(p, item, bytes);
        if (result < 0)
            return result;
        left -= result ? bytes : 0;
        bytes = result && left < bytes ? left : result ? bytes : round_down(p, bytes / 2);
        if (bytes < left && left - bytes < least)
            bytes = round_down(p, left / 2);
    }
    return left;
}

/* ---- what fits nowhere ---- */

static int overload(const struct placement *p, uint32_t item, int64_t left)
{
    struct colouring *c = p->colouring;
    uint64_t most = p->piece_bytes_min ? (uint64_t)left / p->piece_bytes_min : (uint64_t)left;
    unsigned n = most > c->colour_count ? c->colour_count : most > 0 ? (unsigned)most : 1;
    for (unsigned i = 0; i < n; i++) {
        uint32_t piece = add_piece(c, item, edge_of(p, left, i + 1, n) - edge_of(p, left, i, n));
        if (piece == ITEM_NONE)
            return -ENOMEM;
        unsigned colour = colouring_least_late(c, &c->items[piece]);
        if (colour != COLOUR_NONE)
            colouring_put(c, piece, colour);
    }
    return 0;
}

static int cut_as_it_fits(const struct placement *p, uint32_t item)
{
    int64_t left = fill(p, item);
    if (left > 0)
        left = squeeze(p, item, left);
    if (left < 0)
        return (int)left;
    bool empty = p->colouring->items[item].bytes == 0;
    return left > 0 || empty ? overload(p, item, left) : 0;
}

static struct colouring_effort lessen_effort(struct colouring *c)
{
    struct colouring_effort before = c->effort;
    c->effort.pairs = 4;
    c->effort.vertices = 256;
    return before;
}

int cutting_run(const struct placement *p, uint32_t *items, uint32_t count)
{
    int64_t left = count;
    struct colouring_effort before = lessen_effort(p->colouring);
    for (unsigned i = 0; i < LADDER_STEPS && left > 0; i++)
        left = cut_all_equally(p, items, (uint32_t)left, ladder[i]);
    int result = left < 0 ? -ENOMEM : 0;
    for (int64_t i = 0; i < left && result == 0; i++)
        result = cut_as_it_fits(p, items[i]);
    p->colouring->effort = before;
    return result;
}

int cutting_try(const struct placement *p, uint32_t item)
{
    struct colouring *c = p->colouring;
    uint32_t first = c->item_count;
    for (unsigned i = 0; i < LADDER_STEPS && ladder[i] <= pieces_max(p, item); i++) {
        int result = may_fit(p, item, ladder[i]) ? cut_equally(p, item, ladder[i]) : 0;
        if (result != 0)
            return result;
    }
    int64_t left = fill(p, item);
    if (left > 0)
        colouring_truncate(c, first);
    return left < 0 ? (int)left : left == 0;
}
