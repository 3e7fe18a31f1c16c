/* SPDX-License-Identifier: BSD-3-Clause */
/* What the congestion controls share: the plan of a step in bytes, the bounds of the window, and the counting
 * of round trips.
 *
 * How long is a round trip without queues? The configured base is that of an idle fabric between idle hosts.
 * Hosts that share their cores answer ten times later, and a window of one base round trip would then starve
 * the path although nothing is congested. So the round trip is learnt, once a round, from the mean of the
 * acks that report no marks: they met no queue worth a mark, so their delay is the hosts' own. It moves down
 * by 1/2 of the distance and up by 1/8, and not up in a round with a loss; and it never exceeds 16 base round
 * trips, because a fabric that neither marks nor loses teaches its queue as the path.
 *
 * From it follow
 *
 *     planned window = planned rate x round trip
 *     largest window = 1.5 planned window + 4 packets
 *     least window   = 1 packet
 */
#ifndef WEFT_TRANSPORT_CONGESTION_WINDOW_H
#define WEFT_TRANSPORT_CONGESTION_WINDOW_H

#include "dataplane/transport/congestion.h"

/* A round trip can be believed to be at most so many times the configured one. */
#define CONGESTION_ROUND_TRIP_GROWTH 16
/* Longer measured round trips count as this, so that sums of them fit. */
#define CONGESTION_RTT_MAX_NS (4 * NSEC_PER_SEC)

/* Before the first step: the plan is the line rate. */
void congestion_window_init(struct congestion *c, const struct congestion_path *path);

/* Takes a step's plan. The window becomes the planned one and 4 packets, which cover what the plan leaves
 * out: whole packets, delayed acks, the wait for the other pieces' turns. If it was cut within the last 8
 * round trips it does not grow, except to half of that: what was learnt of the path outlives the step, but a
 * path that was starved gets a new start. */
void congestion_window_plan(struct congestion *c, const struct congestion_path *path, uint64_t planned_rate,
                            nsec_t now);

/* Sets the window within its bounds. */
void congestion_window_set(struct congestion *c, const struct congestion_path *path, uint64_t bytes);

/* A timeout turned out to be false: what it did to the window is undone. */
void congestion_window_restore(struct congestion *c, const struct congestion_path *path, uint64_t bytes);

/* The upper bound, in bytes. */
uint64_t congestion_window_max(const struct congestion *c, const struct congestion_path *path);

/* min(rate x time, 2^40 bytes). */
uint64_t congestion_bytes_in(uint64_t rate_bytes_per_s, nsec_t time_ns);

static inline uint64_t congestion_least(uint64_t a, uint64_t b)
{
    return a < b ? a : b;
}

static inline uint64_t congestion_most(uint64_t a, uint64_t b)
{
    return a > b ? a : b;
}

/* Has the window been cut less than `span_ns` ago? */
static inline bool congestion_was_cut(const struct congestion *c, nsec_t now, nsec_t span_ns)
{
    return c->last_cut != NSEC_NEVER && now - c->last_cut < span_ns;
}

/* Counts the ack. True if the round is over: it has lasted a round trip,
 * and as long as this ack's packet took. The caller looks at the round's counts, then begins the next. */
bool congestion_round_on_ack(struct congestion *c, const struct congestion_path *path,
                             const struct congestion_ack *ack);

/* Learns the round trip from the round that is over, brings the planned window and the bounds up to it, and
 * begins the next round. */
void congestion_round_begin(struct congestion *c, const struct congestion_path *path, nsec_t now);

#endif
