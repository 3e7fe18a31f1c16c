/* SPDX-License-Identifier: BSD-3-Clause */
/* A plan for the whole fabric with all that it was made from: the planner's own plans, so that it can be
 * revised and explained, and what each link carries.
 *
 * Steps of one job do not overlap, but jobs do. So every job's heaviest step (by bytes between leaves) is
 * planned together with all other jobs' heaviest: layer 0. Layer i holds the i-th heaviest step of each job
 * that has so many; of the jobs that have fewer, what layer 0 makes them put on each link is taken off its
 * rate (plan_background.c). With one job, or jobs with equally many steps, that is exact. */
#ifndef WEFT_CONTROL_PLAN_RESULT_H
#define WEFT_CONTROL_PLAN_RESULT_H

#include "control/core/plan_record.h"
#include "control/planner/planner.h"

enum {
    CORE_PLAN_FLOWS_MAX = 1 << 22 /* of all jobs; those with the least priority go without a plan */
};

/* One step of one job. */
struct plan_entry {
    uint32_t job;   /* number among the planning's */
    uint32_t table; /* of the record */
    unsigned step;
    uint64_t crossing_bytes; /* of its flows between leaves */
    uint64_t bytes;          /* of one */
    unsigned layer;
    uint32_t first_demand, demand_count; /* of the layer's plan */
};

struct plan_layer {
    struct planner_plan *plan;
    uint32_t *flows; /* [demand]: the record's */
    uint32_t demand_count;
};

struct plan_result {
    struct plan_record *record; /* the history's once it is published */
    struct planner_fabric *fabric;
    struct plan_entry *entries;
    unsigned entry_count;
    struct plan_layer *layers;
    unsigned layer_count;
    struct core_plan_job *jobs; /* of each table */
    uint64_t *link_flows;       /* [uplink] */
    double *link_share;         /* [uplink] */
    bool follows; /* of the same steps of the same jobs as the one before: tables, entries and flows are equal
                   */
    bool refine;  /* it was revised, and a plan made anew may be better */
};

/* Not its record. NULL is allowed. */
void plan_result_destroy(struct plan_result *r);

#endif
