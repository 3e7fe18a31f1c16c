/* SPDX-License-Identifier: BSD-3-Clause */
#include "dataplane/daemon/connection.h"

#include <stdlib.h>
#include <sys/random.h>

#include <event2/event.h>

#include "dataplane/daemon/host_port.h"
#include "dataplane/formats/address.h"
#include "nic/verbs/verbs.h"

static const nsec_t OFFER_INTERVAL_MIN_NS = 20 * NSEC_PER_MSEC;
static const nsec_t OFFER_INTERVAL_MAX_NS = NSEC_PER_SEC;
static const unsigned OFFERS_BEFORE_WARNING = 8;
static const unsigned UNWANTED_OFFERS = 16;
static const unsigned TRIES_MAX = 4096; /* with 32 spines a pair suits both ends in one of 1024 */

/* IDLE -> OFFERED (we have a queue pair) -> CONNECTED (to the peer's; the worker has it) -> READY (the peer
 * is connected too) -> STOPPING (it failed; the worker takes what had come) -> OFFERED, with the next one: an
 * end that does not know yet that its queue pair is of no use learns it from the offer, and would wait for
 * ever if all that it sent was acknowledged. An offer that nobody here wants and nobody answers is taken
 * back: IDLE. */
enum connection_state {
    CONNECTION_IDLE,
    CONNECTION_OFFERED,
    CONNECTION_CONNECTED,
    CONNECTION_READY,
    CONNECTION_STOPPING
};

struct connection {
    const struct connection_basis *basis;
    struct link_name name;
    enum connection_state state;
    struct verbs_link *link;
    uint16_t source_port;    /* that its packets are to carry; 0: any */
    uint16_t connected_port; /* what it was when the present queue pair was connected */
    uint16_t wire_port;      /* that its packets carry */
    bool suits;              /* the path, together with the peer's */
    unsigned tries;          /* queue pairs in a row that did not */
    uint32_t serial;         /* of our queue pair; 0: there is none */
    uint32_t peer_serial;    /* heard last, and connected to from CONNECTED on */
    bool wanted;             /* by our worker */
    bool handed;             /* the worker has taken it */
    bool peer_connected;
    unsigned offers; /* since it was made */
    nsec_t interval_ns;
    struct event *timer;
};

/* ---- offers ---- */

static uint8_t flags_of(const struct connection *c, bool challenge)
{
    uint8_t suits = c->suits ? LINK_OFFER_SUITS : 0;
    if (challenge)
        return LINK_OFFER_CHALLENGE;
    if (c->state == CONNECTION_READY)
        return suits | LINK_OFFER_CONNECTED | LINK_OFFER_READY;
    return suits | (c->state == CONNECTION_CONNECTED && c->handed ? LINK_OFFER_CONNECTED : 0);
}

static void send_offer(struct connection *c, uint32_t echo, bool challenge)
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

static void schedule(struct connection *c, nsec_t interval_ns)
{
    struct timeval timeout = {.tv_sec = (time_t)(interval_ns / NSEC_PER_SEC),
                              .tv_usec = (suseconds_t)(interval_ns % NSEC_PER_SEC / NSEC_PER_USEC)};
    c->interval_ns = interval_ns;
    evtimer_add(c->timer, &timeout);
}

static nsec_t twice(nsec_t interval_ns)
{
    return 2 * interval_ns < OFFER_INTERVAL_MAX_NS ? 2 * interval_ns : OFFER_INTERVAL_MAX_NS;
}

/* ---- queue pairs ---- */

static uint32_t draw_serial(void)
{
    uint32_t serial = 0;
    if (getrandom(&serial, sizeof(serial), 0) != sizeof(serial))
        serial = (uint32_t)host_port_now();
    return serial | 1;
}

static void forget_queue_pair(struct connection *c)
{
    verbs_link_destroy(c->link);
    c->link = NULL;
    c->serial = c->peer_serial = 0;
    c->handed = c->peer_connected = c->suits = false;
    c->state = CONNECTION_IDLE;
    evtimer_del(c->timer);
}

/* Has a queue pair made and offered. When there is none left, it is tried again as long as it is wanted. */
static void make(struct connection *c)
{
    char error[VERBS_ERROR_BYTES], text[ADDRESS_TEXT_BYTES];
    if (verbs_link_create(c->basis->verbs, &c->link, error) != 0) {
        log_warning("path %u to %s has no queue pair: %s", c->name.path, address_text(c->name.address, text),
                    error);
        schedule(c, OFFER_INTERVAL_MAX_NS);
        return;
    }
    c->state = CONNECTION_OFFERED;
    c->suits = verbs_link_fixed_port(c->link, 1) == 0; /* with any other */
    c->serial = draw_serial();
    c->offers = 0;
    send_offer(c, c->peer_serial, false);
    schedule(c, OFFER_INTERVAL_MIN_NS);
}

static void on_timer(evutil_socket_t unused, short events, void *context)
{
    struct connection *c = context;
    char text[ADDRESS_TEXT_BYTES];
    (void)unused;
    (void)events;
    if (c->state == CONNECTION_IDLE && c->wanted) {
        make(c);
        return;
    }
    if (c->state != CONNECTION_OFFERED && c->state != CONNECTION_CONNECTED)
        return;
    if (c->state == CONNECTION_OFFERED && !c->wanted && c->offers > UNWANTED_OFFERS) {
        forget_queue_pair(c);
        return;
    }
    if (c->wanted && c->offers == OFFERS_BEFORE_WARNING)
        log_warning("%s does not answer on UDP port %u: is its port an RDMA one (verbs:), too?",
                    address_text(c->name.address, text), c->basis->offers->udp_port);
    send_offer(c, c->peer_serial, false);
    schedule(c, twice(c->interval_ns));
}

/* ---- source ports ---- */

/* What is not known yet takes the transport's first. */
static uint16_t port_to_carry(const struct connection *c)
{
    return c->source_port != 0 ? c->source_port
                               : transport_first_source_port(c->basis->address, c->name.address);
}

/* The one that both numbers make, where nothing else is asked; 0: it is for us to say. */
static uint16_t fixed_port(const struct connection *c, const struct link_offer *offer)
{
    return verbs_link_fixed_port(c->link, offer->queue_pair);
}

/* ---- the worker ---- */

static void on_taken(struct command *command);
static void give_up(struct connection *c);

static void hand(struct connection *c, bool ready)
{
    struct command *command = command_new(COMMAND_TAKE_LINK, on_taken, c);
    if (command == NULL)
        return; /* the peer will ask again */
    command->link.name = c->name;
    command->link.link = c->link;
    command->link.ready = ready;
    host_port_post(c->basis->port, command);
}

static void become_ready(struct connection *c)
{
    char text[ADDRESS_TEXT_BYTES];
    c->state = CONNECTION_READY;
    c->wanted = false;
    evtimer_del(c->timer);
    log_debug("queue pair to %s, path %u, source port %u is ready", address_text(c->name.address, text),
              c->name.path, c->wire_port);
    send_offer(c, c->peer_serial, false);
    hand(c, true);
}

static void on_taken(struct command *command)
{
    struct connection *c = command->context;
    bool ready = command->link.ready;
    int64_t result = command->result;
    command_free(command);
    if (ready || c->state != CONNECTION_CONNECTED)
        return;
    if (result != 0) {
        forget_queue_pair(c);
        schedule(c, OFFER_INTERVAL_MIN_NS);
        return;
    }
    c->handed = true;
    if (c->connected_port != port_to_carry(c))
        give_up(c);
    else if (c->peer_connected)
        become_ready(c);
    else
        send_offer(c, c->peer_serial, false);
}

static void break_link(struct connection *c)
{
    struct command *command = command_new(COMMAND_BREAK_LINK, command_free, NULL);
    if (command == NULL)
        return;
    command->link.name = c->name;
    host_port_post(c->basis->port, command);
}

/* What is not connected yet may become what is wanted; what its worker does not have yet is looked at when it
 * has. */
static void give_up(struct connection *c)
{
    if (c->state == CONNECTION_READY || (c->state == CONNECTION_CONNECTED && c->handed))
        break_link(c);
}

static void on_ended(struct command *command)
{
    struct connection *c = command->context;
    command_free(command);
    forget_queue_pair(c);
    make(c);
}

void connection_on_down(struct connection *c, const char *reason)
{
    char text[ADDRESS_TEXT_BYTES];
    struct command *command = c->link != NULL ? command_new(COMMAND_END_LINK, on_ended, c) : NULL;
    if (command == NULL)
        return;
    log_info("queue pair to %s, path %u is given up: %s", address_text(c->name.address, text), c->name.path,
             reason);
    c->state = CONNECTION_STOPPING;
    evtimer_del(c->timer);
    verbs_link_stop(c->link);
    command->link.name = c->name;
    host_port_post(c->basis->port, command);
}

void connection_on_wanted(struct connection *c, uint16_t source_port)
{
    bool moved = c->source_port != source_port;
    c->source_port = source_port;
    c->wanted = true;
    if (c->state == CONNECTION_IDLE)
        make(c);
    else if (moved && c->state != CONNECTION_OFFERED)
        give_up(c);
}

void connection_on_path_found(struct connection *c, uint16_t source_port)
{
    if (source_port == 0 || c->source_port == source_port)
        return;
    c->source_port = source_port;
    give_up(c);
}

/* ---- offers that come ---- */

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
    struct verbs_route route = {.destination = c->name.address, .source_port = port_to_carry(c)};
    if (verbs_link_connect(c->link, &route, &end, error) != 0) {
        log_warning("queue pair to %s, path %u: %s", address_text(c->name.address, text), c->name.path,
                    error);
        forget_queue_pair(c);
        schedule(c, OFFER_INTERVAL_MAX_NS);
        return;
    }
    c->state = CONNECTION_CONNECTED;
    c->connected_port = route.source_port;
    c->wire_port = fixed_port(c, offer) != 0 ? fixed_port(c, offer) : route.source_port;
    c->tries = 0;
    c->peer_serial = offer->serial;
    c->peer_connected = offer->flags & LINK_OFFER_CONNECTED;
    hand(c, false);
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
    forget_queue_pair(c);
    c->peer_serial = peer_serial;
    make(c);
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
        send_offer(c, offer->serial, false);
}

static void on_offer_to_unconnected(struct connection *c, const struct link_offer *offer)
{
    bool is_new = c->peer_serial != offer->serial;
    c->peer_serial = offer->serial;
    if (offer->echo == c->serial && !(offer->flags & LINK_OFFER_CHALLENGE))
        on_proven_offer(c, offer, is_new);
    else
        send_offer(c, offer->serial, false);
}

static void on_offer_to_connected(struct connection *c, const struct link_offer *offer)
{
    bool proven = offer->echo == c->serial;
    if (offer->serial != c->peer_serial) {
        if (proven)
            give_up(c);
        else
            send_offer(c, offer->serial, true);
        return;
    }
    if (proven && (offer->flags & LINK_OFFER_CONNECTED))
        c->peer_connected = true;
    if (c->state == CONNECTION_CONNECTED && c->handed && c->peer_connected)
        become_ready(c);
    else if (!(offer->flags & LINK_OFFER_READY))
        send_offer(c, c->peer_serial, false);
}

void connection_on_offer(struct connection *c, const struct link_offer *offer, uint16_t source_port)
{
    switch (c->state) {
    case CONNECTION_IDLE:
        c->peer_serial = offer->serial;
        c->source_port = source_port;
        make(c);
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

/* ---- start and end ---- */

struct connection *connection_create(const struct connection_basis *basis, const struct link_name *name)
{
    struct connection *c = calloc(1, sizeof(*c));
    if (c == NULL)
        return NULL;
    *c = (struct connection){.basis = basis, .name = *name};
    c->timer = evtimer_new(basis->base, on_timer, c);
    if (c->timer != NULL)
        return c;
    free(c);
    return NULL;
}

void connection_destroy(struct connection *c)
{
    verbs_link_destroy(c->link);
    event_free(c->timer);
    free(c);
}

const struct link_name *connection_name(const struct connection *c)
{
    return &c->name;
}
