/* SPDX-License-Identifier: BSD-3-Clause */
/* When a channel hears nothing: first a tail probe, then timeouts; and all else that a channel waits for. */
#include "dataplane/transport/channel_parts.h"
#include "dataplane/transport/control_queue.h"
#include "dataplane/transport/path_health.h"
#include "dataplane/transport/session.h"
#include "dataplane/transport/sprayer.h"
#include "dataplane/transport/suspicion.h"

enum {
    TIMEOUTS_WITHOUT_BACKOFF = 2,
    INFORMED_FACTOR = 4
};

static struct rto_limits rto_limits(const struct transport *t)
{
    return (struct rto_limits){.min_ns = t->config.rto_min_ns, .max_ns = t->config.rto_max_ns};
}

static nsec_t earlier(nsec_t a, nsec_t b)
{
    return a < b ? a : b;
}

static nsec_t later(nsec_t a, nsec_t b)
{
    return a > b ? a : b;
}

/* What the channel itself waits; longer if all channels of this host together would, as one that sends a
 * packet now and then does not know how queues have grown since. Not beyond four times its own: a single slow
 * peer must not make everyone patient. */
static nsec_t informed(nsec_t own_ns, nsec_t all_ns)
{
    return later(own_ns, earlier(all_ns, INFORMED_FACTOR * own_ns));
}

static nsec_t timeout_ns(const struct transport *t, const struct channel *ch, unsigned backoff)
{
    return informed(rtt_estimator_rto_ns(&ch->rtt, rto_limits(t), backoff),
                    rtt_estimator_rto_ns(&t->rtt, rto_limits(t), backoff));
}

static nsec_t until_probe_ns(const struct transport *t, const struct channel *ch)
{
    return informed(rtt_estimator_probe_ns(&ch->rtt), rtt_estimator_probe_ns(&t->rtt)) +
           2 * t->config.ack_delay_ns;
}

/* When the flight has been silent for too long. First the tail probe, after two round trips; then timeouts.
 * The first ones do not back off: they decide whether the path is dead (path_health.h), and the stall must
 * stay short. */
static nsec_t loss_deadline(const struct transport *t, const struct channel *ch)
{
    if (ch->sent.in_flight_packets == 0 || t->config.reliable_nic)
        return NSEC_NEVER;
    unsigned backoff = ch->timeouts > TIMEOUTS_WITHOUT_BACKOFF ? ch->timeouts - TIMEOUTS_WITHOUT_BACKOFF : 0;
    nsec_t timeout = ch->waiting_since + timeout_ns(t, ch, backoff);
    if (ch->timeouts > 0)
        return timeout;
    nsec_t until_probe = until_probe_ns(t, ch);
    return ch->tail_probed ? timeout + until_probe : earlier(timeout, ch->waiting_since + until_probe);
}

static nsec_t pacing_deadline(const struct transport *t, const struct channel *ch, nsec_t now)
{
    bool waiting = ch->lane.first_piece != NONE || ch->sent.lost_packets > 0 ||
                   lane_roaming_waits(channel_peer(t, ch), LANE_MPRDMA);
    return waiting && ch->pacer.due > now ? ch->pacer.due : NSEC_NEVER;
}

static nsec_t silence_deadline(const struct transport *t, const struct channel *ch)
{
    return channel_is_suspect(ch) ? suspicion_deadline(t, ch) : NSEC_NEVER;
}

static nsec_t deadline(const struct transport *t, const struct channel *ch, nsec_t now)
{
    switch ((enum channel_state)ch->state) {
    case CHANNEL_ABSENT:
        return NSEC_NEVER;
    case CHANNEL_ALIVE:
        return earlier(earlier(loss_deadline(t, ch), silence_deadline(t, ch)),
                       earlier(pacing_deadline(t, ch, now), ch->probe_at));
    case CHANNEL_CLOSING:
        return ch->look_at;
    case CHANNEL_DEAD:
        return ch->probe_at;
    }
    return NSEC_NEVER;
}

void channel_arm(struct transport *t, struct channel *ch, nsec_t now)
{
    nsec_t at = deadline(t, ch, now);
    if (at < timer_heap_at(&t->timers, ch->lane.number))
        timer_heap_set(&t->timers, ch->lane.number, at);
}

/* Whether the sprayed packets of a silent path may be no more than delayed: what went over the other paths a
 * round trip later has not been answered either. Not for longer than a timeout. */
static uint32_t shared_packets_elsewhere(const struct transport *t, const struct channel *ch)
{
    uint32_t packets = 0;
    for (unsigned i = 0; i < SPRAYERS; i++)
        packets += channel_peer(t, ch)->flights[i].packets;
    return packets - (uint32_t)(ch->sent.in_flight_packets - ch->sent.own_packets);
}

static bool is_merely_slow(const struct transport *t, const struct channel *ch, nsec_t now)
{
    if (ch->sent.own_packets > 0 || shared_packets_elsewhere(t, ch) == 0)
        return false;
    nsec_t sent_at = send_window_at(&ch->sent, ch->sent.base)->sent_at;
    nsec_t reorder_ns = rtt_estimator_smoothed_ns(&ch->rtt) / CHANNEL_REORDER_FRACTION;
    return now - sent_at < rtt_estimator_rto_ns(&ch->rtt, rto_limits(t), 0) &&
           !sprayers_have_delivered_since(t, ch->lane.peer, sent_at + reorder_ns);
}

/* The first overdue ack: one packet is sent again to provoke one. What counts against windows over all paths
 * leaves them, as it is not the other paths' fault. */
static void suspect(struct transport *t, struct channel *ch, nsec_t now)
{
    if (ch->sent.in_flight_packets > ch->sent.own_packets) {
        send_window_lose_shared(&ch->sent);
        sprayers_on_silent_path(t, ch->lane.peer, now);
    } else {
        send_window_lose_last(&ch->sent);
    }
    ch->tail_probed = true;
    t->counters.tail_probes++;
    suspicion_on_tail_probe(t, ch, now);
}

static void on_silence(struct transport *t, struct channel *ch, nsec_t now)
{
    if (!ch->tail_probed && ch->timeouts == 0) {
        if (is_merely_slow(t, ch, now))
            ch->waiting_since = now; /* the wait begins anew */
        else
            suspect(t, ch, now);
        return;
    }
    nsec_t flight_sent_at = ch->waiting_since;
    ch->waiting_since = now;
    ch->look_at = 0;
    if (ch->timeouts == 0) {
        ch->timed_out_at = now;
        ch->window_before_timeout_bytes = ch->congestion.window_bytes;
    }
    send_window_lose_all(&ch->sent);
    t->counters.timeouts++;
    if (ch->timeouts < UINT8_MAX)
        ch->timeouts++;
    t->config.congestion->on_timeout(&ch->congestion, &t->path, now);
    sprayers_on_timeout(t, ch->lane.peer, flight_sent_at, now);
    path_health_on_timeout(t, ch, flight_sent_at, now);
    session_on_unanswered(t, channel_peer(t, ch), ch->timed_out_at, now);
}

void channel_on_timer(struct transport *t, struct channel *ch, nsec_t now)
{
    if (ch->state == CHANNEL_ALIVE && loss_deadline(t, ch) <= now)
        on_silence(t, ch, now);
    if (ch->state == CHANNEL_ALIVE && silence_deadline(t, ch) <= now)
        suspicion_on_timer(t, ch, now);
    if (deadline(t, ch, now) <= now)
        control_queue_add(t, channel_peer(t, ch));
    channel_refresh_lane(t, ch, now);
    lane_refresh_roaming(t, channel_peer(t, ch), now);
    nsec_t next = deadline(t, ch, now);
    timer_heap_set(&t->timers, ch->lane.number, next > now ? next : NSEC_NEVER);
}
