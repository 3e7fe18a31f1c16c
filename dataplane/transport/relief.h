/* SPDX-License-Identifier: BSD-3-Clause */
/* Takes work off a path that is slower than planned. The pieces of a step go in proportion, so one that lags
 * behind what the port sends, though its receiver would take more, has a path that gives less than its part:
 * a link at a reduced rate, or one that others load. With d done and l behind where the plan has it, the
 * path's speed is d/(d + l) of the planned; so l/(d + l) of what is left goes over the sibling that lags
 * least. It moves only when l is 8 turns and half of d: credits come in bursts, and a few packets of lag
 * are no sign. The piece is measured anew after each move.
 *
 * Pieces of a plan's are compared with the mean of the port's bytes, not with the one that is furthest. Where
 * the fabric and not the port is what bounds a step, as when an uplink is out, the links with the large
 * pieces are full, and small pieces run ahead on links that are full of others' bytes: to move work there
 * would only unmake the plan. Who plans is told of slow links, and plans for them.
 */
#ifndef WEFT_TRANSPORT_RELIEF_H
#define WEFT_TRANSPORT_RELIEF_H

#include "dataplane/transport/state.h"

/* An ack has come on the channel, and its congestion control has been told. Looks at the piece that goes
 * next on it. */
void relief_on_ack(struct transport *t, struct channel *ch, nsec_t now);

#endif
