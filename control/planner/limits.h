/* SPDX-License-Identifier: BSD-3-Clause */
/* What each vertex may have of each colour. */
#ifndef WEFT_CONTROL_PLANNER_LIMITS_H
#define WEFT_CONTROL_PLANNER_LIMITS_H

#include "control/planner/colouring.h"

/* For items that have no colour yet. Every vertex's items can just be spread over its colours by their
 * capacities: of equal items each colour may have the number that it must have at least, on one colour, for
 * all to find a place; of unequal ones its share and one item. No colour gets more than it can carry in
 * `accept_ps`; equal items that are then left over make the room of EXCESS. Returns 0 or -ENOMEM. */
int limits_set_fair(struct colouring *c, uint64_t accept_ps);
/* Every colour may have what it can carry in `accept_ps`, EXCESS whatever there is. */
void limits_set_accepted(struct colouring *c, uint64_t accept_ps);
/* The same, and no EXCESS at all. */
void limits_set_budget(struct colouring *c, uint64_t budget_ps);

#endif
