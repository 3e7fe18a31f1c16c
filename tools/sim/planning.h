/* SPDX-License-Identifier: BSD-3-Clause */
/* Control's part for jobs of path mode `planned`: the planner is asked for the paths of what all of them do
 * in step after step, and every host gets the outcome as it would from control, without a packet. What hosts
 * report of dead paths makes a new plan, simulation_config.control_delay_ns later; steps that are under way
 * go on as they were planned. Two tiers; with three, jobs are split locally. */
#ifndef SIM_PLANNING_H
#define SIM_PLANNING_H

#include "dataplane/transport/transport.h"

struct simulation;
struct host;
struct path_report;
struct path_reports;

#define PLANNING_DELAY_NS                                                                                    \
    (50 * NSEC_PER_MSEC) /* what control takes in labs; a scenario may say otherwise                         \
                          */

struct planned_host {
    struct path_plan *plan; /* what its transport follows; points into the block */
    struct plan_header *block;
};

struct planning {
    uint64_t epoch;
    struct planned_host *hosts;   /* NULL: no plan yet */
    struct path_reports *reports; /* NULL until there is a plan, as the following */
    bool *accused;                /* [leaf * spines + spine]: their links carry nothing of the plan */
    bool reported;                /* a report is on its way to the planner */
};

/* Plans for the jobs that are open, over links as they are: down ones carry nothing. Does nothing if no job
 * is planned. */
void planning_make(struct simulation *s);
/* A host tells that a path has died, or lives again. */
void planning_on_report(struct simulation *s, const struct path_report *report);
/* The host's dataplane is gone. */
void planning_on_host_killed(struct simulation *s, const struct host *host);
/* The host has a new transport, or there is a new plan. */
void planning_follow(struct simulation *s, struct host *host);
void planning_destroy(struct simulation *s);

#endif
