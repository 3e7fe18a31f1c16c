/* SPDX-License-Identifier: BSD-3-Clause */
/* What an operation puts on every link between leaves and spines: the share that the plan gave each. */
#ifndef WEFT_CONTROL_LOCALISER_LINK_LOAD_H
#define WEFT_CONTROL_LOCALISER_LINK_LOAD_H

#include "control/localiser/flow.h"

struct link_load {
    const struct flow_map *map;
    float *bytes;   /* [component]; of links alone */
    float up, down; /* the median of those that carry something */
    float *slope;   /* [component]: of the flows over a loaded link, excess over log of load, summed */
    uint32_t *taught;
};

int link_load_create(struct link_load *l, const struct flow_map *map);
void link_load_destroy(struct link_load *l);
void link_load_add(struct link_load *l, const struct flow *flow, uint64_t bytes);
/* After all were added. -ENOMEM: no link is loaded. */
int link_load_settle(struct link_load *l);
/* log of the load of the more loaded of the flow's two links over the median of its kind; at least 0. */
float link_load_above(const struct link_load *l, const struct flow *flow);

/* The flow took longer than others by `excess` (log): perhaps for the load of its link. */
void link_load_teach(struct link_load *l, const struct flow *flow, float excess);
/* Which power of its load a loaded link's time grows with, 0 to 1: the lower median of what such links have
 * taught, so that faulty ones teach nothing while they are no more than half. 0 if there is but one. */
float link_load_effect(const struct link_load *l);

#endif
