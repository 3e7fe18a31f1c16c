/* SPDX-License-Identifier: BSD-3-Clause */
#include "control/localiser/pauses.h"

#include "dataplane/formats/timing.h"

#define MEMORY (1.0 / 32) /* of an operation */

void pauses_take(struct pauses *p, const struct open_operation *o)
{
    double away_ns = 0, whole_ns = 0;
    for (size_t i = 0; i < o->count; i++) {
        const struct sample *s = &o->samples[i];
        if (s->kind != TIMING_ENDED || s->away_ns == 0)
            continue;
        away_ns += (double)s->away_ns;
        whole_ns += (double)s->away_ns + (double)s->network_ns;
    }
    if (whole_ns <= 0)
        return;
    p->away_ns += away_ns - MEMORY * p->away_ns;
    p->whole_ns += whole_ns - MEMORY * p->whole_ns;
}

double pauses_share(const struct pauses *p)
{
    return p->whole_ns > 0 ? p->away_ns / p->whole_ns : 1;
}
