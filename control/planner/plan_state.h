/* SPDX-License-Identifier: BSD-3-Clause */
/* What the planner's own files know of a plan. */
#ifndef WEFT_CONTROL_PLANNER_PLAN_STATE_H
#define WEFT_CONTROL_PLANNER_PLAN_STATE_H

#include "control/planner/explain.h"
#include "control/planner/fabric_state.h"
#include "control/planner/planner.h"

/* Why a flow is where it is. */
struct flow_story {
    enum planner_reason reason;
    struct planner_link link; /* of PLANNER_REASON_MOVED: the one it left */
};

struct planner_plan {
    struct planner_fabric *fabric;
    struct planner_demand *demands;
    uint32_t demand_count;
    uint32_t (*end_leaves)[SIDES]; /* [demand]: of its ports, side by side where ports are all over memory */
    uint32_t *job_priorities;
    uint32_t job_count;
    struct planner_options options;
    struct flow_story *stories;   /* [demand] */
    uint32_t *first_piece;        /* [demand], and one more */
    struct planner_piece *pieces; /* by demand, then path */
    uint64_t *loads[SIDES];       /* of links, bytes: as fabric->rates */
    uint64_t *core_loads[SIDES];  /* as fabric->core_rates */
    struct planner_summary summary;
    uint32_t *changed; /* of a revised plan: the demands whose pieces are others than before, ascending */
    uint32_t changed_count;
};

static inline uint32_t plan_end_leaf(const struct planner_plan *plan, uint32_t demand, enum planner_side side)
{
    return plan->end_leaves[demand][side];
}

static inline bool plan_crosses_cores(const struct planner_plan *plan, uint32_t demand)
{
    return fabric_crosses_cores(plan->fabric, plan_end_leaf(plan, demand, SIDE_OUT),
                                plan_end_leaf(plan, demand, SIDE_IN));
}

static inline uint32_t plan_priority(const struct planner_plan *plan, uint32_t demand)
{
    return plan->job_priorities != NULL ? plan->job_priorities[plan->demands[demand].job] : 0;
}

/* Neither inside a leaf, nor left out. */
static inline bool plan_needs_path(const struct planner_plan *plan, uint32_t demand)
{
    enum planner_reason reason = plan->stories[demand].reason;
    return reason != PLANNER_REASON_LOCAL && reason != PLANNER_REASON_UNROUTED &&
           reason != PLANNER_REASON_DEFERRED;
}

struct plan_beginning {
    const struct planner_fabric *fabric;
    const struct planner_demands *demands;
    const struct planner_options *options;
    const struct planner_plan *old; /* of the same demands and ports, or NULL: spares looking at every port */
};
/* A plan with bounds and no pieces. Fails as planner_plan_create() does; *plan is the caller's all the same.
 */
int plan_begin(const struct plan_beginning *from, struct planner_plan **plan, char *error);
/* At the end of making a plan: the caller gets it, or it is destroyed. Returns `result`. */
int plan_hand_over(int result, struct planner_plan *made, struct planner_plan **plan);
/* Sorts out which demands need a path and can have one: PLANNER_REASON_COLOURED until more is known. */
void plan_classify(struct planner_plan *plan);
/* Fills in the summary's bounds, from the demands that are not left out. -EINVAL if they are beyond what can
 * be counted (14 days), -ENOMEM. */
int plan_measure_bounds(struct planner_plan *plan, char *error);
/* Takes the pieces into the plan, in order and those of one path joined, and counts everything else up from
 * them. */
int plan_adopt_pieces(struct planner_plan *plan, const struct planner_piece *pieces, uint32_t count,
                      char *error);
/* Everything that follows from the pieces: loads and summary but for the bounds and what revisions count. */
void plan_count(struct planner_plan *plan);

#endif
