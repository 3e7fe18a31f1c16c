/* SPDX-License-Identifier: BSD-3-Clause */
#include "dataplane/transport/suspicion.h"

#include "dataplane/transport/channel.h"
#include "dataplane/transport/congestion_window.h"
#include "dataplane/transport/control_queue.h"
#include "dataplane/transport/lane.h"
#include "dataplane/transport/path_health.h"

enum {
    SILENT_HALF_ROUND_TRIPS = 6,
    TRIAL_HALF_ROUND_TRIPS = 3,
    ACQUITTAL_HALF_ROUND_TRIPS = 8, /* without enough witnesses */
    WITNESSES = 2
};

/* ---- times ---- */

/* A timeout without its floor: a round trip that would surprise. 0 while nothing is known of the path. */
static nsec_t surprising_ns(const struct channel *ch)
{
    static const struct rto_limits no_limits = {.min_ns = 0, .max_ns = NSEC_NEVER};
    return ch->rtt.sampled ? rtt_estimator_rto_ns(&ch->rtt, no_limits, 0) : 0;
}

/* How often the time is doubled: a path that was wronged before, or has a queue that may explain it. */
static unsigned leniency(const struct channel *ch)
{
    return ch->wronged + ch->marked;
}

/* So many halves of a round trip of `round_trip_ns`, or of the channel's own if that is longer. */
static nsec_t time_for(const struct transport *t, const struct channel *ch, unsigned half_round_trips,
                       nsec_t round_trip_ns)
{
    nsec_t mine_ns = rtt_estimator_smoothed_ns(&ch->rtt);
    nsec_t time_ns = half_round_trips * congestion_most(mine_ns, round_trip_ns) / 2;
    return (congestion_most(time_ns, surprising_ns(ch)) + t->config.ack_delay_ns) << leniency(ch);
}

nsec_t suspicion_deadline(const struct transport *t, const struct channel *ch)
{
    if (ch->suspected)
        return ch->look_at;
    bool silent = ch->sent.in_flight_packets > 0 && (ch->tail_probed || ch->timeouts > 0);
    return silent
               ? congestion_most(ch->look_at, ch->waiting_since + time_for(t, ch, SILENT_HALF_ROUND_TRIPS, 0))
               : NSEC_NEVER;
}

/* ---- witnesses ---- */

struct testimony {
    bool enough;
    nsec_t round_trip_ns; /* of theirs, a mean; 0 if there are none; twice that if they are idle: it was not
                             measured under load */
};

/* What the peer's other paths say: who has delivered what was sent at `since` or later. */
static struct testimony hear_witnesses(const struct transport *t, const struct channel *ch, nsec_t since)
{
    uint64_t usable = path_health_usable(t, ch->lane.peer) & ~(1ull << ch->lane.path);
    struct testimony said = {0};
    unsigned wanted = 0, heard = 0, busy = 0;
    for (; usable != 0; usable &= usable - 1) {
        const struct channel *sibling = channel_find(t, ch->lane.peer, (unsigned)__builtin_ctzll(usable));
        wanted += wanted < WITNESSES;
        if (sibling == NULL || sibling->delivered_at < since)
            continue;
        heard++;
        busy += sibling->sent.in_flight_packets > 0;
        said.round_trip_ns += rtt_estimator_smoothed_ns(&sibling->rtt);
    }
    if (heard > 0)
        said.round_trip_ns /= heard;
    if (heard >= wanted && busy < wanted)
        said.round_trip_ns *= 2;
    said.enough = wanted > 0 && heard >= wanted;
    return said;
}

static bool has_other_paths(const struct transport *t, uint16_t peer, unsigned path)
{
    return (path_health_usable(t, peer) & ~(1ull << path)) != 0;
}

/* Idle siblings say nothing by themselves: some are asked, one more than needed. */
static void call_witnesses(struct transport *t, const struct channel *ch, nsec_t now)
{
    struct peer *peer = channel_peer(t, ch);
    uint64_t usable = path_health_usable(t, ch->lane.peer);
    unsigned asked = 0;
    for (unsigned i = 1; i < peer->path_count && asked <= WITNESSES; i++) {
        unsigned path = (ch->lane.path + i) % peer->path_count;
        if (!(usable >> path & 1))
            continue;
        struct channel *sibling = channel_at(t, ch->lane.peer, path);
        if (sibling->sent.in_flight_packets > 0)
            continue;
        sibling->probe_at = now;
        asked++;
    }
    control_queue_add(t, peer);
}

/* ---- suspicion, trial, verdict ---- */

/* A tail probe that is out is a trial too. */
static bool is_on_trial(const struct channel *ch)
{
    return ch->tail_probed && ch->timeouts == 0 && ch->trial_at > ch->waiting_since;
}

static void suspect(struct transport *t, struct channel *ch, nsec_t now)
{
    ch->suspected = true;
    if (!is_on_trial(ch)) {
        ch->trial_at = now;
        ch->probe_at = now;
    }
    nsec_t soonest = now + rtt_estimator_smoothed_ns(&ch->rtt);
    ch->look_at = congestion_most(soonest, ch->trial_at + time_for(t, ch, TRIAL_HALF_ROUND_TRIPS, 0));
    call_witnesses(t, ch, now);
    lane_refresh(t, &ch->lane, now);
    channel_arm(t, ch, now);
}

/* It may be used again; its silence, if it goes on, is looked into later. */
static void acquit(struct transport *t, struct channel *ch, nsec_t now)
{
    ch->suspected = false;
    ch->look_at = now + time_for(t, ch, SILENT_HALF_ROUND_TRIPS, 0);
    lane_refresh(t, &ch->lane, now);
    lane_refresh_roaming(t, channel_peer(t, ch), now);
    channel_arm(t, ch, now);
}

static void consider(struct transport *t, struct channel *ch, nsec_t now)
{
    struct testimony said = hear_witnesses(t, ch, ch->waiting_since);
    nsec_t patience_ends = ch->waiting_since + time_for(t, ch, SILENT_HALF_ROUND_TRIPS, said.round_trip_ns);
    if (!said.enough) {
        ch->look_at = now + (now - ch->waiting_since) / 2;
        call_witnesses(t, ch, now);
    } else if (now < patience_ends) {
        ch->look_at = patience_ends;
    } else {
        suspect(t, ch, now);
    }
}

static void convict(struct transport *t, struct channel *ch, nsec_t now)
{
    nsec_t tried_at = ch->trial_at;
    path_health_die(t, ch, now);
    suspicion_of_relatives(t, ch, tried_at, now);
}

static void judge(struct transport *t, struct channel *ch, nsec_t now)
{
    struct testimony said = hear_witnesses(t, ch, ch->trial_at);
    unsigned half_round_trips = said.enough ? TRIAL_HALF_ROUND_TRIPS : ACQUITTAL_HALF_ROUND_TRIPS;
    nsec_t trial_ends = ch->trial_at + time_for(t, ch, half_round_trips, said.round_trip_ns);
    if (now < trial_ends)
        ch->look_at = said.enough ? trial_ends : now + rtt_estimator_smoothed_ns(&ch->rtt);
    else if (said.enough)
        convict(t, ch, now);
    else
        acquit(t, ch, now);
}

void suspicion_on_tail_probe(struct transport *t, const struct channel *ch, nsec_t now)
{
    if (!hear_witnesses(t, ch, ch->waiting_since).enough)
        call_witnesses(t, ch, now);
}

void suspicion_on_hint(struct transport *t, struct channel *ch, nsec_t now)
{
    nsec_t round_trip_ns = rtt_estimator_smoothed_ns(&ch->rtt);
    bool spoke = ch->delivered_at + 2 * round_trip_ns > now;
    bool may_try = ch->state == CHANNEL_ALIVE && !ch->suspected && ch->source_port != 0;
    if (may_try && !spoke && has_other_paths(t, ch->lane.peer, ch->lane.path))
        suspect(t, ch, now);
}

void suspicion_on_timer(struct transport *t, struct channel *ch, nsec_t now)
{
    if (ch->suspected)
        judge(t, ch, now);
    else
        consider(t, ch, now);
}

void suspicion_on_delivery(struct transport *t, struct channel *ch, nsec_t sent_at, nsec_t now)
{
    ch->delivered_at = congestion_most(ch->delivered_at, sent_at);
    if (ch->suspected)
        acquit(t, ch, now);
}

void suspicion_of_relatives(struct transport *t, const struct channel *dead, nsec_t since, nsec_t now)
{
    for (uint32_t number = 0; number < t->peer_count; number++) {
        const struct peer *peer = &t->peers[number];
        if (!peer->open || number == dead->lane.peer || dead->lane.path >= peer->path_count)
            continue;
        if (!has_other_paths(t, (uint16_t)number, dead->lane.path))
            continue;
        struct channel *ch = channel_at(t, (uint16_t)number, dead->lane.path);
        if (ch->state == CHANNEL_ALIVE && !ch->suspected && ch->delivered_at <= since)
            suspect(t, ch, now);
    }
}
