/* SPDX-License-Identifier: BSD-3-Clause */
/* Recycled entropies: which path the next packet takes when acks tell which paths were good (Bonato et al.,
 * "REPS: Recycled Entropy Packet Spraying for Adaptive Load Balancing and Failure Mitigation",
 * arXiv 2407.21625).
 *
 * The path of every packet that arrived unmarked goes into a small ring, and is taken out again, oldest
 * first, for a packet to be sent; an empty ring means a fresh path. When a path seems to have failed the ring
 * *freezes* for a while: instead of a fresh path, which may be the failed one, what the ring still holds is
 * used again. Then as many packets as fill the pipe take fresh paths before it may freeze again. Pure: the
 * caller brings time, fresh paths and its judgement of acks.
 */
#ifndef WEFT_TRANSPORT_REPS_H
#define WEFT_TRANSPORT_REPS_H

#include <stdbool.h>

#include "dataplane/transport/transport.h"

enum {
    REPS_RING = 8
};

struct reps {
    nsec_t thaws_at;  /* FROZEN: until then */
    uint32_t explore; /* packets that take a fresh path whatever the ring holds */
    bool frozen;
    uint8_t head;  /* where the next path goes in */
    uint8_t valid; /* so many before head have not been used since they came in */
    uint8_t held;  /* entries that ever came in, at most REPS_RING */
    uint8_t ring[REPS_RING];
};

/* As before the first ack. */
void reps_reset(struct reps *r);
/* A packet that took the path has arrived unmarked. */
void reps_on_good_path(struct reps *r, uint8_t path);
/* A packet is believed lost for another reason than congestion. */
void reps_on_failure(struct reps *r, nsec_t thaws_at);
/* The path of the next packet; false: a fresh one. `pipe_packets`: as many as fill the pipe. */
bool reps_next(struct reps *r, uint32_t pipe_packets, nsec_t now, uint8_t *path);

#endif
