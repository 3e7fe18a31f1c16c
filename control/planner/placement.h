/* SPDX-License-Identifier: BSD-3-Clause */
/* Colours all items of a colouring so that as few as possible are cut and no link is busy for longer than is
 * accepted: whole items first, by fair limits, then by what is accepted; what is left over is cut
 * (cutting.h). */
#ifndef WEFT_CONTROL_PLANNER_PLACEMENT_H
#define WEFT_CONTROL_PLANNER_PLACEMENT_H

#include "control/planner/colouring.h"

struct placement {
    struct colouring *colouring;
    uint64_t accept_ps;
    uint64_t piece_bytes_min;
    uint32_t granule_bytes; /* pieces are cut at multiples of it */
};

/* Colours all items; the first chooses first. Items that were cut are left without a colour; their pieces are
 * new items of the same owner. Both return 0 or -ENOMEM. */
int placement_make(const struct placement *p);
/* Some items have colours already: places those that have none, the largest first, and moves what no longer
 * fits on its link, and next to nothing else: for a hundred items of these, at most `moves_per_cent` others
 * are recoloured to make room. */
int placement_mend(const struct placement *p, uint32_t moves_per_cent);

#endif
