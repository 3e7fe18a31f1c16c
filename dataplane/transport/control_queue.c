/* SPDX-License-Identifier: BSD-3-Clause */
#include "dataplane/transport/control_queue.h"

#include "dataplane/transport/channel.h"
#include "dataplane/transport/credit.h"
#include "dataplane/transport/message.h"
#include "dataplane/transport/path_health.h"
#include "dataplane/transport/session.h"

/* Where packets are written, and how many more fit. */
struct writer {
    struct outgoing_packet *next;
    unsigned left;
};

static struct outgoing_packet *advance(struct writer *w)
{
    w->left--;
    return w->next++;
}

void control_queue_add(struct transport *t, struct peer *peer)
{
    if (peer->control_queued)
        return;
    uint32_t index = (uint32_t)(peer - t->peers);
    peer->control_queued = true;
    peer->next_control = NONE;
    if (t->last_control == NONE)
        t->first_control = index;
    else
        t->peers[t->last_control].next_control = index;
    t->last_control = index;
}

void control_queue_on_room(struct transport *t, struct peer *peer)
{
    if (peer->first_credit != NONE || peer->refusals > 0)
        control_queue_add(t, peer);
    if (t->notices_pending > 0)
        t->notices_due = true;
}

void control_queue_refuse(struct transport *t, struct outgoing *m)
{
    m->refusing = true;
    t->peers[m->peer].refusals++;
    control_queue_add(t, &t->peers[m->peer]);
}

/* An unnumbered packet about channel `ch`, sent from `source_port`. */
static void write_unnumbered(struct transport *t, const struct channel *ch, enum packet_type type,
                             uint16_t source_port, struct outgoing_packet *packet, nsec_t now)
{
    *packet =
        (struct outgoing_packet){.destination = channel_peer(t, ch)->address, .source_port = source_port};
    packet->header_bytes = sizeof(struct packet_header);
    channel_write_header(t, ch, type, 0, (struct packet_header *)packet->header, now);
}

/* Over a path that lives; when that went unanswered, over any in turn. */
static void send_close(struct transport *t, struct channel *ch, struct writer *w, nsec_t now)
{
    struct peer *peer = channel_peer(t, ch);
    uint16_t port =
        ch->timeouts == 0 ? path_health_next_alive_port(t, peer) : path_health_next_known_port(t, peer);
    ch->look_at = now + t->config.rto_min_ns;
    ch->timeouts = 1;
    if (port != 0)
        write_unnumbered(t, ch, PACKET_CLOSE, port, advance(w), now);
    channel_arm(t, ch, now);
}

static void send_probe(struct transport *t, struct channel *ch, struct writer *w, nsec_t now)
{
    path_health_begin_probe(t, ch, now);
    struct outgoing_packet *packet = advance(w);
    write_unnumbered(t, ch, PACKET_PROBE, ch->source_port, packet, now);
    ((struct packet_probe *)packet->header)->token = ch->probe_token;
    packet->header_bytes = sizeof(struct packet_probe);
    packet->tests_path = ch->state == CHANNEL_DEAD;
    t->counters.probes_sent++;
}

static void send_path_control(struct transport *t, struct peer *peer, struct writer *w, nsec_t now)
{
    for (unsigned i = 0; i < peer->path_count && w->left > 0; i++) {
        struct channel *ch = channel_find(t, (uint16_t)(peer - t->peers), i);
        if (ch == NULL)
            continue;
        if (ch->state == CHANNEL_CLOSING && ch->look_at <= now)
            send_close(t, ch, w, now);
        else if ((ch->state == CHANNEL_ALIVE || ch->state == CHANNEL_DEAD) && ch->probe_at <= now)
            send_probe(t, ch, w, now);
    }
}

/* The next live channel with room for a numbered packet, or NULL. Those that are in use already go before
 * paths that would need a channel for this: a host with many peers has a few to each. */
static struct channel *channel_with_room(struct transport *t, struct peer *peer)
{
    struct channel *open = path_health_next_open(t, peer);
    if (open != NULL && channel_has_room(t, open))
        return open;
    for (unsigned i = 0; i < peer->path_count; i++) {
        struct channel *ch = path_health_next_alive(t, peer);
        if (ch != NULL && channel_has_room(t, ch))
            return ch;
    }
    return NULL;
}

static void send_credits(struct transport *t, struct peer *peer, struct writer *w, nsec_t now)
{
    while (peer->first_credit != NONE && w->left > 0) {
        struct channel *ch = channel_with_room(t, peer);
        if (ch == NULL)
            return;
        const struct incoming *m = credit_take(t, peer);
        struct sent_packet what = {.sent_at = now, .item = m->name, .kind = SENT_CREDIT};
        channel_send(t, ch, &what, advance(w), now);
        t->counters.credits_sent++;
    }
}

/* Refusals are so rare that the messages are searched for them. */
static void send_refusals(struct transport *t, struct peer *peer, struct writer *w, nsec_t now)
{
    for (uint32_t i = 0; peer->refusals > 0 && w->left > 0 && i < t->outgoing_fresh; i++) {
        struct outgoing *m = &t->outgoing[i];
        if (!m->used || m->done || !m->refusing || &t->peers[m->peer] != peer)
            continue;
        struct channel *ch = channel_with_room(t, peer);
        if (ch == NULL)
            return;
        struct sent_packet what = {.sent_at = now, .item = m->name, .kind = SENT_TOO_LONG};
        channel_send(t, ch, &what, advance(w), now);
        m->refusing = false;
        peer->refusals--;
    }
}

static void send_for_peer(struct transport *t, struct peer *peer, struct writer *w, nsec_t now)
{
    if (session_owes_hello(peer, now))
        session_write_hello(t, peer, advance(w), now);
    if (!peer->open)
        return;
    send_path_control(t, peer, w, now);
    send_credits(t, peer, w, now);
    send_refusals(t, peer, w, now);
}

unsigned control_queue_send(struct transport *t, struct outgoing_packet *packets, unsigned max, nsec_t now)
{
    struct writer w = {.next = packets, .left = max};
    while (t->first_control != NONE && w.left > 0) {
        struct peer *peer = &t->peers[t->first_control];
        send_for_peer(t, peer, &w, now);
        if (w.left == 0)
            break; /* it may have more */
        t->first_control = peer->next_control;
        if (t->first_control == NONE)
            t->last_control = NONE;
        peer->control_queued = false;
    }
    return max - w.left;
}
