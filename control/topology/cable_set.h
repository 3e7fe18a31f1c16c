/* SPDX-License-Identifier: BSD-3-Clause */
/* Observed cables, each once: seen from both ends it is still one cable. */
#ifndef WEFT_TOPOLOGY_CABLE_SET_H
#define WEFT_TOPOLOGY_CABLE_SET_H

#include "control/topology/builder.h"
#include "control/topology/observation.h"

struct cable {
    struct topology_end ends[2]; /* the first by its name in natural order first; port "": not told */
};

struct cable_set {
    struct cable *cables; /* in natural order of the first ends, then of the second */
    size_t count;
};

/* Texts are those of `observed`. 0 or -ENOMEM. */
int cable_set_create(struct cable_set *set, const struct observed_cables *observed);
void cable_set_destroy(struct cable_set *set);

#endif
