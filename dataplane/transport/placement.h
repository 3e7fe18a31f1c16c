/* SPDX-License-Identifier: BSD-3-Clause */
/* Where the flows of a batch go: as the plan says, else split together for each leaf that they go to, over
 * the paths that live, or each over one path, or by packets, as the communicator's path mode says. */
#ifndef WEFT_TRANSPORT_PLACEMENT_H
#define WEFT_TRANSPORT_PLACEMENT_H

#include "dataplane/transport/state.h"

/* One step's flows to one leaf, and what they share. */
struct bucket {
    const struct communicator *communicator;
    uint64_t batch_bytes, start_tag;
    uint8_t paths[PACKET_PATHS_MAX];       /* live for every peer of the bucket */
    unsigned path_count, known_path_count; /* known: those that are dead or left alone as well */
};

/* Modes of which flows may be cut: a flow then needs a piece a path at most, else one. */
bool placement_cuts_flows(enum path_mode mode);
/* Gives each of the batch's messages, t->unplaced[0 .. count), its pieces, parked; there are enough. The
 * bucket has what the batch shares; its paths are for this. */
void placement_of_batch(struct transport *t, struct bucket *b, enum step_shape shape, unsigned count,
                        nsec_t now);

#endif
