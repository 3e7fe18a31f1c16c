/* SPDX-License-Identifier: BSD-3-Clause */
/* Which flows a plan takes when its links cannot carry all of them within the budget. */
#ifndef WEFT_CONTROL_PLANNER_ADMISSION_H
#define WEFT_CONTROL_PLANNER_ADMISSION_H

#include "control/planner/plan_state.h"

/* Plans within options.budget_ns: whole flows are admitted or deferred, so that the admitted bytes x priority
 * become as large as a good heuristic makes them. 0, -EINVAL or -ENOMEM with a line. */
int admission_make(struct planner_plan *plan, char *error);

#endif
