/* SPDX-License-Identifier: BSD-3-Clause */
#include "dataplane/transport/session.h"

#include <string.h>

#include "dataplane/transport/channel.h"
#include "dataplane/transport/communicator.h"
#include "dataplane/transport/control_queue.h"
#include "dataplane/transport/lane.h"
#include "dataplane/transport/message.h"
#include "dataplane/transport/notice.h"
#include "dataplane/transport/path_health.h"
#include "dataplane/transport/sprayer.h"

enum {
    FIRST_SOURCE_PORT = 49152,
    SOURCE_PORTS = 16384,
    HELLOS_BEFORE_DEATH = 16 /* at least: the peer may have opened its side, and waits to hear from us */
};
#define HELLO_INTERVAL_MAX_NS NSEC_PER_SEC
#define COOKIE_LIFE_NS        NSEC_PER_SEC

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
    return (uint16_t)(FIRST_SOURCE_PORT + mix64_pair(peer_address, own_address) % SOURCE_PORTS);
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

static void arm(struct transport *t, struct peer *peer, nsec_t now)
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
    arm(t, peer, now);
}

/* Its hellos have become rare: there is a reason to hurry again. */
static void greet_soon(struct transport *t, struct peer *peer, nsec_t now)
{
    if (peer->open || peer->hello_at <= now + t->config.rto_min_ns)
        return;
    peer->hello_at = now;
    peer->hello_interval_ns = t->config.rto_min_ns;
    control_queue_add(t, peer);
    arm(t, peer, now);
}

void session_await(struct transport *t, struct peer *peer, nsec_t now)
{
    session_greet(t, peer, now);
    if (peer->awaited++ == 0) {
        peer->heard_at = now;
        greet_soon(t, peer, now);
    }
    if (!timer_heap_is_set(&t->timers, timer_of(t, peer)))
        arm(t, peer, now);
}

/* Nothing of the session is owed to or by the peer any more. */
static void end_session(struct transport *t, struct peer *peer, nsec_t now)
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
    end_session(t, peer, now);
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

/* ---- hellos ---- */

static void write_hello(const struct transport *t, enum packet_type type, struct packet_hello *hello,
                        nsec_t now)
{
    *hello = (struct packet_hello){.header = {.version = PACKET_VERSION,
                                              .type = type,
                                              .session = PACKET_NO_SESSION,
                                              .incarnation = t->config.incarnation,
                                              .sent_at_ns = (uint32_t)now,
                                              .plan_epoch = t->plan_epoch,
                                              .plan_hash = t->plan_hash},
                                   .slot = PACKET_NO_SESSION,
                                   .window_packets = t->config.window_packets,
                                   .payload_bytes_max = t->config.payload_bytes_max};
}

bool session_owes_hello(const struct peer *peer, nsec_t now)
{
    return !peer->open && peer->hello_at <= now;
}

static nsec_t next_hello_interval_ns(const struct transport *t, const struct peer *peer)
{
    nsec_t longest = t->config.peer_timeout_ns / HELLOS_BEFORE_DEATH, twice = 2 * peer->hello_interval_ns;
    if (peer->awaited == 0 || longest > HELLO_INTERVAL_MAX_NS)
        longest = HELLO_INTERVAL_MAX_NS;
    return twice < longest ? twice : longest;
}

/* Hellos take the peer's paths in turn: one dead path must not keep two hosts apart. */
void session_write_hello(struct transport *t, struct peer *peer, struct outgoing_packet *packet, nsec_t now)
{
    uint16_t port = path_health_next_alive_port(t, peer);
    *packet = (struct outgoing_packet){.destination = peer->address,
                                       .source_port = port != 0 ? port : FIRST_SOURCE_PORT,
                                       .header_bytes = sizeof(struct packet_hello)};
    struct packet_hello *hello = (struct packet_hello *)packet->header;
    write_hello(t, PACKET_HELLO, hello, now);
    hello->nonce = peer->nonce;
    hello->slot = (uint16_t)(peer - t->peers);
    hello->session_generation = peer->generation;
    peer->hello_at = now + peer->hello_interval_ns;
    peer->hello_interval_ns = next_hello_interval_ns(t, peer);
    arm(t, peer, now);
}

bool session_reply(struct transport *t, uint32_t destination, uint16_t source_port, const void *bytes,
                   uint16_t length)
{
    if (t->reply_count == REPLIES_MAX)
        return false;
    struct reply *reply = &t->replies[(t->reply_first + t->reply_count++) % REPLIES_MAX];
    reply->destination = destination;
    reply->source_port = source_port;
    reply->length = length;
    memcpy(reply->bytes, bytes, length);
    return true;
}

/* What an answer must echo to prove its address; never 0. It changes every second or so and lives for two: a
 * hello of an earlier incarnation, replayed, proves nothing. */
static uint64_t cookie(const struct transport *t, uint32_t address, uint32_t incarnation, nsec_t when)
{
    uint64_t secret = mix64_pair(t->config.seed, t->config.incarnation);
    return mix64_pair(secret, mix64_pair(when / COOKIE_LIFE_NS, (uint64_t)address << 32 | incarnation)) | 1;
}

static bool is_cookie(const struct transport *t, uint32_t address, const struct packet_hello *answer,
                      nsec_t now)
{
    nsec_t before = now > COOKIE_LIFE_NS ? now - COOKIE_LIFE_NS : 0;
    return answer->echo_nonce == cookie(t, address, answer->header.incarnation, now) ||
           answer->echo_nonce == cookie(t, address, answer->header.incarnation, before);
}

/* Another each time: a path that is dead, and not yet known to be, must not swallow every answer. */
static uint16_t any_port(struct transport *t)
{
    return (uint16_t)(FIRST_SOURCE_PORT + random_below(&t->random, SOURCE_PORTS));
}

/* A peer for which the session is not open yet, as our last answer was lost, is not dead. */
static void hear(struct peer *peer, const struct packet_hello *hello, nsec_t now)
{
    if (peer != NULL && peer->open && peer->incarnation == hello->header.incarnation)
        peer->heard_at = now;
}

enum drop_reason session_on_hello(struct transport *t, const struct received_packet *packet,
                                  const struct packet_hello *hello, nsec_t now)
{
    struct packet_hello answer;
    hear(session_find_peer(t, packet->source), hello, now);
    write_hello(t, PACKET_HELLO_ACK, &answer, now);
    answer.echo_nonce = hello->nonce;
    answer.nonce = cookie(t, packet->source, hello->header.incarnation, now);
    bool queued = session_reply(t, packet->source, any_port(t), &answer, sizeof(answer));
    return queued ? DROP_NONE : DROP_NO_RESOURCES;
}

static void open_channels(struct transport *t, struct peer *peer, nsec_t now)
{
    uint16_t number = (uint16_t)(peer - t->peers);
    peer->reset_at = now;
    for (unsigned i = 0; i < t->config.paths_max; i++) {
        if (channel_find(t, number, i) != NULL)
            channel_reset(t, channel_find(t, number, i), now);
    }
    sprayers_reset(t, number);
    peer->open = true;
    for (unsigned i = 0; i < peer->path_count; i++) {
        if (channel_find(t, number, i) != NULL)
            lane_refresh(t, &channel_find(t, number, i)->lane, now);
    }
    lane_refresh_roaming(t, peer, now);
    control_queue_add(t, peer);
    t->notices_due = t->notices_pending > 0;
}

/* The address and incarnation are proven: this is the peer from now on. Unless the answer is an old one, of a
 * session that the peer has given up since. */
static enum drop_reason adopt(struct transport *t, struct peer *peer, const struct packet_hello *hello,
                              nsec_t now)
{
    bool restarted = peer->incarnation != hello->header.incarnation;
    int8_t newer = (int8_t)(hello->session_generation - peer->remote_generation);
    if (!restarted && newer < 0)
        return DROP_SESSION;
    if (peer->open && (restarted || newer > 0)) {
        end_session(t, peer, now);
        communicator_on_peer_restarted(t, (uint16_t)(peer - t->peers));
    }
    peer->incarnation = hello->header.incarnation;
    peer->remote_generation = (uint8_t)hello->session_generation;
    peer->remote_slot = hello->slot;
    peer->plan_epoch = hello->header.plan_epoch;
    peer->plan_hash = hello->header.plan_hash;
    peer->window_packets =
        hello->window_packets < t->config.window_packets ? hello->window_packets : t->config.window_packets;
    peer->payload_bytes_max = hello->payload_bytes_max < t->config.payload_bytes_max
                                  ? hello->payload_bytes_max
                                  : t->config.payload_bytes_max;
    peer->nonce = 0;
    peer->heard_at = now;
    peer->hello_at = NSEC_NEVER;
    if (!peer->open)
        open_channels(t, peer, now);
    arm(t, peer, now);
    return DROP_NONE;
}

static enum drop_reason answer_with_slot(struct transport *t, const struct peer *peer, uint64_t echo,
                                         uint64_t nonce, nsec_t now)
{
    struct packet_hello answer;
    write_hello(t, PACKET_HELLO_ACK, &answer, now);
    answer.echo_nonce = echo;
    answer.nonce = nonce;
    answer.slot = (uint16_t)(peer - t->peers);
    answer.session_generation = peer->generation;
    bool queued = session_reply(t, peer->address, any_port(t), &answer, sizeof(answer));
    return queued ? DROP_NONE : DROP_NO_RESOURCES;
}

/* They echo our cookie: theirs is a proven address. */
static enum drop_reason on_proof(struct transport *t, uint32_t address, const struct packet_hello *answer,
                                 nsec_t now)
{
    if (answer->slot == PACKET_NO_SESSION)
        return DROP_SESSION;
    struct peer *peer = session_add_peer(t, address, UINT32_MAX);
    if (peer == NULL)
        return DROP_NO_RESOURCES;
    enum drop_reason reason = adopt(t, peer, answer, now);
    if (reason != DROP_NONE)
        return reason;
    return answer->nonce != 0 ? answer_with_slot(t, peer, answer->nonce, 0, now) : DROP_NONE;
}

enum drop_reason session_on_hello_ack(struct transport *t, const struct received_packet *packet,
                                      const struct packet_hello *answer, nsec_t now)
{
    if (is_cookie(t, packet->source, answer, now))
        return on_proof(t, packet->source, answer, now);
    struct peer *peer = session_find_peer(t, packet->source);
    if (peer == NULL || peer->nonce == 0 || answer->echo_nonce != peer->nonce)
        return DROP_NONCE;
    if (answer->slot != PACKET_NO_SESSION)
        return adopt(t, peer, answer, now);
    return answer->nonce != 0 ? answer_with_slot(t, peer, answer->nonce, peer->nonce, now) : DROP_NONCE;
}
