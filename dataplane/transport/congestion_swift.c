/* SPDX-License-Identifier: BSD-3-Clause */
/* Swift (Kumar et al., SIGCOMM 2020): the window follows the delay alone. With d the round trip of an ack, R
 * that of the path without queues (congestion_window.h) and w the window in packets, the delay aimed at is
 *
 *     T = R + max(R/2, 4 packets on the wire) + R clamp((10/sqrt(w) - 1)/9, 0, 1)
 *
 * whose last term lets the queue of many flows be longer, since their windows are small. Then
 *
 *     d < T      window += 1 packet a round trip
 *     d >= T     window *= 1 - min(0.8 (d - T)/d, 0.5), once a round trip
 *     loss       window *= 0.5, once a round trip
 *     timeout    the same; the fifth in a row makes it one packet
 *
 * Source: the paper's algorithm 1 with its additive increase of 1, beta 0.8 and largest cut 0.5; flow scaling
 * in the paper's form, over 1 to 100 packets. Different here: the window starts at the plan; the smallest is
 * one packet, so there is no pacing of less than that, and flow scaling ends there; the paths of a leaf-spine
 * fabric have equally many hops, so R stands for the hops' term; and R is learnt from unmarked acks, which
 * takes the place of the second window that the paper keeps for slow hosts.
 */
#include "dataplane/transport/congestion_window.h"

#define FRACTION_ONE      65536u /* 16 fractional bits */
#define BETA              52429u /* 0.8 */
#define CUT_MOST          (FRACTION_ONE / 2)
#define TARGET_PACKETS    4
#define TIMEOUTS_TO_RESET 5
#define ROOT_ONE          256u /* 8 fractional bits */
#define ROOT_SCALED_MOST  (10 * ROOT_ONE)

/* floor(sqrt(n)), bit by bit. */
static uint64_t root(uint64_t n)
{
    uint64_t result = 0;
    for (uint64_t bit = 1ull << 62; bit != 0; bit >>= 2) {
        if (n >= result + bit) {
            n -= result + bit;
            result = (result >> 1) + bit;
        } else {
            result >>= 1;
        }
    }
    return result;
}

/* The share of R by which a window of so few packets may wait longer. */
static uint64_t flow_scaling(const struct congestion *c, const struct congestion_path *path)
{
    uint64_t packets = c->window_bytes * FRACTION_ONE / path->packet_bytes;
    uint64_t root_packets = congestion_most(root(packets), ROOT_ONE);
    if (root_packets >= ROOT_SCALED_MOST)
        return 0;
    return (ROOT_SCALED_MOST - root_packets) * FRACTION_ONE / (9 * root_packets);
}

static nsec_t target_ns(const struct congestion *c, const struct congestion_path *path)
{
    uint64_t rate = congestion_most(path->line_rate_bytes_per_s, 1);
    nsec_t packets_ns = TARGET_PACKETS * (uint64_t)path->packet_bytes * NSEC_PER_SEC / rate;
    nsec_t queue_ns = congestion_most(c->round_trip_ns / 2, packets_ns);
    return c->round_trip_ns + queue_ns + c->round_trip_ns * flow_scaling(c, path) / FRACTION_ONE;
}

static void swift_on_create(struct congestion *c, const struct congestion_path *path)
{
    congestion_window_init(c, path);
    c->earned_bytes = 0;
    c->measured_ns = path->base_rtt_ns;
    c->timeouts_in_row = 0;
}

static void cut(struct congestion *c, const struct congestion_path *path, uint64_t share, nsec_t now)
{
    if (congestion_was_cut(c, now, c->measured_ns))
        return;
    congestion_window_set(c, path, c->window_bytes - c->window_bytes * share / FRACTION_ONE);
    c->earned_bytes = 0;
    c->last_cut = now;
}

/* A packet for every window that is acknowledged. */
static void grow(struct congestion *c, const struct congestion_path *path, uint32_t acked_bytes)
{
    c->earned_bytes += acked_bytes;
    if (c->earned_bytes < c->window_bytes)
        return;
    uint64_t windows = c->earned_bytes / c->window_bytes;
    c->earned_bytes %= c->window_bytes;
    congestion_window_set(c, path, c->window_bytes + windows * path->packet_bytes);
}

static void swift_on_ack(struct congestion *c, const struct congestion_path *path,
                         const struct congestion_ack *ack)
{
    bool round_over = congestion_round_on_ack(c, path, ack);
    nsec_t aim_ns = target_ns(c, path);
    c->timeouts_in_row = 0;
    if (ack->rtt_ns != 0)
        c->measured_ns = congestion_least(ack->rtt_ns, CONGESTION_RTT_MAX_NS);
    if (c->measured_ns < aim_ns)
        grow(c, path, ack->acked_bytes);
    else
        cut(c, path, congestion_least((c->measured_ns - aim_ns) * BETA / c->measured_ns, CUT_MOST), ack->now);
    if (round_over)
        congestion_round_begin(c, path, ack->now);
}

static void swift_on_loss(struct congestion *c, const struct congestion_path *path, nsec_t now)
{
    c->round_lost = true;
    cut(c, path, CUT_MOST, now);
}

static void swift_on_timeout(struct congestion *c, const struct congestion_path *path, nsec_t now)
{
    c->round_lost = true;
    if (c->timeouts_in_row < TIMEOUTS_TO_RESET)
        c->timeouts_in_row++;
    cut(c, path, CUT_MOST, now);
    if (c->timeouts_in_row == TIMEOUTS_TO_RESET)
        congestion_window_set(c, path, 0);
}

const struct congestion_control congestion_swift = {
    .name = "swift",
    .on_create = swift_on_create,
    .on_step_start = congestion_window_plan,
    .on_ack = swift_on_ack,
    .on_loss = swift_on_loss,
    .on_timeout = swift_on_timeout,
};
