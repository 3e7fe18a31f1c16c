/* SPDX-License-Identifier: BSD-3-Clause */
#include "control/planner/colouring.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* ---- life ---- */

static bool take_search(struct colouring_search *s, uint32_t nodes)
{
    s->via = calloc(nodes, sizeof(*s->via));
    s->from = calloc(nodes, sizeof(*s->from));
    s->seen = calloc(nodes, sizeof(*s->seen));
    s->queue = calloc(nodes, sizeof(*s->queue));
    return s->via && s->from && s->seen && s->queue;
}

static bool take_side(struct colouring *c, enum planner_side side)
{
    size_t slots = colouring_slot(c, c->vertex_count, 0);
    c->limit[side] = calloc(slots, sizeof(int64_t));
    c->room[side] = calloc(slots, sizeof(int64_t));
    c->first[side] = malloc(slots * sizeof(uint32_t));
    c->live[side] = calloc(c->vertex_count, sizeof(uint64_t));
    if (!c->limit[side] || !c->room[side] || !c->first[side] || !c->live[side])
        return false;
    memset(c->first[side], 0xff, slots * sizeof(uint32_t));
    for (uint32_t v = 0; v < c->vertex_count; v++) {
        for (unsigned colour = 0; colour < c->colour_count; colour++) {
            if (colouring_rate(c, side, v, colour) == 0)
                c->room[side][colouring_slot(c, v, colour)] = ROOM_OF_NO_LINK;
            else
                c->live[side][v] |= 1ull << colour;
        }
    }
    return true;
}

static bool take_group_side(struct colouring *c, enum planner_side side)
{
    const struct colouring_groups *g = &c->groups;
    size_t slots = (size_t)g->group_count * c->colour_count;
    c->group_room[side] = malloc(slots * sizeof(int64_t));
    c->group_links[side] = calloc(slots, sizeof(uint64_t));
    if (!c->group_room[side] || !c->group_links[side])
        return false;
    for (size_t i = 0; i < slots; i++) {
        c->group_room[side][i] = ROOM_UNLIMITED;
        for (unsigned link = 0; link < g->links; link++)
            c->group_links[side][i] |= (uint64_t)(g->rates[side][i * g->links + link] > 0) << link;
    }
    return true;
}

static bool take_all(struct colouring *c)
{
    c->items = calloc(c->item_capacity, sizeof(*c->items));
    if (!c->items || !take_search(&c->search, SIDES * c->vertex_count))
        return false;
    for (enum planner_side side = SIDE_OUT; side < SIDES; side++) {
        if (!take_side(c, side) || (c->groups.group_count > 0 && !take_group_side(c, side)))
            return false;
    }
    return true;
}

int colouring_create(const struct colouring_shape *shape, struct colouring **colouring)
{
    struct colouring *c = calloc(1, sizeof(*c));
    if (c == NULL)
        return -ENOMEM;
    *c = (struct colouring){.vertex_count = shape->vertex_count,
                            .colour_count = shape->colour_count,
                            .excess = shape->colour_count,
                            .rates = {shape->rates[SIDE_OUT], shape->rates[SIDE_IN]},
                            .item_capacity = shape->item_count ? shape->item_count : 1,
                            .groups = shape->groups,
                            .effort = {.pairs = 16, .vertices = UINT32_MAX, .flips = UINT64_MAX}};
    if (!take_all(c)) {
        colouring_destroy(c);
        return -ENOMEM;
    }
    *colouring = c;
    return 0;
}

void colouring_destroy(struct colouring *c)
{
    if (c == NULL)
        return;
    for (int side = 0; side < SIDES; side++) {
        free(c->limit[side]);
        free(c->room[side]);
        free(c->first[side]);
        free(c->live[side]);
        free(c->group_room[side]);
        free(c->group_links[side]);
    }
    free(c->search.via);
    free(c->search.from);
    free(c->search.seen);
    free(c->search.queue);
    free(c->items);
    free(c);
}

/* ---- limits ---- */

void colouring_set_limit(struct colouring *c, enum planner_side side, uint32_t vertex, unsigned colour,
                         int64_t bytes)
{
    size_t slot = colouring_slot(c, vertex, colour);
    if (colour != c->excess && colouring_rate(c, side, vertex, colour) == 0)
        return;
    c->room[side][slot] += bytes - c->limit[side][slot];
    c->limit[side][slot] = bytes;
}

void colouring_set_group_limit(struct colouring *c, enum planner_side side, uint32_t group, unsigned colour,
                               int64_t bytes)
{
    c->group_room[side][(size_t)group * c->colour_count + colour] = bytes;
}

/* ---- items ---- */

int colouring_reserve(struct colouring *c, uint32_t count)
{
    uint64_t wanted = (uint64_t)c->item_count + count;
    if (wanted <= c->item_capacity)
        return 0;
    uint64_t capacity = wanted + wanted / 2;
    struct colour_item *grown = capacity < ITEM_NONE ? realloc(c->items, capacity * sizeof(*grown)) : NULL;
    if (grown == NULL)
        return -ENOMEM;
    c->items = grown;
    c->item_capacity = (uint32_t)capacity;
    return 0;
}

uint32_t colouring_add(struct colouring *c, uint32_t from, uint32_t to, int64_t bytes, uint32_t owner)
{
    if (colouring_reserve(c, 1) != 0)
        return ITEM_NONE;
    c->items[c->item_count] =
        (struct colour_item){.bytes = bytes, .vertex = {from, to}, .owner = owner, .colour = COLOUR_NONE};
    return c->item_count++;
}

/* Where the item's groups hold their room for the colour; NULL if it stays in its group. */
static int64_t *group_room_of(const struct colouring *c, const struct colour_item *item,
                              enum planner_side side, unsigned colour)
{
    const struct colouring_groups *g = &c->groups;
    if (g->group_count == 0 || colour == c->excess ||
        g->group_of[item->vertex[SIDE_OUT]] == g->group_of[item->vertex[SIDE_IN]])
        return NULL;
    return &c->group_room[side][(size_t)g->group_of[item->vertex[side]] * c->colour_count + colour];
}

static void take_room(struct colouring *c, const struct colour_item *item, unsigned colour, int64_t bytes)
{
    for (enum planner_side side = SIDE_OUT; side < SIDES; side++) {
        c->room[side][colouring_slot(c, item->vertex[side], colour)] -= bytes;
        int64_t *group_room = group_room_of(c, item, side, colour);
        if (group_room != NULL)
            *group_room -= bytes;
    }
}

void colouring_put(struct colouring *c, uint32_t index, unsigned colour)
{
    struct colour_item *item = &c->items[index];
    for (enum planner_side side = SIDE_OUT; side < SIDES; side++) {
        uint32_t *first = &c->first[side][colouring_slot(c, item->vertex[side], colour)];
        item->next[side] = *first;
        item->previous[side] = ITEM_NONE;
        if (*first != ITEM_NONE)
            c->items[*first].previous[side] = index;
        *first = index;
    }
    item->colour = (uint16_t)colour;
    take_room(c, item, colour, item->bytes);
}

void colouring_take(struct colouring *c, uint32_t index)
{
    struct colour_item *item = &c->items[index];
    for (enum planner_side side = SIDE_OUT; side < SIDES; side++) {
        uint32_t next = item->next[side], previous = item->previous[side];
        if (next != ITEM_NONE)
            c->items[next].previous[side] = previous;
        if (previous != ITEM_NONE)
            c->items[previous].next[side] = next;
        else
            c->first[side][colouring_slot(c, item->vertex[side], item->colour)] = next;
    }
    take_room(c, item, item->colour, -item->bytes);
    item->colour = COLOUR_NONE;
}

void colouring_truncate(struct colouring *c, uint32_t count)
{
    while (c->item_count > count) {
        uint32_t last = c->item_count - 1;
        if (c->items[last].colour != COLOUR_NONE)
            colouring_take(c, last);
        c->item_count--;
    }
}

/* ---- choices ---- */

static int64_t smaller(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

int64_t colouring_group_room_for(const struct colouring *c, const struct colour_item *item, unsigned colour)
{
    const struct colouring_groups *g = &c->groups;
    if (group_room_of(c, item, SIDE_OUT, colour) == NULL)
        return ROOM_UNLIMITED;
    size_t from = (size_t)g->group_of[item->vertex[SIDE_OUT]] * c->colour_count + colour;
    size_t to = (size_t)g->group_of[item->vertex[SIDE_IN]] * c->colour_count + colour;
    if ((c->group_links[SIDE_OUT][from] & c->group_links[SIDE_IN][to]) == 0)
        return ROOM_OF_NO_LINK;
    return smaller(c->group_room[SIDE_OUT][from], c->group_room[SIDE_IN][to]);
}

int64_t colouring_room_for(const struct colouring *c, const struct colour_item *item, unsigned colour)
{
    int64_t room = smaller(c->room[SIDE_OUT][colouring_slot(c, item->vertex[SIDE_OUT], colour)],
                           c->room[SIDE_IN][colouring_slot(c, item->vertex[SIDE_IN], colour)]);
    return c->groups.group_count > 0 ? smaller(room, colouring_group_room_for(c, item, colour)) : room;
}

bool colouring_is_live(const struct colouring *c, const struct colour_item *item, unsigned colour)
{
    return (c->live[SIDE_OUT][item->vertex[SIDE_OUT]] & c->live[SIDE_IN][item->vertex[SIDE_IN]] &
            1ull << colour) != 0 &&
           (c->groups.group_count == 0 || colouring_group_room_for(c, item, colour) != ROOM_OF_NO_LINK);
}

unsigned colouring_roomiest(const struct colouring *c, const struct colour_item *item)
{
    /* Ties go to a colour that depends on the leaves, so that sparse steps do not all meet on the first
     * spine. */
    unsigned start = (item->vertex[SIDE_OUT] + item->vertex[SIDE_IN]) % c->colour_count;
    unsigned best = COLOUR_NONE;
    int64_t most = item->bytes - 1;
    for (unsigned i = 0, colour = start; i < c->colour_count; i++) {
        int64_t room = colouring_room_for(c, item, colour);
        if (room > most) {
            most = room;
            best = colour;
        }
        colour = colour + 1 < c->colour_count ? colour + 1 : 0;
    }
    return best;
}

static __int128 lateness_at(const struct colouring *c, const struct colour_item *item, enum planner_side side,
                            unsigned colour)
{
    int64_t room = c->room[side][colouring_slot(c, item->vertex[side], colour)];
    uint64_t rate = colouring_rate(c, side, item->vertex[side], colour);
    return (__int128)(item->bytes - room) * 1000000000000 / (__int128)rate;
}

unsigned colouring_least_late(const struct colouring *c, const struct colour_item *item)
{
    unsigned best = COLOUR_NONE;
    __int128 least = 0;
    for (unsigned colour = 0; colour < c->colour_count; colour++) {
        if (!colouring_is_live(c, item, colour))
            continue;
        __int128 out = lateness_at(c, item, SIDE_OUT, colour), in = lateness_at(c, item, SIDE_IN, colour);
        __int128 late = out > in ? out : in;
        if (best == COLOUR_NONE || late < least) {
            least = late;
            best = colour;
        }
    }
    return best;
}

/* ---- insertion ---- */

uint64_t colouring_colours_with_room(const struct colouring *c, const struct colour_item *item,
                                     enum planner_side side)
{
    const int64_t *room = &c->room[side][colouring_slot(c, item->vertex[side], 0)];
    uint64_t colours = 0;
    for (unsigned colour = 0; colour < c->colour_count; colour++)
        colours |= (uint64_t)(room[colour] >= item->bytes) << colour;
    return colours;
}

static bool insert_by_paths(struct colouring *c, uint32_t index)
{
    const struct colour_item *item = &c->items[index];
    uint64_t out = colouring_colours_with_room(c, item, SIDE_OUT),
             in = colouring_colours_with_room(c, item, SIDE_IN);
    unsigned pairs = c->effort.pairs;
    for (uint64_t js = out; js != 0; js &= js - 1) {
        for (uint64_t ks = in; ks != 0; ks &= ks - 1) {
            unsigned j = (unsigned)__builtin_ctzll(js), k = (unsigned)__builtin_ctzll(ks);
            if (pairs-- == 0)
                return false;
            if (colouring_insert_by_path(c, index, SIDE_IN, j, k) ||
                colouring_insert_by_path(c, index, SIDE_OUT, k, j))
                return true;
        }
    }
    return false;
}

static bool has_excess_room(const struct colouring *c, const struct colour_item *item, enum planner_side side)
{
    return c->room[side][colouring_slot(c, item->vertex[side], c->excess)] >= item->bytes;
}

/* EXCESS has room at `side` only: paths free it at the other end. */
static bool insert_excess_by_paths(struct colouring *c, uint32_t index, enum planner_side side)
{
    enum planner_side full = side == SIDE_OUT ? SIDE_IN : SIDE_OUT;
    unsigned pairs = c->effort.pairs;
    for (uint64_t ks = colouring_colours_with_room(c, &c->items[index], full); ks != 0 && pairs > 0;
         ks &= ks - 1, pairs--) {
        if (colouring_insert_by_path(c, index, full, c->excess, (unsigned)__builtin_ctzll(ks)))
            return true;
    }
    return false;
}

static bool insert_as_excess(struct colouring *c, uint32_t index)
{
    const struct colour_item *item = &c->items[index];
    bool out = has_excess_room(c, item, SIDE_OUT), in = has_excess_room(c, item, SIDE_IN);
    if (out && in) {
        colouring_put(c, index, c->excess);
        return true;
    }
    return (out && insert_excess_by_paths(c, index, SIDE_OUT)) ||
           (in && insert_excess_by_paths(c, index, SIDE_IN));
}

bool colouring_insert(struct colouring *c, uint32_t index)
{
    unsigned colour = colouring_roomiest(c, &c->items[index]);
    if (colour == COLOUR_NONE)
        return insert_by_paths(c, index) || insert_as_excess(c, index);
    colouring_put(c, index, colour);
    return true;
}
