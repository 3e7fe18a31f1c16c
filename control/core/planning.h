/* SPDX-License-Identifier: BSD-3-Clause */
/* One computation of a plan: what it is for, taken out of the core, and what came of it. */
#ifndef WEFT_CONTROL_PLANNING_H
#define WEFT_CONTROL_PLANNING_H

#include "control/core/plan_result.h"

/* A job as it was when planning began. */
struct planning_job {
    uint64_t identity;
    struct geometry *geometry; /* kept */
    unsigned priority;
    uint64_t flow_bytes[STEP_SHAPES];
};

struct core_planning {
    const struct fabric_map *map;
    struct planner_fabric *fabric; /* handed over to the result */
    struct planning_job *jobs;
    unsigned job_count;
    const struct plan_result *previous; /* in force, and stays so until the planning is published; or NULL */
    bool revise;                        /* only links have changed since the previous one */
    bool refine;   /* nothing has, but the previous one was revised and may be bettered */
    bool unwanted; /* it has not been, by enough */
    char cause[CORE_REASON_BYTES];
    struct plan_result *result; /* NULL: `error` says why */
    char error[CORE_ERROR_BYTES];
};

/* The tables, and the steps ordered by job and weight with their layers; those of the previous plan, where it
 * is revised. -ENOMEM. */
int planning_make_tables(struct core_planning *p, struct plan_result *result);
/* The rates of `fabric` without what the jobs that have no step in this layer (not 0, that of all) put on its
 * links. NULL: no memory. */
struct planner_fabric *planning_background(const struct core_planning *p, const struct plan_result *result,
                                           unsigned layer);
/* Plans all layers. 0 or -errno with p->error. */
int planning_make_layers(struct core_planning *p, struct plan_result *result);
/* Whether a plan made anew is better by more than the moves that it takes are worth. */
bool planning_is_worth_it(const struct core_planning *p, const struct plan_result *result);
/* Fills the record from the layers, and says what it is like. -ENOMEM. */
int planning_make_record(struct core_planning *p, struct plan_result *result);

/* The hash of what hosts see: all but the epoch. Over 64-bit words w, in this order, from h = 0:
 *     h = (h ^ w) * 0x9e3779b97f4a7c15;  h = h ^ h >> 32
 * leaf_prefix_bits; each spine's address; each prefix << 32 | the leaf's number; each uplink's rate upwards
 * and its rate downwards, bytes/s; of each table identity, shape and, of each planned flow, its number and
 * its pieces' spine << 32 | share. */
uint64_t planning_hash(const struct core_planning *p, const struct plan_result *result);

#endif
