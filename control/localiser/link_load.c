/* SPDX-License-Identifier: BSD-3-Clause */
#include "control/localiser/link_load.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>

#include "control/localiser/order.h"

enum {
    LOADED_LINKS_MIN = 2
};
#define LOADED 1.1f /* times the median */

int link_load_create(struct link_load *l, const struct flow_map *map)
{
    uint32_t components = component_count(&map->shape);
    *l = (struct link_load){.map = map,
                            .bytes = calloc(components, sizeof(float)),
                            .slope = calloc(components, sizeof(float)),
                            .taught = calloc(components, sizeof(uint32_t))};
    if (l->bytes != NULL && l->slope != NULL && l->taught != NULL)
        return 0;
    link_load_destroy(l);
    return -ENOMEM;
}

void link_load_destroy(struct link_load *l)
{
    free(l->bytes);
    free(l->slope);
    free(l->taught);
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

int link_load_settle(struct link_load *l)
{
    const struct component_shape *s = &l->map->shape;
    uint32_t links = s->leaf_count * s->spine_count, up = 2 * s->port_count, down = up + links;
    float *scratch = malloc(links * sizeof(float));
    if (scratch == NULL)
        return -ENOMEM;
    l->up = median_of(l, up, links, scratch);
    l->down = median_of(l, down, links, scratch);
    free(scratch);
    return 0;
}

/* Of the flow's two links the one that carries more, and its load over the median. */
static uint32_t more_loaded(const struct link_load *l, const struct flow *f, float *load)
{
    float up = l->bytes[up_of(l, f)] / l->up, down = l->bytes[down_of(l, f)] / l->down;
    *load = fmaxf(up, down);
    return up > down ? up_of(l, f) : down_of(l, f);
}

static bool is_known(const struct link_load *l, const struct flow *f)
{
    return f->spine != FLOW_NO_SPINE && l->up > 0 && l->down > 0;
}

float link_load_above(const struct link_load *l, const struct flow *f)
{
    float load = 1;
    if (is_known(l, f))
        more_loaded(l, f, &load);
    return logf(fmaxf(1, load));
}

void link_load_teach(struct link_load *l, const struct flow *f, float excess)
{
    float load;
    if (!is_known(l, f))
        return;
    uint32_t link = more_loaded(l, f, &load);
    if (load < LOADED)
        return;
    l->slope[link] += excess / logf(load);
    l->taught[link]++;
}

float link_load_effect(const struct link_load *l)
{
    const struct component_shape *s = &l->map->shape;
    uint32_t first = 2 * s->port_count, end = first + 2 * s->leaf_count * s->spine_count, count = 0;
    float *slopes = malloc((end - first) * sizeof(float)), effect = 0;
    for (uint32_t link = first; slopes != NULL && link < end; link++)
        if (l->taught[link] > 0)
            slopes[count++] = l->slope[link] / (float)l->taught[link];
    if (count >= LOADED_LINKS_MIN)
        effect = fminf(1, fmaxf(0, order_nth(slopes, count, (count - 1) / 2)));
    free(slopes);
    return effect;
}
