/* SPDX-License-Identifier: BSD-3-Clause */
#include "control/localiser/probing.h"

#include <math.h>

enum {
    PROBE_LEAVES = 32,    /* looked at for a probe's ends */
    PROBE_LEAF_PORTS = 3, /* of each */
    PROBE_SPINES = 8,     /* looked at for members that are not tied to one */
    PROBE_TRAIN_PACKETS = 64,
    PROBE_SILENCE_PACKETS = 16,
    PROBE_LOSSES = 20 /* to be expected of the guilty */
};
/* What a path costs that is not as it should be; the least is taken. */
#define COST_MEMBER   1e12 /* it crosses another member */
#define COST_WHOLE    1e11 /* ... but that is its switch, which silence is seldom of, or a cable of it */
#define COST_ACKS     1e10 /* acks come back over another member */
#define COST_ACCUSED  1e9  /* something else that is accused */
#define COST_REPORTER 1e6  /* it starts where the one and only reporter is */
#define COST_AGAIN    1e3  /* for each part of its way that the probe before has tried */
#define COST_TURN     10.0 /* routers need not answer */

/* ---- choosing ---- */

struct choice {
    const struct evidence *evidence;
    const struct suspicion *suspicion;
    uint32_t member; /* to be crossed; UINT32_MAX: a reference, nothing suspect may be crossed */
    bool silence;    /* a single answer will clear all that is crossed */
    uint32_t ports[(PROBE_LEAVES + VERDICT_COMPONENTS_MAX) * PROBE_LEAF_PORTS];
    unsigned port_count;
    uint16_t spines[PROBE_SPINES];
    unsigned spine_count;
    const struct flow *last; /* of the probe before for this member; NULL: none */
    struct flow best;
    double best_cost;
};

static bool is_member(const struct suspicion *s, uint32_t component)
{
    for (uint32_t i = 0; i < s->count; i++)
        if (s->components[i] == component)
            return true;
    return false;
}

/* Of another member, whose trouble shows on acks that come back over it. */
static bool is_twin_of_member(const struct choice *c, uint32_t component)
{
    uint32_t twin = component_twin(&c->evidence->map->shape, component);
    return twin != c->member && is_member(c->suspicion, twin);
}

/* A switch and a cable of it: hardly a path crosses the one in doubt and not the other. */
static bool is_whole_or_part(const struct choice *c, uint32_t component)
{
    const struct flow_map *map = c->evidence->map;
    if (c->member == UINT32_MAX)
        return false;
    struct component member = component_at(&map->shape, c->member);
    struct component other = component_at(&map->shape, component);
    return (flow_map_is_switch(&other) && flow_map_is_part(map, &member, &other)) ||
           (flow_map_is_switch(&member) && flow_map_is_part(map, &other, &member));
}

static double cost_of_member(const struct choice *c, uint32_t component)
{
    if (!is_member(c->suspicion, component))
        return 0;
    return c->silence && is_whole_or_part(c, component) ? COST_WHOLE : COST_MEMBER;
}

/* Two failures on different ways say more. */
static unsigned shared_with_last(const struct choice *c, const uint32_t *crossed, unsigned count)
{
    unsigned shared = 0;
    for (unsigned i = 0; c->last != NULL && i < count; i++)
        shared += flow_crosses(c->evidence->map, c->last, crossed[i]);
    return shared;
}

static double cost_of(const struct choice *c, const struct flow *flow)
{
    const struct evidence *e = c->evidence;
    uint32_t crossed[FLOW_COMPONENTS_MAX];
    unsigned count = flow_components(e->map, flow, crossed);
    double cost = flow->turns ? COST_TURN : 0;
    bool found = c->member == UINT32_MAX;
    for (unsigned i = 0; i < count; i++) {
        found |= crossed[i] == c->member;
        if (crossed[i] == c->member)
            continue;
        cost += cost_of_member(c, crossed[i]);
        cost += is_twin_of_member(c, crossed[i]) ? COST_ACKS : 0;
        cost += evidence_is_accused(e, crossed[i], EVIDENCE_SLOW) ? COST_ACCUSED : 0;
        cost += e->total[evidence_cell(e, c->suspicion->channel, crossed[i])];
    }
    if (c->suspicion->reporters < 2 && flow->source == c->suspicion->sole_reporter)
        cost += COST_REPORTER;
    cost += COST_AGAIN * shared_with_last(c, crossed, count);
    return found ? cost : INFINITY;
}

static void consider(struct choice *c, const struct flow *flow)
{
    double cost = cost_of(c, flow);
    if (cost < c->best_cost) {
        c->best_cost = cost;
        c->best = *flow;
    }
}

static void consider_pair(struct choice *c, uint32_t source, uint32_t destination)
{
    const uint32_t *leaf = c->evidence->map->port_leaf;
    struct flow flow = {.source = source, .destination = destination, .spine = FLOW_NO_SPINE};
    if (source == destination)
        return;
    if (leaf[source] == leaf[destination]) {
        if (c->member != UINT32_MAX)
            consider(c, &flow);
        return;
    }
    for (unsigned i = 0; i < c->spine_count; i++) {
        flow.spine = c->spines[i];
        consider(c, &flow);
    }
}

static void consider_turns(struct choice *c, uint32_t source)
{
    struct flow flow = {.source = source, .destination = source, .turns = true};
    for (unsigned i = 0; i < c->spine_count; i++) {
        flow.spine = c->spines[i];
        consider(c, &flow);
    }
}

static uint32_t leaf_of(const struct flow_map *map, const struct component *c)
{
    switch (c->kind) {
    case COMPONENT_TX:
    case COMPONENT_RX:
        return map->port_leaf[c->place];
    case COMPONENT_UP:
    case COMPONENT_DOWN:
    case COMPONENT_LEAF:
        return c->place;
    case COMPONENT_SPINE:
    case COMPONENT_KINDS:
        break;
    }
    return 0;
}

static void offer_leaf(struct choice *c, const struct leaf_ports *leaves, uint32_t leaf)
{
    uint32_t first = leaves->first[leaf], end = leaves->first[leaf + 1];
    for (unsigned i = 0; i < PROBE_LEAF_PORTS && first + i < end; i++)
        c->ports[c->port_count++] = leaves->ports[first + i];
}

/* The member's own port and leaf, and the leaves after it. */
static void offer_ports(struct choice *c, const struct leaf_ports *leaves, const struct component *member)
{
    const struct flow_map *map = c->evidence->map;
    uint32_t all = map->shape.leaf_count, leaf = leaf_of(map, member);
    if (member->kind == COMPONENT_TX || member->kind == COMPONENT_RX)
        c->ports[c->port_count++] = member->place;
    for (uint32_t i = 0; i < all && i < PROBE_LEAVES; i++)
        offer_leaf(c, leaves, (leaf + i) % all);
}

static void offer_spines(struct choice *c, const struct component *member)
{
    uint32_t all = c->evidence->map->shape.spine_count;
    bool one = c->member != UINT32_MAX && (member->kind == COMPONENT_UP || member->kind == COMPONENT_DOWN ||
                                           member->kind == COMPONENT_SPINE);
    uint32_t spine = member->kind == COMPONENT_SPINE ? member->place : member->spine;
    if (one)
        c->spines[c->spine_count++] = (uint16_t)spine;
    for (uint32_t i = 1; !one && i <= all && c->spine_count < PROBE_SPINES; i++)
        c->spines[c->spine_count++] = (uint16_t)((spine + i) % all);
}

/* False: no path would do. */
static bool choose(struct choice *c, const struct leaf_ports *leaves, const struct component *near,
                   bool turns_help)
{
    c->best_cost = INFINITY;
    offer_ports(c, leaves, near);
    offer_spines(c, near);
    for (unsigned i = 0; i < c->port_count; i++) {
        for (unsigned k = 0; k < c->port_count; k++)
            consider_pair(c, c->ports[i], c->ports[k]);
        if (turns_help && c->member != UINT32_MAX)
            consider_turns(c, c->ports[i]);
    }
    return c->best_cost < COST_MEMBER;
}

/* ---- how many ---- */

static void size_train(struct probe *p, const struct probe_need *need)
{
    p->repeats = 1;
    p->packets = PROBE_SILENCE_PACKETS;
    if (need->silence)
        return;
    if (need->channel != EVIDENCE_SLOW) {
        p->packets = (uint32_t)fmin(PROBE_PACKETS_MAX, ceil(PROBE_LOSSES / fmax(need->loss, 1e-6)));
        return;
    }
    /* The medians of n repeats differ by half the excess with four standard errors to spare: of a median
     * 1.25 noise / sqrt(n), of the difference of two sqrt(2) times that. */
    double ratio = 2 * 4 * 1.25 * sqrt(2) * need->noise / fmax(need->excess, 0.01);
    p->repeats = (uint32_t)fmin(PROBE_REPEATS_MAX, fmax(8, ceil(ratio * ratio)));
    p->packets = PROBE_TRAIN_PACKETS;
}

static void add_probe(struct probing *p, const struct choice *c, const struct probe_need *need)
{
    struct probe *probe = &p->probes[p->count++];
    *probe = (struct probe){.flow = c->best, .member = c->member, .reference = c->member == UINT32_MAX};
    size_train(probe, need);
}

/* Of the set before: the way that was tried for this member. */
static const struct flow *tried_for(const struct probing *before, const struct flow_map *map, uint32_t member)
{
    for (uint32_t i = 0; i < before->count; i++)
        if (before->probes[i].member == member && flow_crosses(map, &before->probes[i].flow, member))
            return &before->probes[i].flow;
    return NULL;
}

void probing_plan(struct probing *p, const struct evidence *e, const struct leaf_ports *leaves,
                  const struct suspicion *s, const struct probe_need *need)
{
    const struct component_shape *shape = &e->map->shape;
    struct probing before = *p;
    p->count = 0;
    for (uint32_t i = 0; i < s->count; i++) {
        struct choice c = {.evidence = e,
                           .suspicion = s,
                           .member = s->components[i],
                           .silence = need->silence,
                           .last = tried_for(&before, e->map, s->components[i])};
        struct component near = component_at(shape, s->components[i]);
        if (choose(&c, leaves, &near, need->silence)) /* of routers no train is to be had */
            add_probe(p, &c, need);
    }
    struct choice c = {.evidence = e, .suspicion = s, .member = UINT32_MAX};
    struct component near = component_at(shape, s->components[0]);
    if (p->count > 0 && need->channel == EVIDENCE_SLOW && !need->silence && choose(&c, leaves, &near, false))
        add_probe(p, &c, need);
}
