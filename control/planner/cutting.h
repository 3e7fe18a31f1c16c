/* SPDX-License-Identifier: BSD-3-Clause */
/* Items that fit on no link whole are cut into pieces that do. */
#ifndef WEFT_CONTROL_PLANNER_CUTTING_H
#define WEFT_CONTROL_PLANNER_CUTTING_H

#include "control/planner/placement.h"

/* Cuts the items (which have no colour now) into as few pieces as will do: equal ones first, 2, 3, 4, 6, 8
 * ... of them, then as large as the links' room allows. What even so fits nowhere goes, whole or in pieces,
 * where it ends first. No piece is smaller than p->piece_bytes_min, so an item of less than two of these
 * stays whole. Returns 0 or -ENOMEM. */
int cutting_run(const struct placement *p, uint32_t *items, uint32_t count);
/* Cuts one item so that all its pieces fit: 1. Or leaves it as it was: 0. Or -ENOMEM. */
int cutting_try(const struct placement *p, uint32_t item);

#endif
