/* SPDX-License-Identifier: BSD-3-Clause */
/* Dissemination: at step k a rank tells the rank 2^k further on that it, and everyone it has heard of, is
 * here. After ceil(log2 n) steps it has heard of everyone. */
#include "dataplane/client/schedule_parts.h"

static void barrier_step(const struct schedule *s, unsigned lane, unsigned step, struct schedule_step *out)
{
    (void)lane;
    const struct schedule_problem *p = &s->problem;
    int64_t distance = (int64_t)1 << step;
    out->sends[out->send_count++] = (struct schedule_send){.peer = rank_plus(p, p->rank, distance)};
    out->receives[out->receive_count++] = (struct schedule_receive){.peer = rank_plus(p, p->rank, -distance)};
}

void schedule_plan_barrier(struct schedule *s)
{
    s->make_step = barrier_step;
    s->steps = ceil_log2(s->problem.rank_count);
}
