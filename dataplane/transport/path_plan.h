/* SPDX-License-Identifier: BSD-3-Clause */
/* Control's plan as the transport uses it: which paths to leave alone, what each is worth, and the pieces of
 * the flows that it names. What it does not name, or names wrongly by now (a path has died, the peer follows
 * another plan), is split locally, which is always safe. */
#ifndef WEFT_TRANSPORT_PATH_PLAN_H
#define WEFT_TRANSPORT_PATH_PLAN_H

#include "dataplane/transport/state.h"

/* A peer or its paths are new, or the plan is: finds out which of its paths the plan wants left alone. */
void path_plan_refresh_peer(const struct transport *t, struct peer *peer);

/* Of these live paths (a bit each) those to be used: not the ones of weight zero, unless all are. */
static inline uint64_t path_plan_usable(const struct peer *peer, uint64_t alive)
{
    uint64_t usable = alive & ~peer->avoided_paths;
    return usable != 0 ? usable : alive;
}

/* The weights of these paths towards the peer's leaf; false when they are all alike. */
bool path_plan_weights(const struct transport *t, const struct peer *peer, const uint8_t *paths,
                       unsigned count, uint16_t *weights);

/* The plan's table for this step of the communicator; NULL: all of it is split locally. */
const struct plan_communicator *path_plan_table(const struct transport *t, const struct communicator *c,
                                                enum step_shape shape);
/* Cuts the message as planned, over the paths of `alive`, into at most PACKET_PATHS_MAX pieces; `path` of
 * each is a path number, `flow` is 0. Returns their count, or 0 when the message is to be split locally. */
unsigned path_plan_cut(const struct transport *t, const struct plan_communicator *table,
                       const struct outgoing *m, uint64_t alive, struct split_piece *pieces);

/* What the header of every packet says of the plan; a host without one says 0. */
uint16_t path_plan_epoch_on_wire(uint64_t epoch);

#endif
