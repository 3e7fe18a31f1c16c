/* SPDX-License-Identifier: BSD-3-Clause */
#include "dataplane/transport/suspicion.h"

#include "dataplane/transport/channel.h"
#include "dataplane/transport/congestion_window.h"
#include "dataplane/transport/control_queue.h"
#include "dataplane/transport/lane.h"
#include "dataplane/transport/path_health.h"

enum {
    SILENT_ROUND_TRIPS = 3,
    WITNESSES = 2
};

/* ---- times ---- */

/* A timeout without its floor: a round trip that would surprise. */
static nsec_t surprising_ns(const struct channel *ch)
{
    static const struct rto_limits no_limits = {.min_ns = 0, .max_ns = NSEC_NEVER};
    return rtt_estimator_rto_ns(&ch->rtt, no_limits, 0);
}

/* How often the time is doubled: a path that was wronged before, or has a queue that may explain it. */
static unsigned leniency(const struct channel *ch)
{
    return ch->wronged + ch->marked;
}

static nsec_t patience_ns(const struct transport *t, const struct channel *ch)
{
    nsec_t silence_ns = SILENT_ROUND_TRIPS * rtt_estimator_smoothed_ns(&ch->rtt);
    return (congestion_most(silence_ns, surprising_ns(ch)) + t->config.ack_delay_ns) << leniency(ch);
}

nsec_t suspicion_deadline(const struct transport *t, const struct channel *ch)
{
    if (ch->suspected)
        return ch->look_at;
    bool silent = ch->sent.in_flight_packets > 0 && (ch->tail_probed || ch->timeouts > 0);
    return silent ? congestion_most(ch->look_at, ch->waiting_since + patience_ns(t, ch)) : NSEC_NEVER;
}

/* ---- witnesses ---- */

struct testimony {
    bool enough;
    nsec_t patience_ns; /* a mean */
    nsec_t trial_ns;    /* the time that a probe is given: what would surprise a witness, a mean */
};

/* What the peer's other paths say: who has delivered what was sent at `since` or later. */
static struct testimony hear_witnesses(const struct transport *t, const struct channel *ch, nsec_t since)
{
    uint64_t usable = path_health_usable(t, ch->lane.peer) & ~(1ull << ch->lane.path);
    struct testimony said = {0};
    unsigned wanted = 0, heard = 0;
    for (; usable != 0; usable &= usable - 1) {
        const struct channel *sibling = channel_find(t, ch->lane.peer, (unsigned)__builtin_ctzll(usable));
        wanted += wanted < WITNESSES;
        if (sibling == NULL || sibling->delivered_at < since)
            continue;
        heard++;
        said.patience_ns += patience_ns(t, sibling);
        said.trial_ns += surprising_ns(sibling);
    }
    if (heard > 0) {
        said.patience_ns /= heard;
        said.trial_ns /= heard;
    }
    said.patience_ns = congestion_most(said.patience_ns, patience_ns(t, ch));
    said.trial_ns = congestion_most(said.trial_ns, ch->rtt.sampled ? surprising_ns(ch) : 0) << leniency(ch);
    said.enough = wanted > 0 && heard >= wanted;
    return said;
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
    ch->look_at = now + patience_ns(t, ch);
    call_witnesses(t, ch, now);
    lane_refresh(t, &ch->lane, now);
    channel_arm(t, ch, now);
}

/* It may be used again; its silence, if it goes on, is looked into later. */
static void acquit(struct transport *t, struct channel *ch, nsec_t now)
{
    ch->suspected = false;
    ch->look_at = now + patience_ns(t, ch);
    lane_refresh(t, &ch->lane, now);
    lane_refresh_roaming(t, channel_peer(t, ch), now);
    channel_arm(t, ch, now);
}

static void consider(struct transport *t, struct channel *ch, nsec_t now)
{
    struct testimony said = hear_witnesses(t, ch, ch->waiting_since);
    nsec_t silence_ns = now - ch->waiting_since;
    if (said.enough && silence_ns >= said.patience_ns) {
        suspect(t, ch, now);
    } else if (said.enough) {
        ch->look_at = ch->waiting_since + said.patience_ns;
    } else {
        ch->look_at = now + silence_ns / 2;
        call_witnesses(t, ch, now);
    }
}

static void judge(struct transport *t, struct channel *ch, nsec_t now)
{
    struct testimony said = hear_witnesses(t, ch, ch->trial_at);
    nsec_t elapsed_ns = now - ch->trial_at;
    if (said.enough && elapsed_ns >= said.trial_ns) {
        nsec_t tried_at = ch->trial_at;
        path_health_die(t, ch, now);
        suspicion_of_relatives(t, ch, tried_at, now);
    } else if (said.enough) {
        ch->look_at = ch->trial_at + said.trial_ns;
    } else {
        acquit(t, ch, now);
    }
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

static bool has_other_paths(const struct transport *t, uint16_t peer, unsigned path)
{
    return (path_health_usable(t, peer) & ~(1ull << path)) != 0;
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
