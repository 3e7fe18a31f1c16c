/* SPDX-License-Identifier: BSD-3-Clause */
#include "control/localiser/probe_shadow.h"

#include <errno.h>
#include <stdlib.h>

enum {
    SHADOW_ROUNDS = 2 /* the one in which it is on its way, and the next */
};

int probe_shadow_create(struct probe_shadow *s, const struct flow_map *map)
{
    *s = (struct probe_shadow){.map = map, .until = calloc(component_count(&map->shape), sizeof(*s->until))};
    return s->until != NULL ? 0 : -ENOMEM;
}

void probe_shadow_destroy(struct probe_shadow *s)
{
    free(s->until);
    *s = (struct probe_shadow){0};
}

/* On both directions of a cable: acks come back over the other. Switches have room for all. */
static void darken(struct probe_shadow *s, uint32_t component, uint64_t until)
{
    struct component c = component_at(&s->map->shape, component);
    if (flow_map_is_switch(&c))
        return;
    s->until[component] = until;
    s->until[component_twin(&s->map->shape, component)] = until;
}

void probe_shadow_cast(struct probe_shadow *s, const struct flow *probe, uint64_t round)
{
    uint32_t crossed[FLOW_COMPONENTS_MAX];
    unsigned count = flow_components(s->map, probe, crossed);
    for (unsigned i = 0; i < count; i++)
        darken(s, crossed[i], round + SHADOW_ROUNDS);
}

bool probe_shadow_covers(const struct probe_shadow *s, const struct flow *flow, uint64_t round)
{
    uint32_t crossed[FLOW_COMPONENTS_MAX];
    unsigned count = flow_components(s->map, flow, crossed);
    for (unsigned i = 0; i < count; i++)
        if (s->until[crossed[i]] > round)
            return true;
    return false;
}
