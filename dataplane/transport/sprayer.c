/* SPDX-License-Identifier: BSD-3-Clause */
#include "dataplane/transport/sprayer.h"

#include "dataplane/transport/channel.h"
#include "dataplane/transport/congestion_window.h"
#include "dataplane/transport/path_health.h"

static void reset(struct transport *t, uint16_t peer, unsigned flight)
{
    struct sprayer *s = sprayer_at(t, peer, flight);
    *s = (struct sprayer){.path_order_left = 0};
    t->config.congestion->on_create(&s->congestion, &t->sprayed_path);
    reps_reset(&s->reps);
    t->peers[peer].flights[flight - 1].overtaken_sent_at = 0;
}

static bool is_in_use(const struct transport *t, uint16_t peer, unsigned flight)
{
    return t->peers[peer].sprayers_in_use >> (flight - 1) & 1;
}

void sprayer_use(struct transport *t, uint16_t peer, unsigned flight)
{
    if (is_in_use(t, peer, flight))
        return;
    t->peers[peer].sprayers_in_use |= (uint8_t)(1u << (flight - 1));
    reset(t, peer, flight);
}

void sprayers_reset(struct transport *t, uint16_t peer)
{
    for (unsigned flight = 1; flight <= SPRAYERS; flight++) {
        if (is_in_use(t, peer, flight))
            reset(t, peer, flight);
    }
}

/* Not those that the plan wants left alone. */
static uint64_t wanted_paths(const struct transport *t, uint16_t peer)
{
    const struct peer *p = &t->peers[peer];
    return p->avoided_paths == 0 ? UINT64_MAX : path_health_usable(t, peer);
}

static bool is_usable(const struct transport *t, uint16_t peer, unsigned path, uint64_t wanted)
{
    const struct channel *ch = channel_find(t, peer, path);
    if (path_state(t, peer, path) != CHANNEL_ALIVE || !(wanted >> path & 1))
        return false;
    return ch == NULL || (!channel_is_suspect(ch) && channel_has_room(t, ch));
}

static bool window_has_room(const struct transport *t, uint16_t peer, unsigned flight, uint32_t payload_bytes)
{
    const struct flight *f = &t->peers[peer].flights[flight - 1];
    uint64_t in_flight = transport_wire_bytes(t, f->packets + 1, f->bytes + payload_bytes);
    return f->packets == 0 || in_flight <= sprayer_at(t, peer, flight)->congestion.window_bytes;
}

bool sprayer_may_send(const struct transport *t, uint16_t peer, unsigned flight, uint32_t payload_bytes)
{
    if (!window_has_room(t, peer, flight, payload_bytes))
        return false;
    uint64_t wanted = wanted_paths(t, peer);
    for (unsigned i = 0; i < t->peers[peer].path_count; i++) {
        if (is_usable(t, peer, i, wanted))
            return true;
    }
    return false;
}

bool sprayer_may_resend(const struct transport *t, uint16_t peer, unsigned flight)
{
    return window_has_room(t, peer, flight, 0);
}

/* ---- choosing ---- */

/* A fresh random order of the paths: each is taken once before any is taken again. */
static void shuffle(struct transport *t, struct sprayer *s, unsigned path_count)
{
    for (unsigned i = 0; i < path_count; i++) {
        unsigned k = (unsigned)random_below(&t->random, i + 1);
        s->path_order[i] = s->path_order[k];
        s->path_order[k] = (uint8_t)i;
    }
    s->path_order_left = (uint8_t)path_count;
}

static unsigned next_in_order(struct transport *t, struct sprayer *s, unsigned path_count)
{
    if (s->path_order_left == 0 || s->path_order_left > path_count)
        shuffle(t, s, path_count);
    return s->path_order[--s->path_order_left];
}

static unsigned next_recycled(struct transport *t, struct sprayer *s, unsigned path_count, nsec_t now)
{
    uint64_t pipe_packets = s->congestion.planned_window_bytes / t->sprayed_path.packet_bytes;
    uint8_t path;
    if (reps_next(&s->reps, (uint32_t)pipe_packets, now, &path) && path < path_count)
        return path;
    return next_in_order(t, s, path_count);
}

struct channel *sprayer_choose(struct transport *t, uint16_t peer, unsigned flight, nsec_t now)
{
    struct sprayer *s = sprayer_at(t, peer, flight);
    unsigned count = t->peers[peer].path_count, path = 0;
    uint64_t wanted = wanted_paths(t, peer);
    for (unsigned tries = 0; tries < count; tries++) {
        path = flight == FLIGHT_SPRAY ? next_in_order(t, s, count) : next_recycled(t, s, count, now);
        if (is_usable(t, peer, path, wanted))
            break;
    }
    while (!is_usable(t, peer, path, wanted))
        path = (path + 1) % count;
    s->sent_at = now;
    return channel_at(t, peer, path);
}

/* ---- what became of it ---- */

static void recycle(struct sprayer *s, const struct sprayer_ack *ack)
{
    for (unsigned i = ack->report.marked_packets; i < ack->report.acked_packets && i < REPS_RING; i++)
        reps_on_good_path(&s->reps, ack->path);
}

/* The losses of one window count once: those sent before the last was noticed did. */
static void take_losses(struct transport *t, struct sprayer *s, const struct flight *f, nsec_t now)
{
    if (f->overtaken_sent_at <= s->recovery_at)
        return;
    s->recovery_at = now;
    t->config.congestion->on_loss(&s->congestion, &t->sprayed_path, now);
}

/* The ack answers what was sent before the timeout: it was late, not lost (Eifel detection, RFC 3522). */
static void undo_false_timeout(struct transport *t, struct sprayer *s, nsec_t answered_sent_at)
{
    if (s->timed_out_at > s->heard_at && answered_sent_at < s->timed_out_at)
        congestion_window_restore(&s->congestion, &t->sprayed_path, s->window_before_timeout_bytes);
}

void sprayer_on_ack(struct transport *t, uint16_t peer, unsigned flight, const struct sprayer_ack *ack)
{
    struct sprayer *s = sprayer_at(t, peer, flight);
    undo_false_timeout(t, s, ack->answered_sent_at);
    s->heard_at = ack->report.now;
    if (ack->answered_sent_at > s->delivered_sent_at)
        s->delivered_sent_at = ack->answered_sent_at;
    recycle(s, ack);
    take_losses(t, s, &t->peers[peer].flights[flight - 1], ack->report.now);
    t->config.congestion->on_ack(&s->congestion, &t->sprayed_path, &ack->report);
}

void sprayer_on_denied(struct transport *t, uint16_t peer, unsigned flight, nsec_t now)
{
    struct sprayer *s = sprayer_at(t, peer, flight);
    s->heard_at = now;
    take_losses(t, s, &t->peers[peer].flights[flight - 1], now);
}

bool sprayers_have_delivered_since(const struct transport *t, uint16_t peer, nsec_t since)
{
    for (unsigned flight = 1; flight <= SPRAYERS; flight++) {
        if (is_in_use(t, peer, flight) && sprayer_at(t, peer, flight)->delivered_sent_at > since)
            return true;
    }
    return false;
}

void sprayers_on_silent_path(struct transport *t, uint16_t peer, nsec_t now)
{
    if (is_in_use(t, peer, FLIGHT_REPS))
        reps_on_failure(&sprayer_at(t, peer, FLIGHT_REPS)->reps, now + t->config.rto_min_ns);
}

/* Nothing that it has sent since then has been answered, on any path. */
static bool is_silent_since(const struct sprayer *s, nsec_t since)
{
    return s->sent_at >= since && s->heard_at < since && s->timed_out_at <= since;
}

void sprayers_on_timeout(struct transport *t, uint16_t peer, nsec_t flight_sent_at, nsec_t now)
{
    for (unsigned flight = 1; flight <= SPRAYERS; flight++) {
        struct sprayer *s = sprayer_at(t, peer, flight);
        if (!is_in_use(t, peer, flight) || !is_silent_since(s, flight_sent_at))
            continue;
        if (s->timed_out_at <= s->heard_at)
            s->window_before_timeout_bytes = s->congestion.window_bytes;
        s->timed_out_at = now;
        t->config.congestion->on_timeout(&s->congestion, &t->sprayed_path, now);
    }
}
