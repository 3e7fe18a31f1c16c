/* SPDX-License-Identifier: BSD-3-Clause */
/* DCTCP (RFC 8257), the choice of Ethereal's authors: the window is cut in proportion to the smoothed share
 * of marked packets. Per round trip, with F the share of its packets that were marked and alpha = 1 at first:
 *
 *     alpha  += (F - alpha) / 16
 *     window -= window alpha / 2     if F > 0
 *     window += 1 packet             otherwise
 *
 * A loss halves the window and stands for that round's marks too. The window starts at the plan instead of in
 * slow start. A timeout makes it one packet, which then doubles every round trip up to half of what it was.
 */
#include "dataplane/transport/congestion_window.h"

#define FRACTION_ONE  65536u /* 16 fractional bits */
#define FRACTION_GAIN 16

static void dctcp_on_create(struct congestion *c, const struct congestion_path *path)
{
    congestion_window_init(c, path);
    c->marked_fraction = FRACTION_ONE;
}

static void cut(struct congestion *c, const struct congestion_path *path, uint64_t bytes, nsec_t now)
{
    congestion_window_set(c, path, c->window_bytes - bytes);
    c->slow_start_bytes = 0;
    c->last_cut = now;
}

static void grow(struct congestion *c, const struct congestion_path *path)
{
    uint64_t doubled = 2 * c->window_bytes;
    if (c->window_bytes >= c->slow_start_bytes)
        congestion_window_set(c, path, c->window_bytes + path->packet_bytes);
    else
        congestion_window_set(c, path, doubled < c->slow_start_bytes ? doubled : c->slow_start_bytes);
}

static void smooth_marked_fraction(struct congestion *c)
{
    int64_t marked = (int64_t)((uint64_t)c->round_marked_packets * FRACTION_ONE / c->round_packets);
    c->marked_fraction += (marked - (int64_t)c->marked_fraction) / FRACTION_GAIN;
}

static void dctcp_on_ack(struct congestion *c, const struct congestion_path *path,
                         const struct congestion_ack *ack)
{
    if (!congestion_round_on_ack(c, path, ack) || c->round_packets == 0)
        return;
    bool cut_by_loss = c->last_cut != NSEC_NEVER && c->last_cut > c->round_started;
    smooth_marked_fraction(c);
    if (c->round_marked_packets > 0 && !cut_by_loss)
        cut(c, path, c->window_bytes * c->marked_fraction / (2 * FRACTION_ONE), ack->now);
    else if (c->round_marked_packets == 0)
        grow(c, path);
    congestion_round_begin(c, path, ack->now);
}

static void dctcp_on_loss(struct congestion *c, const struct congestion_path *path, nsec_t now)
{
    c->round_lost = true;
    cut(c, path, c->window_bytes / 2, now);
}

static void dctcp_on_timeout(struct congestion *c, const struct congestion_path *path, nsec_t now)
{
    uint64_t half = c->window_bytes / 2;
    uint64_t slow_start_bytes = half > c->slow_start_bytes ? half : c->slow_start_bytes;
    cut(c, path, c->window_bytes, now);
    c->slow_start_bytes = slow_start_bytes;
}

const struct congestion_control congestion_dctcp = {
    .name = "dctcp",
    .on_create = dctcp_on_create,
    .on_step_start = congestion_window_plan,
    .on_ack = dctcp_on_ack,
    .on_loss = dctcp_on_loss,
    .on_timeout = dctcp_on_timeout,
};
