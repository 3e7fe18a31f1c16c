/* SPDX-License-Identifier: BSD-3-Clause */
/* What an operation puts on every link between leaves and spines: the share that the plan gave each. */
#ifndef WEFT_CONTROL_LOCALISER_LINK_LOAD_H
#define WEFT_CONTROL_LOCALISER_LINK_LOAD_H

#include "control/localiser/flow.h"

struct link_load {
    const struct flow_map *map;
    float *bytes;   /* [component]; of links alone */
    float up, down; /* the median of those that carry something */
};

int link_load_create(struct link_load *l, const struct flow_map *map);
void link_load_destroy(struct link_load *l);
void link_load_add(struct link_load *l, const struct flow *flow, uint64_t bytes);
/* After all were added. Returns how many links carry a good deal more than the median of their kind. */
uint32_t link_load_settle(struct link_load *l);
/* log of the load of the more loaded of the flow's two links over the median of its kind; at least 0. */
float link_load_above(const struct link_load *l, const struct flow *flow);

#endif
