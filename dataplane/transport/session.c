/* SPDX-License-Identifier: BSD-3-Clause */
#include "dataplane/transport/session.h"

#include "dataplane/transport/channel.h"
#include "dataplane/transport/communicator.h"
#include "dataplane/transport/control_queue.h"
#include "dataplane/transport/lane.h"
#include "dataplane/transport/notice.h"
#include "dataplane/transport/path_health.h"
#include "dataplane/transport/session_parts.h"

/* ---- the table of peers ---- */

static uint32_t locate(const struct transport *t, uint32_t address)
{
    uint32_t i = (uint32_t)mix64(address) & t->peer_index_mask;
    while (t->peer_index[i] != 0 && t->peers[t->peer_index[i] - 1].address != address)
        i = (i + 1) & t->peer_index_mask;
    return i;
}

struct peer *session_find_peer(const struct transport *t, uint32_t address)
{
    uint16_t entry = t->peer_index[locate(t, address)];
    return entry ? &t->peers[entry - 1] : NULL;
}

uint16_t transport_first_source_port(uint32_t own_address, uint32_t peer_address)
{
    return (uint16_t)(SESSION_FIRST_SOURCE_PORT +
                      mix64_pair(peer_address, own_address) % SESSION_SOURCE_PORTS);
}

static void init_peer(struct transport *t, struct peer *peer, uint32_t address, uint32_t leaf)
{
    uint16_t number = (uint16_t)(peer - t->peers);
    *peer = (struct peer){.address = address,
                          .leaf = leaf,
                          .generation = (uint8_t)mix64(t->config.incarnation),
                          .path_count = 1,
                          .next_path = mix64((uint64_t)address + t->config.address) % PACKET_PATHS_MAX,
                          .first_credit = NONE,
                          .last_credit = NONE,
                          .hello_at = NSEC_NEVER,
                          .remote_slot = PACKET_NO_SESSION,
                          .payload_bytes_max = t->config.payload_bytes_max};
    for (unsigned i = 0; i < ROAMING_LANES; i++)
        lane_init(t, &peer->roaming[i], number, (uint8_t)(LANE_SPRAY + i));
    *path_entry(t, number, 0) = transport_first_source_port(t->config.address, address);
}

/* Ourselves: packets come back by the caller's loopback, and there is nobody to greet. */
static void open_own_session(struct transport *t, struct peer *peer)
{
    peer->open = true;
    peer->incarnation = t->config.incarnation;
    peer->remote_slot = (uint16_t)(peer - t->peers);
    peer->remote_generation = peer->generation;
    peer->window_packets = t->config.window_packets;
}

struct peer *session_add_peer(struct transport *t, uint32_t address, uint32_t leaf)
{
    uint32_t place = locate(t, address);
    if (t->peer_index[place] != 0)
        return &t->peers[t->peer_index[place] - 1];
    if (t->peer_count == t->config.peers_max)
        return NULL;
    struct peer *peer = &t->peers[t->peer_count++];
    init_peer(t, peer, address, leaf);
    t->peer_index[place] = (uint16_t)t->peer_count;
    if (address == t->config.address)
        open_own_session(t, peer);
    return peer;
}

/* ---- liveness ---- */

static nsec_t deadline(const struct transport *t, const struct peer *peer, nsec_t now)
{
    if (!peer->open)
        return peer->hello_at;
    if (peer->awaited == 0 || peer->address == t->config.address)
        return NSEC_NEVER;
    nsec_t quiet = peer->heard_at + t->config.peer_timeout_ns / 4;
    return quiet > now ? quiet : now + t->config.peer_timeout_ns / 8;
}

static uint32_t timer_of(const struct transport *t, const struct peer *peer)
{
    return t->channels_max + (uint32_t)(peer - t->peers);
}

void session_arm(struct transport *t, struct peer *peer, nsec_t now)
{
    timer_heap_set(&t->timers, timer_of(t, peer), deadline(t, peer, now));
}

void session_greet(struct transport *t, struct peer *peer, nsec_t now)
{
    if (peer->open || peer->hello_at != NSEC_NEVER)
        return;
    peer->nonce = random_next(&t->random) | 1;
    peer->hello_at = now;
    peer->hello_interval_ns = t->config.rto_min_ns;
    control_queue_add(t, peer);
    session_arm(t, peer, now);
}

/* Its hellos have become rare: there is a reason to hurry again. */
static void greet_soon(struct transport *t, struct peer *peer, nsec_t now)
{
    if (peer->open || peer->hello_at <= now + t->config.rto_min_ns)
        return;
    peer->hello_at = now;
    peer->hello_interval_ns = t->config.rto_min_ns;
    control_queue_add(t, peer);
    session_arm(t, peer, now);
}

void session_await(struct transport *t, struct peer *peer, nsec_t now)
{
    session_greet(t, peer, now);
    if (peer->awaited++ == 0) {
        peer->heard_at = now;
        greet_soon(t, peer, now);
    }
    if (!timer_heap_is_set(&t->timers, timer_of(t, peer)))
        session_arm(t, peer, now);
}

void session_reset(struct transport *t, struct peer *peer, nsec_t now)
{
    uint16_t number = (uint16_t)(peer - t->peers);
    t->counters.peers_died++;
    peer->open = false;
    peer->generation++;
    peer->hello_at = NSEC_NEVER;
    peer->reset_at = now;
    notice_forget_peer(t, number);
    for (unsigned i = 0; i < peer->path_count; i++) {
        struct channel *ch = channel_find(t, number, i);
        if (ch == NULL)
            continue;
        channel_reset(t, ch, now);
        lane_refresh(t, &ch->lane, now);
        timer_heap_cancel(&t->timers, channel_index(t, ch));
    }
    timer_heap_cancel(&t->timers, timer_of(t, peer));
}

static void on_death(struct transport *t, struct peer *peer, nsec_t now)
{
    uint16_t number = (uint16_t)(peer - t->peers);
    session_reset(t, peer, now);
    communicator_on_peer_dead(t, number);
    notice_forget_peer(t, number); /* it need not hear of its own death */
}

void session_on_unanswered(struct transport *t, struct peer *peer, nsec_t timed_out_at, nsec_t now)
{
    nsec_t silent_since = peer->heard_at > timed_out_at ? peer->heard_at : timed_out_at;
    if (peer->open && peer->awaited == 0 && now - silent_since >= t->config.peer_timeout_ns)
        on_death(t, peer, now);
}

static void ask_for_life(struct transport *t, struct peer *peer, nsec_t now)
{
    struct channel *ch = path_health_next_alive(t, peer);
    if (ch != NULL)
        ch->probe_at = now;
    control_queue_add(t, peer);
}

void session_on_timer(struct transport *t, struct peer *peer, nsec_t now)
{
    if (!peer->open)
        control_queue_add(t, peer);
    else if (peer->awaited > 0 && now - peer->heard_at >= t->config.peer_timeout_ns)
        on_death(t, peer, now);
    else if (peer->awaited > 0 && now - peer->heard_at >= t->config.peer_timeout_ns / 4)
        ask_for_life(t, peer, now);
    nsec_t at = deadline(t, peer, now);
    timer_heap_set(&t->timers, timer_of(t, peer), at > now ? at : NSEC_NEVER);
}
