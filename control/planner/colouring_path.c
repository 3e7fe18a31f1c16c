/* SPDX-License-Identifier: BSD-3-Clause */
/* The search for an alternating path: breadth first, so that it recolours as few edges as it can.
 *
 * A node is a vertex at which one of the two colours has gained an edge for which it has no room. Vertices of
 * the side where the search starts gain `colour` and give up `other`... of it: they pass an edge of the
 * gained colour on, which becomes the other one, and is gained by the vertex at its far end. Sizes count:
 * what is passed on must make room enough here, and must itself fit here in its new colour. Every vertex is
 * on the path at most once.
 */
#include "control/planner/colouring.h"

#include <errno.h>

struct path {
    enum planner_side side; /* where it starts */
    unsigned colour, other; /* gained by vertices of that side, and of the opposite one */
    int64_t cut_bytes;      /* 0: whole items are passed on; else so much, cut off from them */
    int64_t least_bytes;    /* what must be left of an item that is cut */
};

static unsigned gained_at(const struct path *p, enum planner_side side)
{
    return side == p->side ? p->colour : p->other;
}

static unsigned given_up_at(const struct path *p, enum planner_side side)
{
    return side == p->side ? p->other : p->colour;
}

static uint32_t node_of(const struct colouring *c, enum planner_side side, uint32_t vertex)
{
    return (uint32_t)side * c->vertex_count + vertex;
}

static enum planner_side side_of(const struct colouring *c, uint32_t node)
{
    return node >= c->vertex_count ? SIDE_IN : SIDE_OUT;
}

/* Whether the item's groups can take so many bytes of the colour. Whole items need only links that work:
 * along a path groups mostly lose what they gain, so room is judged when the path is known. */
static bool groups_allow(const struct colouring *c, const struct path *p, const struct colour_item *item,
                         unsigned colour)
{
    if (c->groups.group_count == 0 || colour == c->excess)
        return true;
    int64_t room = colouring_group_room_for(c, item, colour);
    return p->cut_bytes > 0 ? room >= p->cut_bytes : room != ROOM_OF_NO_LINK;
}

/* The sizes that a node may pass on. */
struct passable {
    int64_t least, most;
};

static struct passable passable_at(const struct colouring *c, const struct path *p, uint32_t node,
                                   int64_t arriving_bytes, bool first)
{
    enum planner_side side = side_of(c, node);
    uint32_t vertex = node - node_of(c, side, 0);
    int64_t gained = c->room[side][colouring_slot(c, vertex, gained_at(p, side))];
    int64_t given_up = c->room[side][colouring_slot(c, vertex, given_up_at(p, side))];
    /* What arrived here left the colour that is passed into; the item of the search's start is new. */
    return (struct passable){.least = arriving_bytes - gained,
                             .most = first ? given_up : given_up + arriving_bytes};
}

static bool can_pass(const struct path *p, const struct passable *sizes, int64_t bytes)
{
    if (p->cut_bytes > 0)
        return bytes == p->cut_bytes || bytes >= p->cut_bytes + p->least_bytes;
    return bytes >= sizes->least && bytes <= sizes->most;
}

static bool fits_at(const struct colouring *c, const struct path *p, uint32_t node, int64_t bytes)
{
    enum planner_side side = side_of(c, node);
    uint32_t vertex = node - node_of(c, side, 0);
    return c->room[side][colouring_slot(c, vertex, gained_at(p, side))] >= bytes;
}

static bool is_dead_at(const struct colouring *c, const struct path *p, uint32_t node)
{
    enum planner_side side = side_of(c, node);
    unsigned colour = gained_at(p, side);
    return colour != c->excess && colouring_rate(c, side, node - node_of(c, side, 0), colour) == 0;
}

static void reach(struct colouring_search *s, uint32_t node, uint32_t from, uint32_t via)
{
    s->seen[node] = s->turn;
    s->from[node] = from;
    s->via[node] = via;
}

/* What the item passes on if it is on the path. */
static int64_t passed_bytes(const struct path *p, const struct colour_item *item)
{
    return p->cut_bytes ? p->cut_bytes : item->bytes;
}

/* Follows the edges that `node` may pass on. Returns a node where the path can end, or ITEM_NONE. */
static uint32_t expand(struct colouring *c, const struct path *p, uint32_t node, const struct passable *sizes,
                       uint32_t *queue_end)
{
    struct colouring_search *s = &c->search;
    enum planner_side side = side_of(c, node), far = side == SIDE_OUT ? SIDE_IN : SIDE_OUT;
    uint32_t vertex = node - node_of(c, side, 0);
    uint32_t index = c->first[side][colouring_slot(c, vertex, gained_at(p, side))];
    for (; index != ITEM_NONE; index = c->items[index].next[side]) {
        const struct colour_item *item = &c->items[index];
        int64_t bytes = passed_bytes(p, item);
        uint32_t next = node_of(c, far, item->vertex[far]);
        if (s->seen[next] == s->turn || !can_pass(p, sizes, item->bytes) || is_dead_at(c, p, next) ||
            !groups_allow(c, p, item, given_up_at(p, side)))
            continue;
        reach(s, next, node, index);
        if (fits_at(c, p, next, bytes))
            return next;
        s->queue[(*queue_end)++] = next;
    }
    return ITEM_NONE;
}

static uint32_t path_length(const struct colouring *c, uint32_t node, uint32_t start)
{
    uint32_t length = 0;
    for (; node != start; node = c->search.from[node])
        length++;
    return length;
}

static void recolour_whole(struct colouring *c, uint32_t item, unsigned colour)
{
    colouring_take(c, item);
    colouring_put(c, item, colour);
}

/* The caller has made room for the new item. */
static void recolour_part(struct colouring *c, uint32_t index, int64_t bytes, unsigned colour)
{
    struct colour_item whole = c->items[index];
    if (whole.bytes == bytes) {
        recolour_whole(c, index, colour);
        return;
    }
    colouring_take(c, index);
    c->items[index].bytes -= bytes;
    colouring_put(c, index, whole.colour);
    uint32_t part = colouring_add(c, whole.vertex[SIDE_OUT], whole.vertex[SIDE_IN], bytes, whole.owner);
    colouring_put(c, part, colour);
}

static void recolour(struct colouring *c, const struct path *p, uint32_t node, uint32_t start)
{
    for (; node != start; node = c->search.from[node]) {
        uint32_t item = c->search.via[node];
        unsigned colour = gained_at(p, side_of(c, node));
        if (p->cut_bytes > 0)
            recolour_part(c, item, p->cut_bytes, colour);
        else
            recolour_whole(c, item, colour);
    }
}

/* The end of a path from `start`, or ITEM_NONE. */
static uint32_t find_end(struct colouring *c, const struct path *p, uint32_t index, uint32_t start)
{
    struct colouring_search *s = &c->search;
    uint32_t begin = 0, end = 0;
    s->queue[end++] = start;
    while (begin < end && begin < c->effort.vertices) {
        uint32_t node = s->queue[begin++];
        int64_t arriving = c->items[node == start ? index : s->via[node]].bytes;
        struct passable sizes = passable_at(c, p, node, arriving, node == start);
        uint32_t found = expand(c, p, node, &sizes, &end);
        if (found != ITEM_NONE)
            return found;
    }
    return ITEM_NONE;
}

static void next_turn(struct colouring *c)
{
    struct colouring_search *s = &c->search;
    if (++s->turn != 0)
        return;
    for (uint32_t node = 0; node < SIDES * c->vertex_count; node++)
        s->seen[node] = 0;
    s->turn = 1;
}

static bool groups_hold(const struct colouring *c, uint32_t index)
{
    const struct colour_item *item = &c->items[index];
    return c->groups.group_count == 0 || item->colour == c->excess ||
           colouring_group_room_for(c, item, item->colour) >= 0;
}

static bool groups_hold_along(const struct colouring *c, uint32_t index, uint32_t node, uint32_t start)
{
    bool hold = groups_hold(c, index);
    for (; node != start && hold; node = c->search.from[node])
        hold = groups_hold(c, c->search.via[node]);
    return hold;
}

/* The items of the path get back the colours that they had. */
static void undo(struct colouring *c, const struct path *p, uint32_t index, uint32_t node, uint32_t start)
{
    colouring_take(c, index);
    for (; node != start; node = c->search.from[node])
        recolour_whole(c, c->search.via[node], given_up_at(p, side_of(c, node)));
}

/* Looks for a path to `*end`: its length, 0 if there is none within the effort. */
static uint32_t find(struct colouring *c, uint32_t index, const struct path *p, uint32_t start, uint32_t *end)
{
    const struct colour_item *item = &c->items[index];
    enum planner_side far = p->side == SIDE_OUT ? SIDE_IN : SIDE_OUT;
    if (is_dead_at(c, p, start) || !groups_allow(c, p, item, p->colour) || c->effort.flips == 0)
        return 0;
    next_turn(c);
    reach(&c->search, start, start, index);
    reach(&c->search, node_of(c, far, item->vertex[far]), start, index);
    *end = find_end(c, p, index, start);
    uint32_t length = *end != ITEM_NONE ? path_length(c, *end, start) : 0;
    return length <= c->effort.flips ? length : 0;
}

/* 1: the item has p->colour; 0; -ENOMEM. */
static int insert(struct colouring *c, uint32_t index, const struct path *p)
{
    uint32_t start = node_of(c, p->side, c->items[index].vertex[p->side]), end;
    uint32_t length = find(c, index, p, start, &end);
    if (length == 0)
        return 0;
    if (p->cut_bytes > 0 && colouring_reserve(c, length) != 0)
        return -ENOMEM;
    recolour(c, p, end, start);
    colouring_put(c, index, p->colour);
    if (p->cut_bytes == 0 && !groups_hold_along(c, index, end, start)) {
        undo(c, p, index, end, start);
        return 0;
    }
    c->effort.flips -= length;
    return 1;
}

bool colouring_insert_by_path(struct colouring *c, uint32_t index, enum planner_side side, unsigned colour,
                              unsigned other)
{
    const struct path p = {.side = side, .colour = colour, .other = other};
    return insert(c, index, &p) == 1;
}

int colouring_insert_by_cutting(struct colouring *c, uint32_t index, unsigned out_colour, unsigned in_colour,
                                int64_t least_bytes)
{
    int64_t bytes = c->items[index].bytes;
    struct path p = {.side = SIDE_IN,
                     .colour = out_colour,
                     .other = in_colour,
                     .cut_bytes = bytes,
                     .least_bytes = least_bytes};
    int result = insert(c, index, &p);
    if (result != 0)
        return result;
    p = (struct path){.side = SIDE_OUT,
                      .colour = in_colour,
                      .other = out_colour,
                      .cut_bytes = bytes,
                      .least_bytes = least_bytes};
    return insert(c, index, &p);
}
