/* SPDX-License-Identifier: BSD-3-Clause */
/* PowerTCP from delay alone (theta-PowerTCP; Addanki, Michel, Schmid, NSDI 2022): the window is divided by
 * the *power* of the path, which is queue and growth of the queue in one number. With d the round trip of an
 * ack, d' its change per time since the ack before, and R the round trip without queues:
 *
 *     power   = (1 + d') d/R           smoothed over R
 *     window += 0.9 (window/power + B - window)       once a round trip
 *     B       = planned window / 10, at least 2 packets
 *
 * A queue that grows is answered before it is long, and one that drains is left alone. A loss halves the
 * window, once a round trip, and a timeout makes it one packet.
 *
 * Source: the paper's algorithm 2, with its gamma 0.9 and its B = bandwidth x R / flows. Different here: the
 * bandwidth of B is the planned rate, so that the B of all flows of a link add up to a tenth of its BDP, and
 * its floor covers what whole packets and delayed acks add to d where a window is of few packets; power is
 * kept within 1/4 and 16, which a bunch of late acks would otherwise leave; R is learnt from unmarked acks
 * (congestion_window.h); losses, of which the paper says nothing, count. The window at which a packet was
 * sent is the present one: it changes once a round trip.
 */
#include "dataplane/transport/congestion_window.h"

#define FRACTION_ONE           65536 /* 16 fractional bits */
#define GAMMA_TENTHS           9
#define POWER_LEAST            (FRACTION_ONE / 4)
#define POWER_MOST             (16 * FRACTION_ONE)
#define PLANNED_FLOWS          10
#define INCREASE_LEAST_PACKETS 2

static void powertcp_on_create(struct congestion *c, const struct congestion_path *path)
{
    congestion_window_init(c, path);
    c->last_ack_at = NSEC_NEVER;
    c->last_rtt_ns = path->base_rtt_ns;
    c->power = FRACTION_ONE;
}

static int64_t clamp_power(int64_t power)
{
    if (power < POWER_LEAST)
        return POWER_LEAST;
    return power < POWER_MOST ? power : POWER_MOST;
}

/* power += (span/R) (power now - power), with the division of d' by the span multiplied out: acks that come
 * together have a span of nothing. */
static void smooth_power(struct congestion *c, nsec_t rtt_ns, nsec_t span_ns)
{
    int64_t round_trip = (int64_t)c->round_trip_ns, span = (int64_t)span_ns;
    int64_t moved_ns = (int64_t)rtt_ns - (int64_t)c->last_rtt_ns + span;
    int64_t mean_rtt_ns = (int64_t)(rtt_ns + c->last_rtt_ns) / 2;
    __int128 fresh = (__int128)moved_ns * mean_rtt_ns * FRACTION_ONE / round_trip;
    __int128 kept = (__int128)c->power * (round_trip - span);
    __int128 power = (kept + fresh) / round_trip;
    __int128 most = 2 * (int64_t)POWER_MOST;
    c->power = (uint32_t)clamp_power((int64_t)(power < -most ? -most : power > most ? most : power));
}

static void measure(struct congestion *c, const struct congestion_ack *ack)
{
    if (ack->rtt_ns == 0)
        return;
    nsec_t rtt_ns = congestion_least(ack->rtt_ns, CONGESTION_RTT_MAX_NS);
    nsec_t since_ns = c->last_ack_at != NSEC_NEVER ? ack->now - c->last_ack_at : c->round_trip_ns;
    smooth_power(c, rtt_ns, congestion_least(since_ns, c->round_trip_ns));
    c->last_ack_at = ack->now;
    c->last_rtt_ns = rtt_ns;
}

static void adjust(struct congestion *c, const struct congestion_path *path)
{
    uint64_t increase = congestion_most(c->planned_window_bytes / PLANNED_FLOWS,
                                        INCREASE_LEAST_PACKETS * (uint64_t)path->packet_bytes);
    uint64_t wanted = c->window_bytes * FRACTION_ONE / c->power + increase;
    congestion_window_set(c, path, (GAMMA_TENTHS * wanted + (10 - GAMMA_TENTHS) * c->window_bytes) / 10);
}

static void powertcp_on_ack(struct congestion *c, const struct congestion_path *path,
                            const struct congestion_ack *ack)
{
    bool round_over = congestion_round_on_ack(c, path, ack);
    measure(c, ack);
    if (!round_over)
        return;
    uint64_t before = c->window_bytes;
    if (!c->round_lost)
        adjust(c, path);
    if (c->window_bytes < before)
        c->last_cut = ack->now;
    congestion_round_begin(c, path, ack->now);
}

static void powertcp_on_loss(struct congestion *c, const struct congestion_path *path, nsec_t now)
{
    if (!c->round_lost)
        congestion_window_set(c, path, c->window_bytes / 2);
    c->round_lost = true;
    c->last_cut = now;
}

static void powertcp_on_timeout(struct congestion *c, const struct congestion_path *path, nsec_t now)
{
    congestion_window_set(c, path, 0);
    c->round_lost = true;
    c->last_cut = now;
}

const struct congestion_control congestion_powertcp_delay = {
    .name = "powertcp-delay",
    .on_create = powertcp_on_create,
    .on_step_start = congestion_window_plan,
    .on_ack = powertcp_on_ack,
    .on_loss = powertcp_on_loss,
    .on_timeout = powertcp_on_timeout,
};
