/* SPDX-License-Identifier: BSD-3-Clause */
/* The two colourings of a plan: leaves for the spine, and in fabrics of three tiers, for every spine, pods
 * for the core. */
#ifndef WEFT_CONTROL_PLANNER_TIERS_H
#define WEFT_CONTROL_PLANNER_TIERS_H

#include "control/planner/plan_state.h"

enum {
    NO_SPINE = UINT16_MAX,
    NO_CORE = UINT16_MAX
};
#define NO_DEMAND UINT32_MAX /* of a piece that was cut into others */

/* Pieces that still look for their paths. */
struct draft {
    const struct planner_plan *plan; /* of which fabric, demands, stories and bounds are known */
    struct planner_piece *pieces;
    uint32_t count, capacity;
    uint64_t accept_ps;
    bool mends; /* pieces have their old paths, which are kept where they can be */
};

/* Of an empty draft: so many pieces can be added without fail. 0 or -ENOMEM. */
int draft_reserve(struct draft *d, uint32_t count);
/* NULL: no memory. */
struct planner_piece *draft_add(struct draft *d, const struct planner_piece *piece);
/* The whole of a demand, which has no path yet. 0 or -ENOMEM. */
int draft_whole(struct draft *d, uint32_t demand);
struct draft plan_open_draft(const struct planner_plan *plan);
/* Colours the draft, which `result` says whether there is, and takes it over; the draft is gone. */
int plan_finish(struct planner_plan *plan, struct draft *d, int result, char *error);
/* Give every piece a spine, and a core if it needs one; may cut pieces. 0 or -ENOMEM. */
int tiers_colour_spines(struct draft *d);
int tiers_colour_cores(struct draft *d);

#endif
