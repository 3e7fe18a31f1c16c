/* SPDX-License-Identifier: BSD-3-Clause */
/* What a connection says of its queue pair, and what it makes of what the peer says (formats/link_offer.h).
 */
#include "dataplane/daemon/connection_state.h"
#include "dataplane/formats/address.h"

static const unsigned TRIES_MAX = 4096; /* with 32 spines a pair suits both ends in one of 1024 */

static uint8_t flags_of(const struct connection *c, bool challenge)
{
    uint8_t suits = c->suits ? LINK_OFFER_SUITS : 0;
    if (challenge)
        return LINK_OFFER_CHALLENGE;
    if (c->state == CONNECTION_READY)
        return suits | LINK_OFFER_CONNECTED | LINK_OFFER_READY;
    return suits | (c->state == CONNECTION_CONNECTED && c->handed ? LINK_OFFER_CONNECTED : 0);
}

void connection_send_offer(struct connection *c, uint32_t echo, bool challenge)
{
    struct verbs_end end;
    verbs_link_describe(c->link, &end);
    struct link_offer offer = {.version = LINK_OFFER_VERSION,
                               .flags = flags_of(c, challenge),
                               .path = c->name.path,
                               .mtu = (uint8_t)end.mtu,
                               .incarnation = c->basis->incarnation,
                               .serial = c->serial,
                               .echo = echo,
                               .queue_pair = end.queue_pair,
                               .packet_number = end.packet_number,
                               .messages_max = end.messages_max,
                               .credit_key = end.credit_key,
                               .credit_address = end.credit_address};
    offer_socket_send(c->basis->offers, c->name.address, &offer);
    c->offers++;
}

/* ---- whether a pair suits ---- */

/* The one that both numbers make, where nothing else is asked; 0: it is for us to say. */
static uint16_t fixed_port(const struct connection *c, const struct link_offer *offer)
{
    return verbs_link_fixed_port(c->link, offer->queue_pair);
}

enum verdict {
    SUITS,
    SUITS_NOT,
    NOT_KNOWN_YET
};

/* Whether our queue pair and the one that is offered take the path. */
static enum verdict judge(const struct connection *c, const struct link_offer *offer)
{
    uint16_t port = fixed_port(c, offer);
    if (port == 0 || c->tries >= TRIES_MAX)
        return SUITS;
    int path = c->basis->path_of_port(c->basis->port, c->name.address, port);
    if (path < 0)
        return NOT_KNOWN_YET;
    return path == c->name.path ? SUITS : SUITS_NOT;
}

static void try_another(struct connection *c, uint32_t peer_serial)
{
    char text[ADDRESS_TEXT_BYTES];
    if (++c->tries == TRIES_MAX)
        log_warning("no queue pair to %s takes path %u: the next one will do",
                    address_text(c->name.address, text), c->name.path);
    connection_forget(c);
    c->peer_serial = peer_serial;
    connection_make(c);
}

/* ---- what the peer says ---- */

static struct verbs_end end_of(const struct link_offer *offer)
{
    return (struct verbs_end){.credit_address = offer->credit_address,
                              .credit_key = offer->credit_key,
                              .queue_pair = offer->queue_pair,
                              .packet_number = offer->packet_number,
                              .messages_max = offer->messages_max,
                              .mtu = offer->mtu};
}

static void connect_to(struct connection *c, const struct link_offer *offer)
{
    char error[VERBS_ERROR_BYTES], text[ADDRESS_TEXT_BYTES];
    struct verbs_end end = end_of(offer);
    struct verbs_route route = {.destination = c->name.address, .source_port = connection_port(c)};
    if (verbs_link_connect(c->link, &route, &end, error) != 0) {
        log_warning("queue pair to %s, path %u: %s", address_text(c->name.address, text), c->name.path,
                    error);
        connection_forget(c);
        connection_schedule(c, CONNECTION_OFFER_MAX_NS);
        return;
    }
    c->state = CONNECTION_CONNECTED;
    c->connected_port = route.source_port;
    c->wire_port = fixed_port(c, offer) != 0 ? fixed_port(c, offer) : route.source_port;
    c->tries = 0;
    c->peer_serial = offer->serial;
    c->peer_connected = offer->flags & LINK_OFFER_CONNECTED;
    connection_hand(c, false);
}

/* The peer answers to what we have told it of our queue pair. */
static void on_proven_offer(struct connection *c, const struct link_offer *offer, bool is_new)
{
    enum verdict verdict = judge(c, offer);
    if (verdict == SUITS_NOT) {
        try_another(c, offer->serial);
        return;
    }
    bool news = is_new || (verdict == SUITS && !c->suits);
    c->suits = verdict == SUITS;
    if (c->suits && (offer->flags & LINK_OFFER_SUITS))
        connect_to(c, offer);
    else if (news)
        connection_send_offer(c, offer->serial, false);
}

static void on_offer_to_unconnected(struct connection *c, const struct link_offer *offer)
{
    bool is_new = c->peer_serial != offer->serial;
    c->peer_serial = offer->serial;
    if (offer->echo == c->serial && !(offer->flags & LINK_OFFER_CHALLENGE))
        on_proven_offer(c, offer, is_new);
    else
        connection_send_offer(c, offer->serial, false);
}

static void on_offer_to_connected(struct connection *c, const struct link_offer *offer)
{
    bool proven = offer->echo == c->serial;
    if (offer->serial != c->peer_serial) {
        if (proven)
            connection_give_up(c);
        else
            connection_send_offer(c, offer->serial, true);
        return;
    }
    if (proven && (offer->flags & LINK_OFFER_CONNECTED))
        c->peer_connected = true;
    if (c->state == CONNECTION_CONNECTED && c->handed && c->peer_connected)
        connection_become_ready(c);
    else if (!(offer->flags & LINK_OFFER_READY))
        connection_send_offer(c, c->peer_serial, false);
}

void connection_on_offer(struct connection *c, const struct link_offer *offer, uint16_t source_port)
{
    switch (c->state) {
    case CONNECTION_IDLE:
        c->peer_serial = offer->serial;
        c->source_port = source_port;
        connection_make(c);
        break;
    case CONNECTION_OFFERED:
        on_offer_to_unconnected(c, offer);
        break;
    case CONNECTION_CONNECTED:
    case CONNECTION_READY:
        on_offer_to_connected(c, offer);
        break;
    case CONNECTION_STOPPING:
        break; /* it will be said again */
    }
}
