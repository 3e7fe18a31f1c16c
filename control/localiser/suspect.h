/* SPDX-License-Identifier: BSD-3-Clause */
/* Who is to blame, of all that have enough against them: the one against whom most speaks, and whoever the
 * evidence does not tell from it. */
#ifndef WEFT_CONTROL_LOCALISER_SUSPECT_H
#define WEFT_CONTROL_LOCALISER_SUSPECT_H

#include "control/localiser/evidence.h"

enum {
    SUSPECT_ROUNDS_NEEDED = 2 /* in a row, in which there is enough against it */
};

struct suspicion {
    enum evidence_channel channel;
    uint32_t count; /* of components, the most suspect first */
    uint32_t components[VERDICT_COMPONENTS_MAX];
    uint32_t origin;        /* the switch in whose stead the first is suspected; or the first */
    uint32_t reporters;     /* ports whose own records speak against the first */
    uint32_t sole_reporter; /* if it is one */
    double runner_up;       /* what speaks against the next best outside */
    double total;
    double confidence;
};

/* False: there is not enough against anybody who is not accused already. */
bool suspect_find(const struct evidence *e, struct suspicion *s);

#endif
