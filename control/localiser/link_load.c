/* SPDX-License-Identifier: BSD-3-Clause */
#include "control/localiser/link_load.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>

#include "control/localiser/order.h"

#define LOADED 1.1f /* times the median */

int link_load_create(struct link_load *l, const struct flow_map *map)
{
    *l = (struct link_load){.map = map, .bytes = calloc(component_count(&map->shape), sizeof(float))};
    return l->bytes != NULL ? 0 : -ENOMEM;
}

void link_load_destroy(struct link_load *l)
{
    free(l->bytes);
}

static uint32_t up_of(const struct link_load *l, const struct flow *f)
{
    struct component c = {.kind = COMPONENT_UP, .place = l->map->port_leaf[f->source], .spine = f->spine};
    return component_number(&l->map->shape, &c);
}

static uint32_t down_of(const struct link_load *l, const struct flow *f)
{
    struct component c = {
        .kind = COMPONENT_DOWN, .place = l->map->port_leaf[f->destination], .spine = f->spine};
    return component_number(&l->map->shape, &c);
}

void link_load_add(struct link_load *l, const struct flow *f, uint64_t bytes)
{
    if (f->spine == FLOW_NO_SPINE)
        return;
    l->bytes[up_of(l, f)] += (float)bytes;
    l->bytes[down_of(l, f)] += (float)bytes;
}

/* Of the links numbered from `first` on. */
static float median_of(const struct link_load *l, uint32_t first, uint32_t count, float *scratch)
{
    uint32_t used = 0;
    for (uint32_t i = 0; i < count; i++)
        if (l->bytes[first + i] > 0)
            scratch[used++] = l->bytes[first + i];
    return used > 0 ? order_median(scratch, used) : 0;
}

static uint32_t count_loaded(const struct link_load *l, uint32_t first, uint32_t count, float median)
{
    uint32_t loaded = 0;
    for (uint32_t i = 0; i < count; i++)
        loaded += l->bytes[first + i] > LOADED * median;
    return loaded;
}

uint32_t link_load_settle(struct link_load *l)
{
    const struct component_shape *s = &l->map->shape;
    uint32_t links = s->leaf_count * s->spine_count, up = 2 * s->port_count, down = up + links;
    float *scratch = malloc(links * sizeof(float));
    if (scratch == NULL)
        return 0;
    l->up = median_of(l, up, links, scratch);
    l->down = median_of(l, down, links, scratch);
    free(scratch);
    return count_loaded(l, up, links, l->up) + count_loaded(l, down, links, l->down);
}

float link_load_above(const struct link_load *l, const struct flow *f)
{
    if (f->spine == FLOW_NO_SPINE || l->up <= 0 || l->down <= 0)
        return 0;
    float up = l->bytes[up_of(l, f)] / l->up, down = l->bytes[down_of(l, f)] / l->down;
    return logf(fmaxf(1, fmaxf(up, down)));
}
