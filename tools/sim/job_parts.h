/* SPDX-License-Identifier: BSD-3-Clause */
/* What the files of a job share: life (job.c), steps (job_steps.c) and events (job_events.c). */
#ifndef SIM_JOB_PARTS_H
#define SIM_JOB_PARTS_H

#include "tools/sim/job.h"

static inline nsec_t job_now(const struct job_rank *r)
{
    return simulation_now(r->job->simulation);
}

/* Posts and submits whatever the rules allow now. */
void job_rank_pump(struct job_rank *r);
void job_rank_pump_lane(struct job_rank *r, unsigned lane);
/* All lanes are through. */
void job_rank_end_phase(struct job_rank *r);
/* The rank has done its part, or can do no more. */
void job_rank_end(struct job_rank *r);

#endif
