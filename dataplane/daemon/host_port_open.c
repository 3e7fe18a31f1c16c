/* SPDX-License-Identifier: BSD-3-Clause */
/* From a configuration's port to one that runs, and its end. */
#include <errno.h>
#include <libgen.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <event2/event.h>

#include "dataplane/daemon/host_port_state.h"
#include "dataplane/daemon/transport_settings.h"

enum {
    PATH_BYTES = 4096,
    DEVICE_BYTES = 64
};

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
    p->bell = event_new(base, worker_bell_fd(p->worker), EV_READ | EV_PERSIST, host_port_on_bell, p);
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
