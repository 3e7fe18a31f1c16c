/* SPDX-License-Identifier: BSD-3-Clause */
/* How much of their time ranks spend between collectives: then the fabric is silent, as far as they go. What
 * only silence can tell is not asked for where there is none. */
#ifndef WEFT_CONTROL_LOCALISER_PAUSES_H
#define WEFT_CONTROL_LOCALISER_PAUSES_H

#include "control/localiser/open_operation.h"

struct pauses {
    double away_ns, whole_ns; /* of all ranks; fading */
};

void pauses_take(struct pauses *p, const struct open_operation *o);
/* The share of ranks' time, from 0 to 1; 1 as long as nobody knows. */
double pauses_share(const struct pauses *p);

#endif
