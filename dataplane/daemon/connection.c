/* SPDX-License-Identifier: BSD-3-Clause */
#include "dataplane/daemon/connection.h"

#include <stdlib.h>
#include <sys/random.h>

#include "dataplane/daemon/connection_state.h"
#include "dataplane/formats/address.h"
#include "dataplane/process/clock.h"

static const unsigned OFFERS_BEFORE_WARNING = 8;
static const unsigned UNWANTED_OFFERS = 16;

/* ---- queue pairs ---- */

static uint32_t draw_serial(void)
{
    uint32_t serial = 0;
    if (getrandom(&serial, sizeof(serial), 0) != sizeof(serial))
        serial = (uint32_t)clock_ns(CLOCK_MONOTONIC);
    return serial | 1;
}

void connection_forget(struct connection *c)
{
    verbs_link_destroy(c->link);
    c->link = NULL;
    c->serial = c->peer_serial = 0;
    c->handed = c->peer_connected = c->suits = false;
    c->state = CONNECTION_IDLE;
    evtimer_del(c->timer);
}

void connection_schedule(struct connection *c, nsec_t interval_ns)
{
    struct timeval timeout = {.tv_sec = (time_t)(interval_ns / NSEC_PER_SEC),
                              .tv_usec = (suseconds_t)(interval_ns % NSEC_PER_SEC / NSEC_PER_USEC)};
    c->interval_ns = interval_ns;
    evtimer_add(c->timer, &timeout);
}

void connection_make(struct connection *c)
{
    char error[VERBS_ERROR_BYTES], text[ADDRESS_TEXT_BYTES];
    if (verbs_link_create(c->basis->verbs, &c->link, error) != 0) {
        log_warning("path %u to %s has no queue pair: %s", c->name.path, address_text(c->name.address, text),
                    error);
        connection_schedule(c, CONNECTION_OFFER_MAX_NS);
        return;
    }
    c->state = CONNECTION_OFFERED;
    c->suits = verbs_link_fixed_port(c->link, 1) == 0; /* with any other */
    c->serial = draw_serial();
    c->offers = 0;
    connection_send_offer(c, c->peer_serial, false);
    connection_schedule(c, CONNECTION_OFFER_MIN_NS);
}

static nsec_t twice(nsec_t interval_ns)
{
    return 2 * interval_ns < CONNECTION_OFFER_MAX_NS ? 2 * interval_ns : CONNECTION_OFFER_MAX_NS;
}

static void on_timer(evutil_socket_t unused, short events, void *context)
{
    struct connection *c = context;
    char text[ADDRESS_TEXT_BYTES];
    (void)unused;
    (void)events;
    if (c->state == CONNECTION_IDLE && c->wanted) {
        connection_make(c);
        return;
    }
    if (c->state != CONNECTION_OFFERED && c->state != CONNECTION_CONNECTED)
        return;
    if (c->state == CONNECTION_OFFERED && !c->wanted && c->offers > UNWANTED_OFFERS) {
        connection_forget(c);
        return;
    }
    if (c->wanted && c->offers == OFFERS_BEFORE_WARNING)
        log_warning("%s does not answer on UDP port %u: is its port an RDMA one (verbs:), too?",
                    address_text(c->name.address, text), c->basis->offers->udp_port);
    connection_send_offer(c, c->peer_serial, false);
    connection_schedule(c, twice(c->interval_ns));
}

/* ---- the worker ---- */

uint16_t connection_port(const struct connection *c)
{
    return c->source_port != 0 ? c->source_port
                               : transport_first_source_port(c->basis->address, c->name.address);
}

static void on_taken(struct command *command);

void connection_hand(struct connection *c, bool ready)
{
    struct command *command = command_new(COMMAND_TAKE_LINK, on_taken, c);
    if (command == NULL)
        return; /* the peer will ask again */
    command->link.name = c->name;
    command->link.link = c->link;
    command->link.ready = ready;
    host_port_post(c->basis->port, command);
}

void connection_become_ready(struct connection *c)
{
    char text[ADDRESS_TEXT_BYTES];
    c->state = CONNECTION_READY;
    c->wanted = false;
    evtimer_del(c->timer);
    log_debug("queue pair to %s, path %u, source port %u is ready", address_text(c->name.address, text),
              c->name.path, c->wire_port);
    connection_send_offer(c, c->peer_serial, false);
    connection_hand(c, true);
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
        connection_forget(c);
        connection_schedule(c, CONNECTION_OFFER_MIN_NS);
        return;
    }
    c->handed = true;
    if (c->connected_port != connection_port(c))
        connection_give_up(c);
    else if (c->peer_connected)
        connection_become_ready(c);
    else
        connection_send_offer(c, c->peer_serial, false);
}

static void break_link(struct connection *c)
{
    struct command *command = command_new(COMMAND_BREAK_LINK, command_free, NULL);
    if (command == NULL)
        return;
    command->link.name = c->name;
    host_port_post(c->basis->port, command);
}

void connection_give_up(struct connection *c)
{
    if (c->state == CONNECTION_READY || (c->state == CONNECTION_CONNECTED && c->handed))
        break_link(c);
}

static void on_ended(struct command *command)
{
    struct connection *c = command->context;
    command_free(command);
    connection_forget(c);
    connection_make(c);
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
        connection_make(c);
    else if (moved && c->state != CONNECTION_OFFERED)
        connection_give_up(c);
}

void connection_on_path_found(struct connection *c, uint16_t source_port)
{
    if (source_port == 0 || c->source_port == source_port)
        return;
    c->source_port = source_port;
    connection_give_up(c);
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
