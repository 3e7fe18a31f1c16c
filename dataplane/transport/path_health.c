/* SPDX-License-Identifier: BSD-3-Clause */
#include "dataplane/transport/path_health.h"

#include <string.h>

#include "dataplane/transport/channel.h"
#include "dataplane/transport/congestion_window.h"
#include "dataplane/transport/control_queue.h"
#include "dataplane/transport/credit.h"
#include "dataplane/transport/lane.h"
#include "dataplane/transport/message.h"
#include "dataplane/transport/notice.h"
#include "dataplane/transport/path_plan.h"
#include "dataplane/transport/rehome.h"
#include "dataplane/transport/suspicion.h"

enum {
    CLEAN_PROBES_TO_LIVE = 3,
    QUICK_TRIAL_REST = 10, /* least probe intervals between two deaths */
    WRONGED_MAX = 3
};

static bool is_suspected(const struct transport *t, uint16_t peer, unsigned path)
{
    const struct channel *ch = channel_find(t, peer, path);
    return ch != NULL && ch->suspected;
}

uint64_t path_health_usable(const struct transport *t, uint16_t peer)
{
    uint64_t alive = 0, suspected = 0;
    for (unsigned i = 0; i < t->peers[peer].path_count; i++) {
        alive |= (uint64_t)(path_state(t, peer, i) == CHANNEL_ALIVE) << i;
        suspected |= (uint64_t)is_suspected(t, peer, i) << i;
    }
    return path_plan_usable(&t->peers[peer], alive & ~suspected ? alive & ~suspected : alive);
}

uint64_t path_health_splittable(const struct transport *t, uint16_t peer)
{
    uint64_t usable = path_health_usable(t, peer);
    return usable != 0 ? usable : UINT64_MAX >> (64 - t->peers[peer].path_count);
}

/* Moves the peer's next_path to the next usable one; false when there is none. */
static bool turn_to_next_usable(const struct transport *t, struct peer *peer)
{
    uint16_t number = (uint16_t)(peer - t->peers);
    unsigned next = (peer->next_path + 1u) % peer->path_count;
    bool plain = path_state(t, number, next) == CHANNEL_ALIVE && !is_suspected(t, number, next);
    uint64_t usable = plain && peer->avoided_paths == 0 ? 1ull << next : path_health_usable(t, number);
    if (usable == 0)
        return false;
    while (!(usable >> next & 1))
        next = (next + 1) % peer->path_count;
    peer->next_path = (uint16_t)next;
    return true;
}

struct channel *path_health_next_alive(struct transport *t, struct peer *peer)
{
    bool found = turn_to_next_usable(t, peer);
    return found ? channel_at(t, (uint16_t)(peer - t->peers), peer->next_path) : NULL;
}

struct channel *path_health_next_open(struct transport *t, struct peer *peer)
{
    unsigned path = peer->next_path;
    for (unsigned i = 0; i < peer->path_count; i++) {
        path = path + 1 < peer->path_count ? path + 1 : 0;
        struct channel *ch = channel_find(t, (uint16_t)(peer - t->peers), path);
        bool avoided = peer->avoided_paths >> path & 1;
        if (ch == NULL || ch->state != CHANNEL_ALIVE || ch->suspected || avoided)
            continue;
        peer->next_path = (uint16_t)path;
        return ch;
    }
    return NULL;
}

uint16_t path_health_next_known_port(struct transport *t, struct peer *peer)
{
    uint16_t port = 0;
    for (unsigned i = 0; port == 0 && i < peer->path_count; i++) {
        peer->next_path = (uint16_t)((peer->next_path + 1u) % peer->path_count);
        port = path_source_port(t, (uint16_t)(peer - t->peers), peer->next_path);
    }
    return port;
}

uint16_t path_health_next_alive_port(struct transport *t, struct peer *peer)
{
    bool found = turn_to_next_usable(t, peer);
    return found ? path_source_port(t, (uint16_t)(peer - t->peers), peer->next_path) : 0;
}

static void queue_event(struct transport *t, struct channel *ch)
{
    if (ch->path_event_queued)
        return;
    ch->path_event_queued = true;
    ch->next_path_event = NONE;
    if (t->last_path_event == NONE)
        t->first_path_event = channel_index(t, ch);
    else
        t->channels[t->last_path_event].next_path_event = channel_index(t, ch);
    t->last_path_event = channel_index(t, ch);
}

/* A path that dies for the first time in a while, or was wronged before, may have been wronged: it is tried
 * again soon. */
static bool deserves_quick_trial(const struct transport *t, const struct channel *ch, nsec_t now)
{
    return ch->died_at == 0 || ch->wronged > 0 ||
           now - ch->died_at > QUICK_TRIAL_REST * t->config.probe_interval_min_ns;
}

static void begin_closing(struct transport *t, struct channel *ch, nsec_t now)
{
    ch->quick_trial = deserves_quick_trial(t, ch, now);
    ch->died_at = now;
    ch->probe_token = 0;
    ch->state = CHANNEL_CLOSING;
    ch->suspected = false;
    if (ch->timeouts > 0)
        ch->waiting_since = ch->timed_out_at;
    ch->timeouts = 0;
    ch->look_at = now;
    ch->probe_at = NSEC_NEVER;
    t->counters.paths_died++;
    queue_event(t, ch);
    control_queue_add(t, channel_peer(t, ch));
}

void path_health_die(struct transport *t, struct channel *ch, nsec_t now)
{
    begin_closing(t, ch, now);
    rehome_unsent(t, ch, now);
}

static bool is_last_alive(const struct transport *t, const struct peer *peer, unsigned path)
{
    for (unsigned i = 0; i < peer->path_count; i++) {
        if (i != path && path_state(t, (uint16_t)(peer - t->peers), i) == CHANNEL_ALIVE)
            return false;
    }
    return path_state(t, (uint16_t)(peer - t->peers), path) == CHANNEL_ALIVE;
}

void path_health_on_given_up(struct transport *t, struct channel *ch, nsec_t now)
{
    bool last = is_last_alive(t, channel_peer(t, ch), ch->lane.path);
    begin_closing(t, ch, now);
    if (last)
        lane_refresh(t, &ch->lane, now); /* its pieces wait where they are */
    else
        rehome_unsent(t, ch, now);
}

/* Whether another path of the peer has delivered what was sent at `since`, as probes are, or after it. */
static bool sibling_delivered(const struct transport *t, const struct channel *ch, nsec_t since)
{
    for (unsigned i = 0; i < channel_peer(t, ch)->path_count; i++) {
        const struct channel *sibling = channel_find(t, ch->lane.peer, i);
        if (sibling == NULL || sibling == ch)
            continue;
        if (sibling->state == CHANNEL_ALIVE && sibling->delivered_at >= since)
            return true;
    }
    return false;
}

/* Siblings to ask, never used ones among them: more with each timeout, all from the sixth on. */
static unsigned witnesses_wanted(const struct channel *ch)
{
    return ch->timeouts < 6 ? 1u << ch->timeouts : PACKET_PATHS_MAX;
}

/* Idle siblings say nothing by themselves: ask them. */
static void probe_siblings(struct transport *t, struct channel *ch, nsec_t now)
{
    unsigned count = channel_peer(t, ch)->path_count, witnesses = 0;
    for (unsigned i = 1; i < count; i++) {
        unsigned path = (ch->lane.path + i) % count;
        bool known = channel_find(t, ch->lane.peer, path) != NULL;
        if (path_state(t, ch->lane.peer, path) != CHANNEL_ALIVE ||
            (!known && witnesses >= witnesses_wanted(ch)))
            continue;
        struct channel *sibling = channel_at(t, ch->lane.peer, path);
        witnesses++;
        if (sibling->sent.in_flight_packets == 0)
            sibling->probe_at = now;
    }
    control_queue_add(t, channel_peer(t, ch));
}

void path_health_on_timeout(struct transport *t, struct channel *ch, nsec_t flight_sent_at, nsec_t now)
{
    bool peer_lives = sibling_delivered(t, ch, flight_sent_at);
    if (ch->peer_lived && peer_lives) {
        path_health_die(t, ch, now);
        suspicion_of_relatives(t, ch, flight_sent_at, now);
        return;
    }
    ch->peer_lived = peer_lives;
    probe_siblings(t, ch, now);
}

/* ---- closing ---- */

/* What waited on paths that died when there was no other. */
static void collect_waiting(struct transport *t, const struct channel *ch, nsec_t now)
{
    for (unsigned i = 0; i < channel_peer(t, ch)->path_count; i++) {
        struct channel *sibling = channel_find(t, ch->lane.peer, i);
        if (sibling != NULL && (sibling->state == CHANNEL_CLOSING || sibling->state == CHANNEL_DEAD))
            rehome_unsent(t, sibling, now);
    }
}

static void revive(struct transport *t, struct channel *ch, nsec_t now)
{
    ch->state = CHANNEL_ALIVE;
    ch->probe_at = NSEC_NEVER;
    ch->delivered_at = now;
    ch->trial_at = 0;
    ch->look_at = 0;
    t->counters.paths_revived++;
    queue_event(t, ch);
    collect_waiting(t, ch, now);
    channel_arm(t, ch, now);
}

static void requeue_control(struct transport *t, const struct channel *ch, const struct sent_packet *packet)
{
    if (packet->kind == SENT_CREDIT) {
        struct incoming *m = incoming_by_name(t, packet->item);
        if (m != NULL)
            credit_queue(t, m);
    } else if (packet->kind == SENT_ABORT) {
        notice_tell_again(t, packet->item, ch->lane.peer);
    } else if (packet->kind == SENT_TOO_LONG) {
        struct outgoing *m = outgoing_by_name(t, packet->item);
        if (m != NULL)
            control_queue_refuse(t, m);
    }
}

/* What the peer did not get: data goes to other paths, the rest back to where it came from. */
static void give_back_unreceived(struct transport *t, struct channel *ch, nsec_t now)
{
    struct rehome_list list = {.count = 0};
    for (uint32_t n = ch->sent.base; n != ch->sent.next; n++) {
        const struct sent_packet *packet = send_window_at(&ch->sent, n);
        if (packet->state == SENT_ACKED)
            continue;
        t->counters.packets_rehomed++;
        if (packet->kind == SENT_DATA)
            rehome_add_packet(t, &list, packet);
        else
            requeue_control(t, ch, packet);
    }
    channel_reopen(t, ch, now);
    rehome_list_to_survivors(t, ch->lane.peer, &list, now);
}

/* A quick trial does not wait long for its first answer, and goes on as soon as there is one. */
static void set_next_trial(struct transport *t, struct channel *ch, nsec_t now)
{
    nsec_t wait_ns = ch->quick_trial ? t->config.base_rtt_ns : t->config.probe_interval_min_ns;
    ch->probe_interval_ns = ch->quick_trial ? 2 * t->config.rto_min_ns : t->config.probe_interval_min_ns;
    ch->probe_at = ch->source_port != 0 ? now + wait_ns : NSEC_NEVER;
    channel_arm(t, ch, now);
}

/* Every packet may become a piece of its own: sprayed neighbours took other paths. */
static bool has_pieces_for_all(const struct transport *t, const struct channel *ch)
{
    return t->piece_free_count >= send_window_used(&ch->sent) + channel_peer(t, ch)->path_count;
}

enum drop_reason path_health_on_closed(struct transport *t, struct channel *ch,
                                       const struct packet_ack *closed, nsec_t now)
{
    if (ch->state != CHANNEL_CLOSING || closed->header.generation != ch->generation)
        return DROP_GENERATION;
    if (!has_pieces_for_all(t, ch))
        return DROP_NO_RESOURCES; /* the peer will be asked again, and say the same */
    if (!channel_take_final_ack(t, ch, closed, now))
        return DROP_ACK;
    ch->state = CHANNEL_DEAD;
    if (t->config.reliable_nic && path_health_usable(t, ch->lane.peer) == 0) {
        revive(t, ch, now);
        give_back_unreceived(t, ch, now);
        return DROP_NONE;
    }
    give_back_unreceived(t, ch, now);
    rehome_unsent(t, ch, now);
    ch->clean_probes = 0;
    set_next_trial(t, ch, now);
    return DROP_NONE;
}

/* ---- living again ---- */

static void on_probe_unanswered(struct transport *t, struct channel *ch)
{
    ch->clean_probes = 0;
    if (ch->state != CHANNEL_DEAD || !ch->quick_trial)
        return;
    ch->quick_trial = false;
    ch->wronged = 0;
    ch->probe_interval_ns = t->config.probe_interval_min_ns;
}

void path_health_begin_probe(struct transport *t, struct channel *ch, nsec_t now)
{
    if (ch->probe_token != 0)
        on_probe_unanswered(t, ch);
    ch->probe_token = random_next(&t->random) | 1;
    if (ch->state == CHANNEL_DEAD) {
        ch->probe_at = now + ch->probe_interval_ns;
        ch->probe_interval_ns = congestion_least(2 * ch->probe_interval_ns, t->config.probe_interval_max_ns);
    } else {
        ch->trial_at = now;
        ch->probe_at = NSEC_NEVER;
    }
    channel_arm(t, ch, now);
}

static void count_wrongs(struct channel *ch)
{
    if (!ch->quick_trial)
        ch->wronged = 0;
    else if (ch->wronged < WRONGED_MAX)
        ch->wronged++;
}

enum drop_reason path_health_on_probe_reply(struct transport *t, struct channel *ch, uint64_t token,
                                            nsec_t now)
{
    if (token == 0 || token != ch->probe_token)
        return DROP_NONCE;
    ch->probe_token = 0;
    if (ch->state == CHANNEL_ALIVE)
        suspicion_on_delivery(t, ch, ch->trial_at, now);
    if (ch->state != CHANNEL_DEAD)
        return DROP_NONE;
    if (++ch->clean_probes < CLEAN_PROBES_TO_LIVE) {
        set_next_trial(t, ch, now);
        return DROP_NONE;
    }
    count_wrongs(ch);
    revive(t, ch, now);
    return DROP_NONE;
}

void path_health_set_port(struct transport *t, struct peer *peer, unsigned path, uint16_t source_port,
                          nsec_t now)
{
    uint16_t number = (uint16_t)(peer - t->peers);
    if (path_source_port(t, number, path) == source_port ||
        (source_port == 0 && is_last_alive(t, peer, path)))
        return;
    if (source_port != 0 && channel_find(t, number, path) == NULL) {
        *path_entry(t, number, path) = source_port;
        return;
    }
    struct channel *ch = channel_at(t, number, path);
    ch->source_port = source_port;
    switch ((enum channel_state)ch->state) {
    case CHANNEL_ABSENT:
        ch->state = CHANNEL_ALIVE;
        break;
    case CHANNEL_ALIVE:
        if (source_port == 0)
            path_health_die(t, ch, now);
        break;
    case CHANNEL_CLOSING:
        break;
    case CHANNEL_DEAD:
        if (source_port != 0)
            revive(t, ch, now);
        else
            ch->probe_at = NSEC_NEVER;
        break;
    }
}
