/* SPDX-License-Identifier: BSD-3-Clause */
/* What the files of part.h share. */
#ifndef WEFT_CONTROL_LOCALISER_PART_PARTS_H
#define WEFT_CONTROL_LOCALISER_PART_PARTS_H

#include "control/localiser/part.h"

/* Whether the component is a part of it, and nobody's accusation yet. */
bool part_is_candidate(const struct evidence *e, enum evidence_channel channel, const struct component *whole,
                       uint32_t component);
/* The most suspect part, if its cable explains as much as the switch does, or is what all else is not; else
 * the switch. */
uint32_t part_slow_of(const struct evidence *e, uint32_t whole);
/* The part whose cable's larger share of losses is the least likely chance, by `least` (log) at least; else
 * the switch. */
uint32_t part_lossy_of(const struct evidence *e, uint32_t whole, double least);

#endif
