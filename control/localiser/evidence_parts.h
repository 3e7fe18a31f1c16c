/* SPDX-License-Identifier: BSD-3-Clause */
/* What the files of evidence.h share. */
#ifndef WEFT_CONTROL_LOCALISER_EVIDENCE_PARTS_H
#define WEFT_CONTROL_LOCALISER_EVIDENCE_PARTS_H

#include "control/localiser/evidence.h"

/* Before the first round. */
void evidence_begin_thresholds(struct evidence *e);
/* Of the closed round of this age, in the ring. */
uint32_t evidence_ring_index(const struct evidence *e, uint32_t age);
/* Adds the round of this age to what all before it add up to, and counts streaks. */
void evidence_accumulate(struct evidence *e, uint32_t age, enum evidence_channel channel);

#endif
