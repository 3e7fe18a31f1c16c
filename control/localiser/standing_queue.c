/* SPDX-License-Identifier: BSD-3-Clause */
#include "control/localiser/standing_queue.h"

#include <math.h>

#include "control/localiser/order.h"

enum {
    LONE_PACKETS = 16, /* of a path, in a set */
    SETS_MAX = 4,
    PATHS_MAX = PROBES_MAX - 2,
    LINK_PATHS = 2,
    REFERENCES = 2
};
/* A link of a quarter of its rate takes less, one packet in a queue not. */
#define IDLE_TIMES 1.5
/* Hosts' own jitter: the lower quartile of what passes by is idle, too, if it is within so many times the
 * fastest; else there is hardly any silence. */
#define IDLE_SPREAD 2
/* Of the silence that is to be expected: */
#define SILENCE_CLEAR 0.75 /* so much is enough, at once */
#define SILENCE_HALF  0.5  /* with less, in the end, a queue stands */

/* ---- which paths ---- */

/* A port of the leaf, or of the next that has one. */
static uint32_t port_near(const struct flow_map *map, const struct leaf_ports *leaves, uint32_t leaf)
{
    uint32_t all = map->shape.leaf_count, at = leaf % all;
    for (uint32_t i = 0; i < all && leaves->first[at] == leaves->first[at + 1]; i++)
        at = (at + 1) % all;
    return leaves->ports[leaves->first[at]];
}

struct leaves_of_path {
    uint32_t from, to, spine;
};

static bool add_path(struct probing *p, const struct flow_map *map, const struct leaf_ports *leaves,
                     const struct leaves_of_path *l)
{
    struct flow flow = {.source = port_near(map, leaves, l->from),
                        .destination = port_near(map, leaves, l->to),
                        .spine = (uint16_t)(l->spine % map->shape.spine_count)};
    if (map->port_leaf[flow.source] == map->port_leaf[flow.destination] || p->count == PROBES_MAX)
        return false;
    p->probes[p->count++] = (struct probe){.flow = flow, .packets = 1, .repeats = LONE_PACKETS};
    return true;
}

/* The `i`-th way over the component: over a link to one leaf or another, over a switch by each of its cables.
 */
static struct leaves_of_path path_over(const struct component *c, uint32_t i)
{
    if (c->kind == COMPONENT_SPINE)
        return (struct leaves_of_path){.from = i, .to = i + 1, .spine = c->place};
    if (c->kind == COMPONENT_LEAF)
        return (struct leaves_of_path){.from = c->place, .to = c->place + 1, .spine = i};
    if (c->kind == COMPONENT_DOWN)
        return (struct leaves_of_path){.from = c->place + 1 + i, .to = c->place, .spine = c->spine};
    return (struct leaves_of_path){.from = c->place, .to = c->place + 1 + i, .spine = c->spine};
}

static void add_paths(struct probing *p, const struct flow_map *map, const struct leaf_ports *leaves,
                      const struct component *c)
{
    uint32_t all = c->kind == COMPONENT_SPINE  ? map->shape.leaf_count
                   : c->kind == COMPONENT_LEAF ? map->shape.spine_count
                                               : LINK_PATHS;
    for (uint32_t i = 0; i < all && i < PATHS_MAX; i++) {
        struct leaves_of_path l = path_over(c, i);
        add_path(p, map, leaves, &l);
    }
}

/* Over other spines; past a leaf, between others. Returns how many there are. */
static uint32_t add_references(struct probing *p, const struct flow_map *map, const struct leaf_ports *leaves,
                               const struct component *c)
{
    uint32_t added = 0, all = map->shape.spine_count,
             spine = c->kind == COMPONENT_SPINE ? c->place : c->spine;
    for (uint32_t i = 0; all > 1 && i < REFERENCES; i++) {
        struct leaves_of_path l = {.from = i, .to = i + 1, .spine = spine + 1 + i % (all - 1)};
        if (c->kind == COMPONENT_LEAF)
            l = (struct leaves_of_path){.from = c->place + 1, .to = c->place + 2, .spine = i};
        added += add_path(p, map, leaves, &l) &&
                 !flow_crosses(map, &p->probes[p->count - 1].flow, component_number(&map->shape, c));
    }
    return added;
}

void standing_queue_plan(struct standing_queue *q, struct probing *p, const struct flow_map *map,
                         const struct leaf_ports *leaves, uint32_t component)
{
    struct component c = component_at(&map->shape, component);
    p->count = 0;
    p->first_number = 0;
    q->is_link = !flow_map_is_switch(&c);
    add_paths(p, map, leaves, &c);
    q->paths = p->count;
    if (add_references(p, map, leaves, &c) != REFERENCES)
        p->count = 0;
}

/* ---- what the answers say ---- */

/* The times of packets of the probes from `first` on that came back. Returns how many. */
static size_t times_from(const struct probing *p, uint32_t first, float times[PROBES_MAX * LONE_PACKETS])
{
    size_t count = 0;
    for (uint32_t i = first; i < p->count; i++)
        for (uint32_t k = 0; k < p->probes[i].answered; k++)
            if (isfinite(p->probes[i].times[k]))
                times[count++] = p->probes[i].times[k];
    return count;
}

/* What takes no longer has met no queue. */
static float idle_time(const struct standing_queue *q, const struct probing *p)
{
    float times[PROBES_MAX * LONE_PACKETS], fastest = INFINITY;
    size_t count = times_from(p, 0, times);
    for (size_t i = 0; i < count; i++)
        fastest = fminf(fastest, times[i]);
    count = times_from(p, q->paths, times);
    float usual = count > 0 ? order_nth(times, count, count / 4) : fastest;
    bool idle = usual <= fastest + (float)log(IDLE_SPREAD);
    return (idle ? usual : fastest) + (float)log(IDLE_TIMES);
}

void standing_queue_count(struct standing_queue *q, const struct probing *p)
{
    float idle = idle_time(q, p);
    q->sets++;
    for (uint32_t i = 0; i < p->count; i++) {
        for (uint32_t k = 0; k < p->probes[i].answered; k++) {
            bool came_back = isfinite(p->probes[i].times[k]);
            q->counts[i].answered += came_back;
            q->counts[i].quiet += came_back && p->probes[i].times[k] <= idle;
        }
    }
}

static double share(const struct queue_count *c)
{
    return (double)c->quiet / c->answered;
}

/* The least silence on the paths past it that have answered: what else we have on their way counts. Returns
 * of how many packets that is the share; 0: nobody has answered. */
static uint32_t silence_past(const struct standing_queue *q, double *silence)
{
    uint32_t packets = 0;
    *silence = 1;
    for (uint32_t i = q->paths; i < q->paths + REFERENCES; i++) {
        const struct queue_count *c = &q->counts[i];
        if (c->answered == 0 || share(c) > *silence)
            continue;
        packets = c->answered;
        *silence = share(c);
    }
    return packets;
}

/* If nobody else loads it the component is busy for as many times as long as its messages take longer. */
static double silence_expected(double silence_past, double excess)
{
    return 1 - excess * (1 - silence_past);
}

/* A link's queue is on every path over it, a switch's on those over one of its cables. False: no path over it
 * has answered. */
static bool silence_seen(const struct standing_queue *q, double *seen)
{
    double least = 1, most = 0;
    bool answered = false;
    for (uint32_t i = 0; i < q->paths; i++) {
        if (q->counts[i].answered == 0)
            continue;
        answered = true;
        least = fmin(least, share(&q->counts[i]));
        most = fmax(most, share(&q->counts[i]));
    }
    *seen = q->is_link ? most : least;
    return answered;
}

/* Of a share of so many packets: two standard errors, at most. */
static double doubt(uint32_t packets)
{
    return 1 / sqrt(packets);
}

enum queue_word standing_queue_word(const struct standing_queue *q, double excess)
{
    double past, seen;
    if (q->sets == 0)
        return QUEUE_ASK;
    uint32_t packets = silence_past(q, &past);
    if (packets == 0 || !silence_seen(q, &seen) ||
        silence_expected(past + doubt(packets), excess) < STANDING_QUEUE_SILENCE_MIN)
        return QUEUE_UNKNOWN; /* and more packets would not tell */
    double expected = silence_expected(past, excess);
    bool enough = expected >= STANDING_QUEUE_SILENCE_MIN;
    if (enough && seen >= SILENCE_CLEAR * expected)
        return QUEUE_PASSES;
    if (q->sets < SETS_MAX)
        return QUEUE_ASK;
    if (!enough)
        return QUEUE_UNKNOWN;
    return seen < SILENCE_HALF * expected ? QUEUE_STANDS : QUEUE_PASSES;
}
