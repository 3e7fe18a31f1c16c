/* SPDX-License-Identifier: BSD-3-Clause */
/* How a session is opened: hellos, the cookies that prove addresses, and answers. */
#include <string.h>

#include "dataplane/transport/channel.h"
#include "dataplane/transport/communicator.h"
#include "dataplane/transport/control_queue.h"
#include "dataplane/transport/lane.h"
#include "dataplane/transport/path_health.h"
#include "dataplane/transport/session_parts.h"
#include "dataplane/transport/sprayer.h"

enum {
    HELLOS_BEFORE_DEATH = 16 /* at least: the peer may have opened its side, and waits to hear from us */
};
#define HELLO_INTERVAL_MAX_NS NSEC_PER_SEC
#define COOKIE_LIFE_NS        NSEC_PER_SEC

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
                                       .source_port = port != 0 ? port : SESSION_FIRST_SOURCE_PORT,
                                       .header_bytes = sizeof(struct packet_hello)};
    struct packet_hello *hello = (struct packet_hello *)packet->header;
    write_hello(t, PACKET_HELLO, hello, now);
    hello->nonce = peer->nonce;
    hello->slot = (uint16_t)(peer - t->peers);
    hello->session_generation = peer->generation;
    peer->hello_at = now + peer->hello_interval_ns;
    peer->hello_interval_ns = next_hello_interval_ns(t, peer);
    session_arm(t, peer, now);
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
    return (uint16_t)(SESSION_FIRST_SOURCE_PORT + random_below(&t->random, SESSION_SOURCE_PORTS));
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
        session_reset(t, peer, now);
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
    session_arm(t, peer, now);
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
