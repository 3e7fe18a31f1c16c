/* SPDX-License-Identifier: BSD-3-Clause */
/* A scenario tried in another way: another path mode, congestion control, size, or with a link that fails. */
#ifndef SIM_VARIANT_H
#define SIM_VARIANT_H

#include "tools/sim/experiment.h"

struct variant {
    int path_mode;                               /* of all jobs; -1: the scenario's */
    const struct congestion_control *congestion; /* NULL: the scenario's */
    uint64_t bytes;                              /* of all workloads; 0: the scenario's */
    bool link_down; /* leaf0-spine0, both directions, from VARIANT_LINK_DOWN_NS on, unseen by routing */
};

/* From the start of the jobs. */
#define VARIANT_LINK_DOWN_NS NSEC_PER_USEC

/* `base` is an experiment whose hosts stay as they are; it must outlive the variant. */
void variant_make(const struct experiment *base, const struct variant *v, struct experiment *out);
void variant_clear(struct experiment *e);

#endif
