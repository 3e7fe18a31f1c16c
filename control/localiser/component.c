/* SPDX-License-Identifier: BSD-3-Clause */
#include "control/localiser/component.h"

#include <stdio.h>

static uint32_t first_up(const struct component_shape *s)
{
    return 2 * s->port_count;
}

static uint32_t first_down(const struct component_shape *s)
{
    return first_up(s) + s->leaf_count * s->spine_count;
}

static uint32_t first_spine(const struct component_shape *s)
{
    return first_down(s) + s->leaf_count * s->spine_count;
}

uint32_t component_count(const struct component_shape *s)
{
    return first_spine(s) + s->spine_count + s->leaf_count;
}

uint32_t component_number(const struct component_shape *s, const struct component *c)
{
    switch (c->kind) {
    case COMPONENT_TX:
        return c->place;
    case COMPONENT_RX:
        return s->port_count + c->place;
    case COMPONENT_UP:
        return first_up(s) + c->place * s->spine_count + c->spine;
    case COMPONENT_DOWN:
        return first_down(s) + c->place * s->spine_count + c->spine;
    case COMPONENT_SPINE:
        return first_spine(s) + c->place;
    case COMPONENT_LEAF:
    case COMPONENT_KINDS:
        break;
    }
    return first_spine(s) + s->spine_count + c->place;
}

static struct component link_at(const struct component_shape *s, enum component_kind kind, uint32_t number)
{
    return (struct component){
        .kind = kind, .place = number / s->spine_count, .spine = number % s->spine_count};
}

struct component component_at(const struct component_shape *s, uint32_t number)
{
    if (number < s->port_count)
        return (struct component){.kind = COMPONENT_TX, .place = number};
    if (number < first_up(s))
        return (struct component){.kind = COMPONENT_RX, .place = number - s->port_count};
    if (number < first_down(s))
        return link_at(s, COMPONENT_UP, number - first_up(s));
    if (number < first_spine(s))
        return link_at(s, COMPONENT_DOWN, number - first_down(s));
    if (number < first_spine(s) + s->spine_count)
        return (struct component){.kind = COMPONENT_SPINE, .place = number - first_spine(s)};
    return (struct component){.kind = COMPONENT_LEAF, .place = number - first_spine(s) - s->spine_count};
}

uint32_t component_twin(const struct component_shape *shape, uint32_t number)
{
    static const enum component_kind twins[COMPONENT_KINDS] = {
        [COMPONENT_TX] = COMPONENT_RX,       [COMPONENT_RX] = COMPONENT_TX,
        [COMPONENT_UP] = COMPONENT_DOWN,     [COMPONENT_DOWN] = COMPONENT_UP,
        [COMPONENT_SPINE] = COMPONENT_SPINE, [COMPONENT_LEAF] = COMPONENT_LEAF};
    struct component c = component_at(shape, number);
    c.kind = twins[c.kind];
    return component_number(shape, &c);
}

void component_name(const struct component *c, char name[COMPONENT_NAME_BYTES])
{
    switch (c->kind) {
    case COMPONENT_TX:
    case COMPONENT_RX:
        snprintf(name, COMPONENT_NAME_BYTES, "port%u %s", c->place, c->kind == COMPONENT_TX ? "tx" : "rx");
        break;
    case COMPONENT_UP:
    case COMPONENT_DOWN:
        snprintf(name, COMPONENT_NAME_BYTES, "leaf%u-spine%u %s", c->place, c->spine,
                 c->kind == COMPONENT_UP ? "up" : "down");
        break;
    case COMPONENT_SPINE:
        snprintf(name, COMPONENT_NAME_BYTES, "spine%u", c->place);
        break;
    case COMPONENT_LEAF:
    case COMPONENT_KINDS:
        snprintf(name, COMPONENT_NAME_BYTES, "leaf%u", c->place);
        break;
    }
}
