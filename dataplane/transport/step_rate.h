/* SPDX-License-Identifier: BSD-3-Clause */
/* How fast the pieces of a step are to go so that all of it ends together: what congestion control is told
 * when a step begins (congestion.h). */
#ifndef WEFT_TRANSPORT_STEP_RATE_H
#define WEFT_TRANSPORT_STEP_RATE_H

#include "dataplane/transport/placement.h"

/* The message gets a piece of the bucket's batch on the lane: whose window will hold its packets is told. */
void step_rate_on_piece(struct transport *t, const struct bucket *b, const struct outgoing *m,
                        const struct split_piece *cut, uint8_t lane, nsec_t now);

#endif
