/* SPDX-License-Identifier: BSD-3-Clause */
/* A probe takes its share of the ports and links on its way, so messages beside it are slow through no fault
 * of theirs: nobody is blamed for that. A probe casts its shadow on the rounds in which it is on its way, and
 * on the next one, as records come after what they tell of. */
#ifndef WEFT_CONTROL_LOCALISER_PROBE_SHADOW_H
#define WEFT_CONTROL_LOCALISER_PROBE_SHADOW_H

#include "control/localiser/flow.h"

struct probe_shadow {
    const struct flow_map *map;
    uint64_t *until; /* [component]: rounds before this one are in a shadow */
};

int probe_shadow_create(struct probe_shadow *s, const struct flow_map *map);
void probe_shadow_destroy(struct probe_shadow *s);
/* The probe is on its way during `round`. */
void probe_shadow_cast(struct probe_shadow *s, const struct flow *probe, uint64_t round);
/* Whether what is told in `round` of the flow may have shared a port or a link with a probe. */
bool probe_shadow_covers(const struct probe_shadow *s, const struct flow *flow, uint64_t round);

#endif
