/* SPDX-License-Identifier: BSD-3-Clause */
#include "dataplane/transport/reps.h"

void reps_reset(struct reps *r)
{
    *r = (struct reps){0};
}

void reps_on_good_path(struct reps *r, uint8_t path)
{
    r->ring[r->head] = path;
    r->head = (r->head + 1) % REPS_RING;
    r->valid += r->valid < REPS_RING;
    r->held += r->held < REPS_RING;
}

void reps_on_failure(struct reps *r, nsec_t thaws_at)
{
    if (r->frozen || r->explore > 0)
        return;
    r->frozen = true;
    r->thaws_at = thaws_at;
}

static void thaw(struct reps *r, uint32_t pipe_packets, nsec_t now)
{
    if (!r->frozen || now < r->thaws_at)
        return;
    r->frozen = false;
    r->explore = pipe_packets;
}

static uint8_t oldest_valid(struct reps *r)
{
    uint8_t path = r->ring[(r->head + REPS_RING - r->valid) % REPS_RING];
    r->valid--;
    return path;
}

/* Frozen and nothing new: the ring goes round. */
static uint8_t used_before(struct reps *r)
{
    uint8_t path = r->ring[r->held < REPS_RING ? r->head % r->held : r->head];
    r->head = (r->head + 1) % REPS_RING;
    return path;
}

bool reps_next(struct reps *r, uint32_t pipe_packets, nsec_t now, uint8_t *path)
{
    thaw(r, pipe_packets, now);
    if (r->explore > 0) {
        r->explore--;
        return false;
    }
    if (r->valid > 0)
        *path = oldest_valid(r);
    else if (r->frozen && r->held > 0)
        *path = used_before(r);
    else
        return false;
    return true;
}
