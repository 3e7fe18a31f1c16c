/* SPDX-License-Identifier: BSD-3-Clause */
#include "dataplane/daemon/link_service.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <unistd.h>

#include <event2/event.h>

#include "dataplane/daemon/host_port.h"
#include "dataplane/formats/address.h"
#include "dataplane/formats/link_offer.h"
#include "nic/verbs/verbs.h"

enum {
    LINKS_MAX = 1024,
    OFFERS_A_ROUND = 64,
    SENDERS = 16,
    PEERS_MAX = 65536
};
static const nsec_t OFFER_INTERVAL_MIN_NS = 20 * NSEC_PER_MSEC;
static const nsec_t OFFER_INTERVAL_MAX_NS = NSEC_PER_SEC;
static const unsigned OFFERS_BEFORE_WARNING = 8;

/* IDLE -> OFFERED (we have a queue pair) -> CONNECTED (to the peer's; the worker has it) -> READY (the peer
 * is connected too) -> STOPPING (it failed; the worker takes what had come) -> IDLE. */
enum connection_state {
    CONNECTION_IDLE,
    CONNECTION_OFFERED,
    CONNECTION_CONNECTED,
    CONNECTION_READY,
    CONNECTION_STOPPING
};

struct connection {
    struct link_service *service;
    struct link_name name;
    enum connection_state state;
    struct verbs_link *link;
    uint16_t source_port; /* that its packets carry, or are to carry */
    uint32_t serial;      /* of our queue pair; 0: there is none */
    uint32_t peer_serial; /* heard last, and connected to from CONNECTED on */
    bool wanted;          /* by our worker */
    bool handed;          /* the worker has taken it */
    bool peer_connected;
    unsigned offers; /* since it was made */
    nsec_t interval_ns;
    struct event *timer;
};

struct link_service {
    char *device;
    struct verbs_identity identity;
    struct verbs *verbs; /* from the start on */
    struct host_port *port;
    struct event_base *base;
    struct event *readable, *told;
    int socket;           /* where offers come */
    int senders[SENDERS]; /* from which they go, in turn: each has a source port, and so a path, of its own */
    unsigned next_sender;
    uint16_t udp_port;
    uint32_t incarnation;
    struct connection **connections;
    unsigned connection_count;
    uint32_t *peers;
    unsigned peer_count;
    uint64_t offers_refused;
};

/* ---- opening ---- */

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
    int result = verbs_identify(&config, &s->identity, error);
    s->socket = -1;
    memset(s->senders, -1, sizeof(s->senders));
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

/* ---- offers ---- */

static uint8_t flags_of(const struct connection *c, bool challenge)
{
    if (challenge)
        return LINK_OFFER_CHALLENGE;
    if (c->state == CONNECTION_READY)
        return LINK_OFFER_CONNECTED | LINK_OFFER_READY;
    return c->state == CONNECTION_CONNECTED && c->handed ? LINK_OFFER_CONNECTED : 0;
}

static void send_offer(struct connection *c, uint32_t echo, bool challenge)
{
    struct link_service *s = c->service;
    struct verbs_end end;
    struct sockaddr_in to = {.sin_family = AF_INET,
                             .sin_port = htons(s->udp_port + LINK_OFFER_PORT_DISTANCE),
                             .sin_addr.s_addr = htonl(c->name.address)};
    verbs_link_describe(c->link, &end);
    struct link_offer offer = {.version = LINK_OFFER_VERSION,
                               .flags = flags_of(c, challenge),
                               .path = c->name.path,
                               .mtu = (uint8_t)end.mtu,
                               .incarnation = s->incarnation,
                               .serial = c->serial,
                               .echo = echo,
                               .queue_pair = end.queue_pair,
                               .packet_number = end.packet_number,
                               .messages_max = end.messages_max,
                               .credit_key = end.credit_key,
                               .credit_address = end.credit_address};
    int sender = s->senders[s->next_sender++ % SENDERS];
    ssize_t sent = sendto(sender, &offer, sizeof(offer), 0, (struct sockaddr *)&to, sizeof(to));
    if (sent < 0)
        log_debug("an offer of a queue pair is not sent: %s", strerror(errno));
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

/* ---- connections ---- */

static bool is_peer(const struct link_service *s, uint32_t address)
{
    for (unsigned i = 0; i < s->peer_count; i++)
        if (s->peers[i] == address)
            return true;
    return false;
}

int link_service_add_peers(struct link_service *s, const uint32_t *addresses, unsigned count)
{
    for (unsigned i = 0; i < count; i++) {
        if (is_peer(s, addresses[i]) || addresses[i] == link_service_address(s))
            continue;
        uint32_t *peers = reallocarray(s->peers, s->peer_count + 1, sizeof(*peers));
        if (peers == NULL || s->peer_count == PEERS_MAX)
            return -ENOMEM;
        s->peers = peers;
        s->peers[s->peer_count++] = addresses[i];
    }
    return 0;
}

static void make(struct connection *c);

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
    if (c->offers == OFFERS_BEFORE_WARNING)
        log_warning("%s does not answer on UDP port %u: is its port an RDMA one (verbs:), too?",
                    address_text(c->name.address, text), c->service->udp_port + LINK_OFFER_PORT_DISTANCE);
    send_offer(c, c->peer_serial, false);
    schedule(c, twice(c->interval_ns));
}

static struct connection *find(const struct link_service *s, const struct link_name *name)
{
    for (unsigned i = 0; i < s->connection_count; i++) {
        const struct link_name *have = &s->connections[i]->name;
        if (have->address == name->address && have->path == name->path)
            return s->connections[i];
    }
    return NULL;
}

static struct connection *find_or_add(struct link_service *s, const struct link_name *name)
{
    struct connection *c = find(s, name);
    if (c != NULL)
        return c;
    struct connection **list = reallocarray(s->connections, s->connection_count + 1, sizeof(c));
    if (list == NULL)
        return NULL;
    s->connections = list;
    c = calloc(1, sizeof(*c));
    if (c == NULL)
        return NULL;
    *c = (struct connection){.service = s, .name = *name};
    c->timer = evtimer_new(s->base, on_timer, c);
    if (c->timer == NULL) {
        free(c);
        return NULL;
    }
    s->connections[s->connection_count++] = c;
    return c;
}

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
    c->handed = c->peer_connected = false;
    c->state = CONNECTION_IDLE;
    evtimer_del(c->timer);
}

/* Has a queue pair made and offered. When there is none left, it is tried again as long as it is wanted. */
static void make(struct connection *c)
{
    char error[VERBS_ERROR_BYTES], text[ADDRESS_TEXT_BYTES];
    if (verbs_link_create(c->service->verbs, &c->link, error) != 0) {
        log_warning("path %u to %s has no queue pair: %s", c->name.path, address_text(c->name.address, text),
                    error);
        schedule(c, OFFER_INTERVAL_MAX_NS);
        return;
    }
    c->state = CONNECTION_OFFERED;
    c->serial = draw_serial();
    c->offers = 0;
    send_offer(c, c->peer_serial, false);
    schedule(c, OFFER_INTERVAL_MIN_NS);
}

/* ---- the worker ---- */

static void on_taken(struct command *command);

static void hand(struct connection *c, bool ready)
{
    struct command *command = command_new(COMMAND_TAKE_LINK, on_taken, c);
    if (command == NULL)
        return; /* the peer will ask again */
    command->link.name = c->name;
    command->link.link = c->link;
    command->link.ready = ready;
    host_port_post(c->service->port, command);
}

static void become_ready(struct connection *c)
{
    char text[ADDRESS_TEXT_BYTES];
    c->state = CONNECTION_READY;
    c->wanted = false;
    evtimer_del(c->timer);
    log_debug("queue pair to %s, path %u, source port %u is ready", address_text(c->name.address, text),
              c->name.path, c->source_port);
    send_offer(c, c->peer_serial, false);
    hand(c, true);
}

static void on_taken(struct command *command)
{
    struct connection *c = command->context;
    bool ready = command->link.ready;
    int64_t result = command->result;
    command_free(command);
    if (result != 0 && !ready && c->state == CONNECTION_CONNECTED)
        forget_queue_pair(c);
    if (result != 0 || ready || c->state != CONNECTION_CONNECTED)
        return;
    c->handed = true;
    if (c->peer_connected)
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
    host_port_post(c->service->port, command);
}

/* Its worker may not have it yet, or have it already. */
static void give_up(struct connection *c)
{
    if (c->state == CONNECTION_OFFERED)
        forget_queue_pair(c);
    else if (c->state == CONNECTION_READY || (c->state == CONNECTION_CONNECTED && c->handed))
        break_link(c);
}

static void on_ended(struct command *command)
{
    struct connection *c = command->context;
    command_free(command);
    forget_queue_pair(c);
    if (c->wanted)
        make(c);
}

static void on_down(struct connection *c, const char *reason)
{
    char text[ADDRESS_TEXT_BYTES];
    struct command *command = command_new(COMMAND_END_LINK, on_ended, c);
    log_info("queue pair to %s, path %u is given up: %s", address_text(c->name.address, text), c->name.path,
             reason);
    if (command == NULL)
        return;
    c->state = CONNECTION_STOPPING;
    evtimer_del(c->timer);
    verbs_link_stop(c->link);
    command->link.name = c->name;
    host_port_post(c->service->port, command);
}

static void on_wanted(struct connection *c, uint16_t source_port)
{
    bool moved = c->source_port != source_port;
    c->source_port = source_port;
    c->wanted = true;
    if (c->state == CONNECTION_IDLE)
        make(c);
    else if (moved && c->state != CONNECTION_OFFERED)
        give_up(c);
}

void link_service_on_notice(struct link_service *s, const struct notice *notice)
{
    struct link_name name = {.address = notice->address, .path = (uint8_t)notice->path};
    struct connection *c = find_or_add(s, &name);
    if (c == NULL)
        return;
    if (notice->kind == NOTICE_LINK_WANTED)
        on_wanted(c, notice->source_port);
    else if (c->link != NULL)
        on_down(c, notice->reason);
}

/* ---- paths ---- */

/* The port that our packets of this path are to carry; what is not known yet takes the transport's first. */
static uint16_t port_of_path(const struct link_service *s, const struct link_name *name)
{
    struct path_view view;
    const struct path_discovery *d = path_service_discovery(host_port_paths(s->port));
    for (unsigned i = 0; path_discovery_view(d, i, &view); i++) {
        if (view.address == name->address && name->path < view.count && view.source_port[name->path] != 0)
            return view.source_port[name->path];
    }
    return transport_first_source_port(link_service_address(s), name->address);
}

void link_service_paths_changed(struct link_service *s)
{
    for (unsigned i = 0; i < s->connection_count; i++) {
        struct connection *c = s->connections[i];
        uint16_t port = port_of_path(s, &c->name);
        if (c->source_port == port)
            continue;
        c->source_port = port;
        give_up(c);
    }
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
    struct verbs_route route = {.destination = c->name.address, .source_port = c->source_port};
    if (verbs_link_connect(c->link, &route, &end, error) != 0) {
        log_warning("queue pair to %s, path %u: %s", address_text(c->name.address, text), c->name.path,
                    error);
        forget_queue_pair(c);
        schedule(c, OFFER_INTERVAL_MAX_NS);
        return;
    }
    c->state = CONNECTION_CONNECTED;
    c->peer_serial = offer->serial;
    c->peer_connected = offer->flags & LINK_OFFER_CONNECTED;
    hand(c, false);
}

static void on_offer_to_unconnected(struct connection *c, const struct link_offer *offer)
{
    c->peer_serial = offer->serial;
    if (offer->echo != c->serial || (offer->flags & LINK_OFFER_CHALLENGE))
        send_offer(c, offer->serial, false);
    else
        connect_to(c, offer);
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

static void take_offer(struct link_service *s, uint32_t source, const struct link_offer *offer)
{
    struct link_name name = {.address = source, .path = offer->path};
    struct connection *c = find_or_add(s, &name);
    if (c == NULL)
        return;
    switch (c->state) {
    case CONNECTION_IDLE:
        c->peer_serial = offer->serial;
        c->source_port = port_of_path(s, &name);
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

/* Whom we have communicators with, once the paths to it are known. */
static bool is_expected(const struct link_service *s, uint32_t source)
{
    return is_peer(s, source) &&
           path_discovery_is_settled(path_service_discovery(host_port_paths(s->port)), source);
}

static bool is_valid(const struct link_offer *offer, ssize_t length)
{
    return length == sizeof(*offer) && offer->version == LINK_OFFER_VERSION && offer->serial != 0 &&
           offer->incarnation != 0 && offer->path < PACKET_PATHS_MAX;
}

static void on_readable(evutil_socket_t socket, short events, void *context)
{
    struct link_service *s = context;
    struct sockaddr_in from;
    struct link_offer offer;
    (void)events;
    for (unsigned i = 0; i < OFFERS_A_ROUND; i++) {
        socklen_t size = sizeof(from);
        ssize_t length = recvfrom(socket, &offer, sizeof(offer), MSG_DONTWAIT | MSG_TRUNC,
                                  (struct sockaddr *)&from, &size);
        if (length < 0)
            return;
        if (is_valid(&offer, length) && is_expected(s, ntohl(from.sin_addr.s_addr)))
            take_offer(s, ntohl(from.sin_addr.s_addr), &offer);
        else
            s->offers_refused++;
    }
}

/* ---- the device ---- */

static void on_told(evutil_socket_t unused, short events, void *context)
{
    struct link_service *s = context;
    const char *text;
    enum verbs_event_kind kind;
    (void)unused;
    (void)events;
    while ((kind = verbs_take_event(s->verbs, &text)) != VERBS_EVENT_NONE) {
        switch (kind) {
        case VERBS_EVENT_DEVICE_GONE:
            log_error("%s is gone (%s): its port carries nothing any more until weft-dataplane is restarted",
                      verbs_device_name(s->verbs), text);
            break;
        case VERBS_EVENT_ADDRESS_CHANGED:
            if (!verbs_address_is_there(s->verbs))
                log_warning("%s has lost the GID of its address: give %s its address back",
                            verbs_device_name(s->verbs), s->identity.interface);
            break;
        case VERBS_EVENT_PORT_DOWN:
        case VERBS_EVENT_PORT_UP:
            log_warning("%s: %s", verbs_device_name(s->verbs), text);
            break;
        case VERBS_EVENT_NONE:
        case VERBS_EVENT_OTHER:
            log_debug("%s: %s", verbs_device_name(s->verbs), text);
            break;
        }
    }
}

/* ---- start and end ---- */

/* A socket on the NIC's own interface; port 0: any. Negative errno. */
static int open_socket(const struct link_service *s, uint16_t port)
{
    const char *interface = s->identity.interface;
    struct sockaddr_in local = {
        .sin_family = AF_INET, .sin_port = htons(port), .sin_addr.s_addr = htonl(s->identity.address)};
    int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0)
        return -errno;
    if (setsockopt(fd, SOL_SOCKET, SO_BINDTODEVICE, interface, (socklen_t)strlen(interface)) == 0 &&
        bind(fd, (struct sockaddr *)&local, sizeof(local)) == 0)
        return fd;
    int failure = -errno;
    close(fd);
    return failure;
}

static int open_sockets(struct link_service *s)
{
    s->socket = open_socket(s, (uint16_t)(s->udp_port + LINK_OFFER_PORT_DISTANCE));
    int result = s->socket;
    for (unsigned i = 0; result >= 0 && i < SENDERS; i++)
        result = s->senders[i] = open_socket(s, 0);
    return result < 0 ? result : 0;
}

int link_service_start(struct link_service *s, const struct link_service_start *start,
                       char error[LINK_SERVICE_ERROR_BYTES])
{
    s->port = start->port;
    s->base = start->base;
    s->udp_port = start->udp_port;
    s->incarnation = start->incarnation;
    struct verbs_config config = {
        .device = s->device, .address = s->identity.address, .links_max = LINKS_MAX};
    int result = verbs_open(&config, &s->verbs, error);
    if (result != 0)
        return result;
    result = open_sockets(s);
    if (result != 0) {
        snprintf(error, LINK_SERVICE_ERROR_BYTES, "%s: UDP port %u for offers of queue pairs: %s",
                 verbs_device_name(s->verbs), s->udp_port + LINK_OFFER_PORT_DISTANCE, strerror(-result));
        return result;
    }
    s->readable = event_new(s->base, s->socket, EV_READ | EV_PERSIST, on_readable, s);
    s->told = event_new(s->base, verbs_event_fd(s->verbs), EV_READ | EV_PERSIST, on_told, s);
    if (s->readable && s->told && event_add(s->readable, NULL) == 0 && event_add(s->told, NULL) == 0)
        return 0;
    snprintf(error, LINK_SERVICE_ERROR_BYTES, "out of memory");
    return -ENOMEM;
}

void link_service_destroy(struct link_service *s)
{
    if (s == NULL)
        return;
    for (unsigned i = 0; i < s->connection_count; i++) {
        verbs_link_destroy(s->connections[i]->link);
        event_free(s->connections[i]->timer);
        free(s->connections[i]);
    }
    if (s->readable)
        event_free(s->readable);
    if (s->told)
        event_free(s->told);
    if (s->socket >= 0)
        close(s->socket);
    for (unsigned i = 0; i < SENDERS; i++)
        if (s->senders[i] >= 0)
            close(s->senders[i]);
    free(s->connections);
    free(s->peers);
    free(s->device);
    verbs_close(s->verbs);
    free(s);
}
