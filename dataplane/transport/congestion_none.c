/* SPDX-License-Identifier: BSD-3-Clause */
/* No congestion control but the plan: the sender's pacing keeps the rate, and the window is the largest that
 * the plan allows, so that it bounds what a dead path swallows and otherwise is not felt. For fabrics that
 * weft has to itself, and as the yardstick for the others.
 */
#include "dataplane/transport/congestion_window.h"

static void none_on_create(struct congestion *c, const struct congestion_path *path)
{
    congestion_window_init(c, path);
    congestion_window_set(c, path, UINT64_MAX);
}

static void none_on_step_start(struct congestion *c, const struct congestion_path *path,
                               uint64_t planned_rate, nsec_t now)
{
    congestion_window_plan(c, path, planned_rate, now);
    congestion_window_set(c, path, UINT64_MAX);
}

static void none_on_ack(struct congestion *c, const struct congestion_path *path,
                        const struct congestion_ack *ack)
{
    if (!congestion_round_on_ack(c, path, ack))
        return;
    congestion_round_begin(c, path, ack->now);
    congestion_window_set(c, path, UINT64_MAX);
}

/* The window stays, but what it learns of the round trip must not come from a queue that overflows. */
static void none_on_loss(struct congestion *c, const struct congestion_path *path, nsec_t now)
{
    (void)path;
    (void)now;
    c->round_lost = true;
}

const struct congestion_control congestion_none = {
    .name = "none",
    .on_create = none_on_create,
    .on_step_start = none_on_step_start,
    .on_ack = none_on_ack,
    .on_loss = none_on_loss,
    .on_timeout = none_on_loss,
};
