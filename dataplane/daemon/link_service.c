/* SPDX-License-Identifier: BSD-3-Clause */
#include "dataplane/daemon/link_service.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <event2/event.h>

#include "dataplane/daemon/connection_table.h"
#include "dataplane/daemon/host_port.h"
#include "nic/verbs/verbs.h"

enum {
    LINKS_MAX = 1024,
    OFFERS_A_ROUND = 64
};

#define BY_NUMBERS "source_ports=numbers"

struct link_service {
    char *device;
    bool ports_by_numbers;
    struct verbs_identity identity;
    struct verbs *verbs; /* from the start on */
    struct host_port *port;
    struct event *readable, *told;
    struct offer_socket offers;
    struct connection_table connections;
    uint64_t offers_refused;
};

/* ---- opening ---- */

/* Cuts the option off the device's name. */
static int take_option(struct link_service *s, char error[LINK_SERVICE_ERROR_BYTES])
{
    char *comma = strchr(s->device, ',');
    s->ports_by_numbers = comma != NULL && strcmp(comma + 1, BY_NUMBERS) == 0;
    if (comma != NULL && !s->ports_by_numbers) {
        snprintf(error, LINK_SERVICE_ERROR_BYTES, "verbs:%s: the only option is " BY_NUMBERS, s->device);
        return -EINVAL;
    }
    if (comma != NULL)
        *comma = '\0';
    return 0;
}

int link_service_open(const char *device, uint32_t address, struct link_service **service,
                      char error[LINK_SERVICE_ERROR_BYTES])
{
    struct link_service *s = calloc(1, sizeof(*s));
    if (s == NULL || (s->device = strdup(device)) == NULL) {
        free(s);
        snprintf(error, LINK_SERVICE_ERROR_BYTES, "out of memory");
        return -ENOMEM;
    }
    struct verbs_config config = {.device = s->device, .address = address};
    offer_socket_none(&s->offers);
    int result = take_option(s, error);
    if (result == 0)
        result = verbs_identify(&config, &s->identity, error);
    if (result == 0)
        *service = s;
    else
        link_service_destroy(s);
    return result;
}

const char *link_service_interface(const struct link_service *s)
{
    return s->identity.interface;
}

uint32_t link_service_address(const struct link_service *s)
{
    return s->identity.address;
}

struct carrier *link_service_create_carrier(struct link_service *s, const struct carrier_config *config)
{
    struct carrier_config whole = *config;
    whole.verbs = s->verbs;
    return carrier_create(&whole);
}

void link_service_destroy_carrier(struct carrier *carrier)
{
    carrier_destroy(carrier);
}

/* ---- memory ---- */

int link_service_register(struct link_service *s, void *base, uint64_t bytes, struct verbs_memory **memory,
                          struct region_keys *keys, char error[LINK_SERVICE_ERROR_BYTES])
{
    int result = verbs_memory_register(s->verbs, base, bytes, memory, error);
    if (result == 0)
        *keys = (struct region_keys){.base = (uintptr_t)base,
                                     .local = verbs_memory_local_key(*memory),
                                     .remote = verbs_memory_remote_key(*memory)};
    return result;
}

void link_service_release(struct verbs_memory *memory)
{
    verbs_memory_release(memory);
}

bool link_service_retransmits(const struct link_service *s, uint64_t *count)
{
    return s != NULL && verbs_retransmits(s->verbs, count);
}

/* ---- connections ---- */

int link_service_add_peers(struct link_service *s, const uint32_t *addresses, unsigned count)
{
    return connection_table_add_peers(&s->connections, addresses, count);
}

void link_service_on_notice(struct link_service *s, const struct notice *notice)
{
    struct link_name name = {.address = notice->address, .path = (uint8_t)notice->path};
    struct connection *c = connection_table_find_or_add(&s->connections, &name);
    if (c == NULL)
        return;
    if (notice->kind == NOTICE_LINK_WANTED)
        connection_on_wanted(c, notice->source_port);
    else
        connection_on_down(c, notice->reason);
}

/* ---- paths ---- */

/* The port that our packets of this path are to carry; 0: none is known. */
static uint16_t port_of_path(const struct link_service *s, const struct link_name *name)
{
    struct path_view view;
    const struct path_discovery *d = path_service_discovery(host_port_paths(s->port));
    for (unsigned i = 0; path_discovery_view(d, i, &view); i++) {
        if (view.address == name->address && name->path < view.count)
            return view.source_port[name->path];
    }
    return 0;
}

void link_service_paths_changed(struct link_service *s)
{
    for (unsigned i = 0; i < s->connections.count; i++) {
        struct connection *c = s->connections.connections[i];
        connection_on_path_found(c, port_of_path(s, connection_name(c)));
    }
}

/* ---- offers that come ---- */

/* Whom we have communicators with, once the paths to it are known. */
static bool is_expected(const struct link_service *s, uint32_t source)
{
    return connection_table_has_peer(&s->connections, source) &&
           path_discovery_is_settled(path_service_discovery(host_port_paths(s->port)), source);
}

static void take_offer(struct link_service *s, uint32_t source, const struct link_offer *offer)
{
    struct link_name name = {.address = source, .path = offer->path};
    struct connection *c = connection_table_find_or_add(&s->connections, &name);
    if (c != NULL)
        connection_on_offer(c, offer, port_of_path(s, &name));
}

static void on_readable(evutil_socket_t socket, short events, void *context)
{
    struct link_service *s = context;
    struct link_offer offer;
    uint32_t source;
    (void)socket;
    (void)events;
    for (unsigned i = 0; i < OFFERS_A_ROUND; i++) {
        enum offer_result result = offer_socket_receive(&s->offers, &source, &offer);
        if (result == OFFER_NONE)
            return;
        if (result == OFFER_TAKEN && is_expected(s, source))
            take_offer(s, source, &offer);
        else
            s->offers_refused++;
    }
}

/* ---- the device ---- */

static void tell(const struct link_service *s, enum verbs_event_kind kind, const char *text)
{
    const char *name = verbs_device_name(s->verbs);
    switch (kind) {
    case VERBS_EVENT_DEVICE_GONE:
        log_error("%s is gone (%s): its port carries nothing any more until weft-dataplane is restarted",
                  name, text);
        break;
    case VERBS_EVENT_ADDRESS_CHANGED:
        if (verbs_find_address_again(s->verbs))
            log_info("%s has the GID of its address", name);
        else
            log_warning("%s has lost the GID of its address: give %s its address back", name,
                        s->identity.interface);
        break;
    case VERBS_EVENT_PORT_DOWN:
    case VERBS_EVENT_PORT_UP:
        log_warning("%s: %s", name, text);
        break;
    case VERBS_EVENT_NONE:
    case VERBS_EVENT_OTHER:
        log_debug("%s: %s", name, text);
        break;
    }
}

static void on_told(evutil_socket_t unused, short events, void *context)
{
    struct link_service *s = context;
    const char *text;
    enum verbs_event_kind kind;
    (void)unused;
    (void)events;
    while ((kind = verbs_take_event(s->verbs, &text)) != VERBS_EVENT_NONE)
        tell(s, kind, text);
}

/* ---- start and end ---- */

static int open_offers(struct link_service *s, uint16_t udp_port, char error[LINK_SERVICE_ERROR_BYTES])
{
    struct offer_socket_config config = {
        .interface = s->identity.interface, .address = s->identity.address, .udp_port = udp_port};
    int result = offer_socket_open(&s->offers, &config);
    if (result != 0)
        snprintf(error, LINK_SERVICE_ERROR_BYTES, "%s: UDP port %u for offers of queue pairs: %s",
                 verbs_device_name(s->verbs), udp_port, strerror(-result));
    return result;
}

static int watch(struct link_service *s, struct event_base *base, char error[LINK_SERVICE_ERROR_BYTES])
{
    s->readable = event_new(base, s->offers.receiver, EV_READ | EV_PERSIST, on_readable, s);
    s->told = event_new(base, verbs_event_fd(s->verbs), EV_READ | EV_PERSIST, on_told, s);
    if (s->readable && s->told && event_add(s->readable, NULL) == 0 && event_add(s->told, NULL) == 0)
        return 0;
    snprintf(error, LINK_SERVICE_ERROR_BYTES, "out of memory");
    return -ENOMEM;
}

static int path_of_port(struct host_port *port, uint32_t address, uint16_t source_port)
{
    return path_service_path_of_port(host_port_paths(port), address, source_port);
}

int link_service_start(struct link_service *s, const struct link_service_start *start,
                       char error[LINK_SERVICE_ERROR_BYTES])
{
    struct verbs_config config = {.device = s->device,
                                  .address = s->identity.address,
                                  .links_max = LINKS_MAX,
                                  .ports_by_numbers = s->ports_by_numbers};
    int result = verbs_open(&config, &s->verbs, error);
    if (result != 0)
        return result;
    s->port = start->port;
    s->connections.basis = (struct connection_basis){.verbs = s->verbs,
                                                     .port = start->port,
                                                     .base = start->base,
                                                     .offers = &s->offers,
                                                     .address = s->identity.address,
                                                     .path_of_port = path_of_port,
                                                     .incarnation = start->incarnation};
    result = open_offers(s, (uint16_t)(start->udp_port + LINK_OFFER_PORT_DISTANCE), error);
    return result == 0 ? watch(s, start->base, error) : result;
}

void link_service_destroy(struct link_service *s)
{
    if (s == NULL)
        return;
    connection_table_destroy(&s->connections);
    if (s->readable)
        event_free(s->readable);
    if (s->told)
        event_free(s->told);
    offer_socket_close(&s->offers);
    free(s->device);
    verbs_close(s->verbs);
    free(s);
}
