/* SPDX-License-Identifier: BSD-3-Clause */
/* No congestion control here, as the NIC has its own: the window never closes, so what is posted to the NIC
 * is bounded by the channel's window of packets alone. */
#include "dataplane/transport/congestion.h"

#define OPEN_WINDOW_BYTES (1ull << 40)

static void nic_on_create(struct congestion *c, const struct congestion_path *path)
{
    *c = (struct congestion){.window_bytes = OPEN_WINDOW_BYTES, .round_trip_ns = path->base_rtt_ns};
}

static void nic_on_step_start(struct congestion *c, const struct congestion_path *path, uint64_t planned_rate,
                              nsec_t now)
{
    (void)path;
    (void)now;
    c->planned_rate_bytes_per_s = planned_rate;
}

static void nic_on_ack(struct congestion *c, const struct congestion_path *path,
                       const struct congestion_ack *ack)
{
    (void)c;
    (void)path;
    (void)ack;
}

static void nic_on_loss(struct congestion *c, const struct congestion_path *path, nsec_t now)
{
    (void)c;
    (void)path;
    (void)now;
}

const struct congestion_control congestion_nic = {
    .name = "nic",
    .on_create = nic_on_create,
    .on_step_start = nic_on_step_start,
    .on_ack = nic_on_ack,
    .on_loss = nic_on_loss,
    .on_timeout = nic_on_loss,
};
