/* SPDX-License-Identifier: BSD-3-Clause */
#include "nic/port.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <rte_ethdev.h>

#include "nic/error_text.h"
#include "nic/port_state.h"

static int choose_address(const struct device *device, struct port_config *config,
                          char error[PORT_ERROR_BYTES])
{
    if (config->address == 0)
        config->address = device->interface.address;
    if (config->address != 0)
        return 0;
    return error_text(error, -EADDRNOTAVAIL,
                      "device \"%s\" has no IPv4 address: give the port one in the configuration",
                      config->device);
}

static int start(struct port *port, const struct port_config *asked, char error[PORT_ERROR_BYTES])
{
    struct port_config config = *asked;
    int failure = device_identify(&port->device, config.device, error);
    if (failure == 0)
        failure = choose_address(&port->device, &config, error);
    if (failure == 0)
        failure = device_start(&port->device, &config, error);
    if (failure != 0)
        return failure;
    port->local.address = config.address;
    port->local.udp_port = config.udp_port;
    port->local.probed_port = config.probed_port;
    memcpy(port->local.ethernet, port->device.ethernet, sizeof(port->local.ethernet));
    return 0;
}

int port_open(const struct port_config *config, struct port **port, char error[PORT_ERROR_BYTES])
{
    struct port *new_port = calloc(1, sizeof(*new_port));
    if (new_port == NULL || next_hop_table_create(&new_port->next_hops) != 0) {
        free(new_port);
        return error_text(error, -ENOMEM, "device \"%s\": no memory", config->device);
    }
    int failure = start(new_port, config, error);
    if (failure != 0) {
        next_hop_table_destroy(&new_port->next_hops);
        free(new_port);
        return failure;
    }
    *port = new_port;
    return 0;
}

void port_close(struct port *port)
{
    device_stop(&port->device);
    next_hop_table_destroy(&port->next_hops);
    free(port);
}

uint32_t port_address(const struct port *port)
{
    return port->local.address;
}

uint16_t port_mtu(const struct port *port)
{
    return port->device.mtu;
}

uint64_t port_rate_bytes_per_s(const struct port *port)
{
    struct rte_eth_link link;
    if (port->device.interface.index > 0)
        return port->device.interface.rate_bytes_per_s;
    if (port->device.kind == DEVICE_MEMORY || rte_eth_link_get_nowait(port->device.ethdev, &link) != 0 ||
        link.link_speed == RTE_ETH_SPEED_NUM_UNKNOWN)
        return 0;
    return link.link_speed * 125000ull;
}

int port_kernel_interface(const struct port *port)
{
    return port->device.interface.index;
}

void port_set_next_hop(struct port *port, uint32_t destination, const uint8_t ethernet[6])
{
    next_hop_table_set(&port->next_hops, destination, ethernet);
}

bool port_take_unresolved(struct port *port, uint32_t *destination)
{
    return next_hop_table_take_unresolved(&port->next_hops, destination);
}

void port_get_counters(const struct port *port, struct port_counters *counters)
{
    struct rte_eth_stats device;
    *counters = port->counters;
    if (rte_eth_stats_get(port->device.ethdev, &device) != 0)
        return;
    counters->device_missed = device.imissed;
    counters->dropped_no_buffer = device.rx_nombuf;
}
