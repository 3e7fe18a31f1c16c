/* SPDX-License-Identifier: BSD-3-Clause */
#include "dataplane/daemon/host_port.h"

#include <errno.h>
#include <libgen.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>
#include <unistd.h>

#include <event2/event.h>

#include "dataplane/daemon/link_service.h"
#include "dataplane/daemon/transport_settings.h"
#include "dataplane/formats/address.h"
#include "dataplane/process/clock.h"

enum {
    PATH_BYTES = 4096,
    DEVICE_BYTES = 64
};

/* A command that waits for room in the worker's mailbox. */
struct waiting_command {
    STAILQ_ENTRY(waiting_command) link;
    struct command *command;
};

struct host_port {
    char *device;
    struct port *port;
    struct link_service *links; /* of an RDMA NIC; NULL: it has none */
    struct link_service_start links_start;
    struct carrier *carrier;
    uint16_t peers_max;
    struct transport *transport;
    struct worker *worker;
    struct path_service *paths;
    struct neighbours *neighbours;
    struct event_base *base;
    struct event *bell;
    uint32_t address, incarnation;
    uint64_t rate_bytes_per_s;
    uint16_t payload_bytes_max;
    void (*on_broken)(void *context);
    void *broken_context;
    struct host_port_listener listener;
    STAILQ_HEAD(, waiting_command) waiting;
};

/* ---- the worker's voice ---- */

static void log_path(const struct host_port *p, const struct notice *notice)
{
    char text[ADDRESS_TEXT_BYTES];
    uint32_t address = path_discovery_address(path_service_discovery(p->paths), notice->peer);
    log_info("path %u to %s is %s", notice->path, address_text(address, text),
             notice->kind == NOTICE_PATH_DOWN ? "down" : "up");
}

static void take_notice(struct host_port *p, const struct notice *notice)
{
    switch ((enum notice_kind)notice->kind) {
    case NOTICE_UNRESOLVED:
        neighbours_resolve(p->neighbours, notice->address);
        break;
    case NOTICE_PATH_DOWN:
    case NOTICE_PATH_UP:
        log_path(p, notice);
        path_service_on_notice(p->paths, notice);
        if (p->listener.path)
            p->listener.path(p->listener.context, notice->peer, (uint8_t)notice->path,
                             notice->kind == NOTICE_PATH_UP);
        break;
    case NOTICE_DEMAND:
        if (p->listener.demand)
            p->listener.demand(p->listener.context, &notice->demand);
        break;
    case NOTICE_TIME_EXCEEDED:
        path_service_on_notice(p->paths, notice);
        break;
    case NOTICE_LINK_WANTED:
    case NOTICE_LINK_DOWN:
        link_service_on_notice(p->links, notice);
        break;
    }
}

static void post_waiting(struct host_port *p)
{
    struct waiting_command *first;
    while ((first = STAILQ_FIRST(&p->waiting)) && worker_post(p->worker, first->command)) {
        STAILQ_REMOVE_HEAD(&p->waiting, link);
        free(first);
    }
}

static void on_bell(evutil_socket_t bell, short events, void *context)
{
    struct host_port *p = context;
    struct command *answer;
    struct notice notice;
    uint64_t count;
    (void)events;
    if (read(bell, &count, sizeof(count)) < 0)
        return;
    while ((answer = worker_take_answer(p->worker)))
        answer->done(answer);
    while (worker_take_notice(p->worker, &notice))
        take_notice(p, &notice);
    post_waiting(p);
    if (p->on_broken)
        p->on_broken(p->broken_context);
}

void host_port_post(struct host_port *p, struct command *command)
{
    if (STAILQ_EMPTY(&p->waiting) && worker_post(p->worker, command))
        return;
    struct waiting_command *waiting = malloc(sizeof(*waiting));
    if (!waiting) {
        log_error("out of memory: cannot go on");
        abort();
    }
    waiting->command = command;
    STAILQ_INSERT_TAIL(&p->waiting, waiting, link);
}

/* ---- opening ---- */

/* The steering program of the build tree that this program runs from, else the installed one. */
static const char *find_xdp_program(const struct config *config, char path[PATH_BYTES])
{
    char program[PATH_BYTES];
    if (config->xdp_program)
        return config->xdp_program;
    ssize_t length = readlink("/proc/self/exe", program, sizeof(program) - 1);
    if (length > 0) {
        program[length] = '\0';
        int written = snprintf(path, PATH_BYTES, "%s/../../ebpf/steer.bpf.o", dirname(program));
        if (written < PATH_BYTES && access(path, R_OK) == 0)
            return path;
    }
    return WEFT_XDP_PROGRAM;
}

/* An RDMA NIC carries what is numbered; the rest goes through the kernel's interface of the same port. */
static int open_links(struct host_port *p, const struct config_port *c, struct port_config *port,
                      char device[DEVICE_BYTES], char error[HOST_PORT_ERROR_BYTES])
{
    size_t prefix = strlen(LINK_SERVICE_DEVICE_PREFIX);
    if (strncmp(c->device, LINK_SERVICE_DEVICE_PREFIX, prefix) != 0)
        return 0;
    int result = link_service_open(c->device + prefix, c->address, &p->links, error);
    if (result != 0)
        return result;
    snprintf(device, DEVICE_BYTES, "af_packet:%s", link_service_interface(p->links));
    port->device = device;
    port->address = link_service_address(p->links);
    port->probed_port = LINK_SERVICE_PROBED_PORT;
    return 0;
}

static int open_port(struct host_port *p, const struct config *config, const struct config_port *c,
                     char error[HOST_PORT_ERROR_BYTES])
{
    char path[PATH_BYTES], device[DEVICE_BYTES];
    struct port_config port = {.device = c->device,
                               .address = c->address,
                               .udp_port = (uint16_t)config->udp_port,
                               .xdp_program = find_xdp_program(config, path)};
    int result = open_links(p, c, &port, device, error);
    if (result == 0)
        result = port_open(&port, &p->port, error);
    if (result == 0)
        p->address = port_address(p->port);
    return result;
}

static int create_transport(struct host_port *p, const struct config *config, const struct config_port *c,
                            struct transport_config *t, char error[HOST_PORT_ERROR_BYTES])
{
    struct transport_basis basis = {.rate_bytes_per_s = c->rate_bytes_per_s ? c->rate_bytes_per_s
                                                                            : port_rate_bytes_per_s(p->port),
                                    .address = p->address,
                                    .mtu = port_mtu(p->port),
                                    .reliable_nic = p->links != NULL};
    if (basis.rate_bytes_per_s == 0) {
        snprintf(error, HOST_PORT_ERROR_BYTES, "%s does not know its speed: set `rate` in `ports`",
                 c->device);
        return -EINVAL;
    }
    transport_settings(config, &basis, t);
    p->incarnation = t->incarnation;
    p->rate_bytes_per_s = t->rate_bytes_per_s;
    p->payload_bytes_max = t->payload_bytes_max;
    p->peers_max = t->peers_max;
    p->links_start = (struct link_service_start){
        .port = p, .base = p->base, .udp_port = (uint16_t)config->udp_port, .incarnation = t->incarnation};
    p->transport = transport_create(t);
    if (!p->transport)
        snprintf(error, HOST_PORT_ERROR_BYTES,
                 "%s: no memory for the transport's tables, or its configuration is out of range: lower "
                 "peers_max or messages_max in `transport`",
                 c->device);
    return p->transport ? 0 : -ENOMEM;
}

static int create_worker(struct host_port *p, const struct config *config, const struct config_port *c,
                         const struct transport_config *t, char error[HOST_PORT_ERROR_BYTES])
{
    struct worker_config worker = {.port = p->port,
                                   .transport = p->transport,
                                   .core = c->core,
                                   .sleep = config->idle == CONFIG_IDLE_SLEEP,
                                   .address = p->address,
                                   .incarnation = p->incarnation,
                                   .payload_bytes_max = p->payload_bytes_max,
                                   .transfers_max = 2 * t->messages_max};
    return worker_create(&worker, &p->worker, error);
}

static int create_services(struct host_port *p, const struct config *config, const struct config_port *c,
                           struct event_base *base, char error[HOST_PORT_ERROR_BYTES])
{
    struct neighbours_config neighbours = {.interface = port_kernel_interface(p->port),
                                           .fixed_ethernet =
                                               c->has_gateway_ethernet ? c->gateway_ethernet : NULL};
    p->neighbours = neighbours_create(p, base, &neighbours);
    p->paths = path_service_create(p, base, config->verify_interval_ms * NSEC_PER_MSEC);
    p->bell = event_new(base, worker_bell_fd(p->worker), EV_READ | EV_PERSIST, on_bell, p);
    if (p->neighbours && p->paths && p->bell && event_add(p->bell, NULL) == 0)
        return 0;
    snprintf(error, HOST_PORT_ERROR_BYTES, "out of memory");
    return -ENOMEM;
}

int host_port_open(const struct config *config, unsigned index, struct event_base *base,
                   struct host_port **port, char error[HOST_PORT_ERROR_BYTES])
{
    const struct config_port *c = &config->ports[index];
    struct transport_config transport;
    struct host_port *p = calloc(1, sizeof(*p));
    *port = p;
    if (!p || !(p->device = strdup(c->device))) {
        snprintf(error, HOST_PORT_ERROR_BYTES, "out of memory");
        free(p);
        *port = NULL;
        return -ENOMEM;
    }
    STAILQ_INIT(&p->waiting);
    p->base = base;
    int result = open_port(p, config, c, error);
    if (result == 0)
        result = create_transport(p, config, c, &transport, error);
    if (result == 0)
        result = create_worker(p, config, c, &transport, error);
    if (result == 0)
        result = create_services(p, config, c, base, error);
    if (result != 0) {
        host_port_close(p);
        *port = NULL;
    }
    return result;
}

static int start_links(struct host_port *p, char error[HOST_PORT_ERROR_BYTES])
{
    int result = link_service_start(p->links, &p->links_start, error);
    if (result != 0)
        return result;
    struct carrier_config carrier = {
        .transport = p->transport, .peers_max = p->peers_max, .payload_bytes_max = p->payload_bytes_max};
    p->carrier = link_service_create_carrier(p->links, &carrier);
    if (p->carrier && worker_use_carrier(p->worker, p->carrier) == 0)
        return 0;
    snprintf(error, HOST_PORT_ERROR_BYTES, "%s: out of memory for its queue pairs", p->device);
    return -ENOMEM;
}

int host_port_start(struct host_port *p, char error[HOST_PORT_ERROR_BYTES])
{
    int result = p->links ? start_links(p, error) : 0;
    if (result != 0)
        return result;
    return worker_start(p->worker, error);
}

void host_port_close(struct host_port *p)
{
    struct waiting_command *waiting;
    if (!p)
        return;
    if (p->bell)
        event_free(p->bell);
    path_service_destroy(p->paths);
    neighbours_destroy(p->neighbours);
    worker_destroy(p->worker);
    link_service_destroy_carrier(p->carrier);
    link_service_destroy(p->links);
    transport_destroy(p->transport);
    if (p->port)
        port_close(p->port);
    while ((waiting = STAILQ_FIRST(&p->waiting))) {
        STAILQ_REMOVE_HEAD(&p->waiting, link);
        free(waiting);
    }
    free(p->device);
    free(p);
}

void host_port_on_broken(struct host_port *p, void (*on_broken)(void *context), void *context)
{
    p->on_broken = on_broken;
    p->broken_context = context;
}

void host_port_listen(struct host_port *p, const struct host_port_listener *listener)
{
    p->listener = listener ? *listener : (struct host_port_listener){0};
}

void host_port_paths_changed(struct host_port *p)
{
    if (p->links)
        link_service_paths_changed(p->links);
    if (p->listener.paths_changed)
        p->listener.paths_changed(p->listener.context);
}

void host_port_communicators_changed(struct host_port *p)
{
    if (p->listener.communicators_changed)
        p->listener.communicators_changed(p->listener.context);
}

uint32_t host_port_address(const struct host_port *p)
{
    return p->address;
}

uint32_t host_port_incarnation(const struct host_port *p)
{
    return p->incarnation;
}

uint64_t host_port_rate_bytes_per_s(const struct host_port *p)
{
    return p->rate_bytes_per_s;
}

uint16_t host_port_payload_bytes_max(const struct host_port *p)
{
    return p->payload_bytes_max;
}

const char *host_port_device(const struct host_port *p)
{
    return p->device;
}

struct worker *host_port_worker(struct host_port *p)
{
    return p->worker;
}

struct path_service *host_port_paths(struct host_port *p)
{
    return p->paths;
}

struct neighbours *host_port_neighbours(struct host_port *p)
{
    return p->neighbours;
}

struct link_service *host_port_links(struct host_port *p)
{
    return p->links;
}
