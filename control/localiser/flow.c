/* SPDX-License-Identifier: BSD-3-Clause */
#include "control/localiser/flow.h"

unsigned flow_components(const struct flow_map *map, const struct flow *f,
                         uint32_t components[FLOW_COMPONENTS_MAX])
{
    const struct component_shape *s = &map->shape;
    uint32_t from = map->port_leaf[f->source], links = 2 * s->port_count;
    uint32_t to = f->turns ? from : map->port_leaf[f->destination];
    uint32_t spines = links + 2 * s->leaf_count * s->spine_count, leaves = spines + s->spine_count;
    components[0] = f->source;
    components[1] = s->port_count + (f->turns ? f->source : f->destination);
    components[2] = leaves + from;
    if (f->spine == FLOW_NO_SPINE)
        return 3;
    components[3] = links + from * s->spine_count + f->spine;
    components[4] = links + (s->leaf_count + to) * s->spine_count + f->spine;
    components[5] = spines + f->spine;
    if (to == from)
        return 6;
    components[6] = leaves + to;
    return 7;
}

/* As flow_components() says, but asked for one alone: it is asked for every message of the window. */
bool flow_crosses(const struct flow_map *map, const struct flow *f, uint32_t component)
{
    const struct component_shape *s = &map->shape;
    uint32_t from = map->port_leaf[f->source], destination = f->turns ? f->source : f->destination;
    uint32_t to = map->port_leaf[destination], links = 2 * s->port_count;
    uint32_t spines = links + 2 * s->leaf_count * s->spine_count, leaves = spines + s->spine_count;
    if (component < links)
        return component == f->source || component == s->port_count + destination;
    if (f->spine == FLOW_NO_SPINE)
        return component == leaves + from;
    if (component >= leaves)
        return component == leaves + from || component == leaves + to;
    if (component >= spines)
        return component == spines + f->spine;
    return component == links + from * s->spine_count + f->spine ||
           component == links + (s->leaf_count + to) * s->spine_count + f->spine;
}

bool flow_map_is_switch(const struct component *c)
{
    return c->kind == COMPONENT_SPINE || c->kind == COMPONENT_LEAF;
}

bool flow_map_is_part(const struct flow_map *map, const struct component *part, const struct component *whole)
{
    bool link = part->kind == COMPONENT_UP || part->kind == COMPONENT_DOWN;
    if (whole->kind == COMPONENT_SPINE)
        return link && part->spine == whole->place;
    if (part->kind == COMPONENT_TX || part->kind == COMPONENT_RX)
        return map->port_leaf[part->place] == whole->place;
    return link && part->place == whole->place;
}
