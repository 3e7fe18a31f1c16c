/* SPDX-License-Identifier: BSD-3-Clause */
/* Control's part for jobs of path mode `planned`: the planner is asked for the paths of what all of them do
 * in step after step, and every host gets the outcome as it would from control, at once and without a packet.
 * Two tiers; with three, jobs are split locally. */
#ifndef SIM_PLANNING_H
#define SIM_PLANNING_H

#include "dataplane/transport/transport.h"

struct simulation;
struct host;

struct planned_host {
    struct path_plan *plan; /* what its transport follows; points into the block */
    struct plan_header *block;
};

struct planning {
    uint64_t epoch;
    struct planned_host *hosts; /* NULL: no plan yet */
};

/* Plans for the jobs that are open, over links as they are: down ones carry nothing. Does nothing if no job
 * is planned. */
void planning_make(struct simulation *s);
/* The host has a new transport, or there is a new plan. */
void planning_follow(struct simulation *s, struct host *host);
void planning_destroy(struct simulation *s);

#endif
