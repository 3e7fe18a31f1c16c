/* SPDX-License-Identifier: BSD-3-Clause */
#include "nic/device.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <rte_cycles.h>
#include <rte_ethdev.h>
#include <rte_log.h>
#include <rte_mempool.h>

#include "nic/datagram.h"
#include "nic/device_attach.h"
#include "nic/device_configure.h"
#include "nic/error_text.h"
#include "nic/frame_memory.h"
#include "nic/kernel_sink.h"
#include "nic/memory_pair.h"
#include "nic/packet_filter.h"
#include "nic/socket_finder.h"
#include "nic/steering.h"

enum {
    QUEUE_RELEASE_TRIES = 50,
    QUEUE_RELEASE_STEP_MS = 10
};

static const char *device_label(const struct device *device)
{
    return device->interface.index > 0 ? device->interface.name : device->target;
}

static int choose_mtu(struct device *device, uint16_t mtu, char error[PORT_ERROR_BYTES])
{
    device->mtu = mtu;
    if (device->interface.index > 0) {
        if (mtu == 0)
            device->mtu = device->interface.mtu;
        else if (mtu > device->interface.mtu)
            return error_text(error, -EMSGSIZE,
                              "%s: MTU %u is more than the interface's %u: `ip link set %s mtu %u`",
                              device_label(device), mtu, device->interface.mtu, device_label(device), mtu);
    }
    if (device->kind == DEVICE_AF_XDP && device->mtu > frame_memory_af_xdp_mtu_max())
        return error_text(
            error, -EMSGSIZE, "%s: AF_XDP carries an MTU of at most %u, not %u: `ip link set %s mtu 3400`",
            device_label(device), frame_memory_af_xdp_mtu_max(), device->mtu, device_label(device));
    return 0;
}

/* What keeps the kernel and other processes out of the way. */
static int reserve_interface(struct device *device, const struct port_config *config,
                             char error[PORT_ERROR_BYTES])
{
    if (device->kind == DEVICE_AF_XDP) {
        device->claim_fd = steering_claim(&device->interface, error);
        return device->claim_fd < 0 ? device->claim_fd : 0;
    }
    if (device->kind == DEVICE_AF_PACKET) {
        device->sink_fd = kernel_sink_open(config->address, config->udp_port);
        if (device->sink_fd < 0)
            return error_text(error, device->sink_fd, "%s: UDP port %u cannot be had: %s",
                              device_label(device), config->udp_port, strerror(-device->sink_fd));
    }
    return 0;
}

static void release_interface(struct device *device)
{
    if (device->claim_fd >= 0)
        close(device->claim_fd);
    if (device->sink_fd >= 0)
        close(device->sink_fd);
}

/* Everything that needs the ethdev to be there. */
static int set_up_attached(struct device *device, const struct port_config *config,
                           char error[PORT_ERROR_BYTES])
{
    if (device->mtu == 0 && rte_eth_dev_get_mtu(device->ethdev, &device->mtu) != 0)
        return error_text(error, -EINVAL, "%s: the device does not tell its MTU; configure it",
                          device->target);
    device->cannot_corrupt = device->gathers = device->kind == DEVICE_MEMORY;
    device->pool = frame_memory_create_pool(device);
    if (device->gathers)
        device->segment_pool = frame_memory_create_segment_pool(device);
    if (device->pool == NULL || (device->gathers && device->segment_pool == NULL))
        return error_text(error, -ENOMEM, "%s: no memory for its buffers; give EAL more (\"-m\", \"512\")",
                          device_label(device));
    int failure = device_configure(device);
    if (failure != 0)
        return error_text(error, failure, "%s: the device does not start (%s); DPDK's lines above say more",
                          device_label(device), strerror(-failure));
    if (device->kind != DEVICE_AF_XDP)
        return 0;
    failure = steering_configure(&device->interface, config->address, config->udp_port);
    if (failure != 0)
        return error_text(error, failure, "%s: the steering program takes no settings: %s",
                          device_label(device), strerror(-failure));
    return 0;
}

static int socket_family(const struct device *device)
{
    return device->kind == DEVICE_AF_XDP ? AF_XDP : AF_PACKET;
}

/* Undoes device_attach() and what has been set up since, `socket_fd` being what the driver waits on. */
static void take_down(struct device *device, int socket_fd)
{
    rte_eth_dev_stop(device->ethdev);
    if (device->kind == DEVICE_MEMORY)
        memory_pair_drain(device->target);
    device_detach(device);
    socket_close_left(socket_fd, socket_family(device));
    rte_mempool_free(device->segment_pool);
    rte_mempool_free(device->pool);
    device->pool = device->segment_pool = NULL;
}

/* What has come before the filter was there and is not weft's, the port drops and counts. */
static int filter_socket(const struct device *device, int socket_fd, const struct port_config *config,
                         char error[PORT_ERROR_BYTES])
{
    if (device->kind != DEVICE_AF_PACKET || socket_fd < 0)
        return 0;
    int failure = packet_filter_attach(socket_fd, config->address, config->udp_port);
    if (failure != 0)
        return error_text(error, failure, "%s: the packet socket takes no filter: %s", device_label(device),
                          strerror(-failure));
    return 0;
}

static int try_to_start(struct device *device, const struct port_config *config, char error[PORT_ERROR_BYTES])
{
    struct socket_set before;
    socket_set_take(&before, socket_family(device));
    int failure = device_attach(device, config, error);
    if (failure != 0)
        return failure;
    failure = set_up_attached(device, config, error);
    int socket_fd = socket_set_find_new(&before, socket_family(device));
    if (failure == 0)
        failure = filter_socket(device, socket_fd, config, error);
    if (failure != 0)
        take_down(device, socket_fd);
    else if (device->interface.index > 0)
        device->wait_fd = socket_fd;
    return failure;
}

/* The kernel gives the queue of a closed AF_XDP socket back a little later, from a worker; until then the
 * driver fails without saying why. Its messages are held back till the last try. */
static int start_af_xdp(struct device *device, const struct port_config *config, char error[PORT_ERROR_BYTES])
{
    int log = rte_log_register("pmd.net.af_xdp"), log_level = rte_log_get_level(log);
    int failure = -EBUSY;
    rte_log_set_level(log, RTE_LOG_CRIT);
    for (int i = 1; failure != 0 && i < QUEUE_RELEASE_TRIES; i++) {
        failure = try_to_start(device, config, error);
        if (failure == -ENOENT || failure == -ENAMETOOLONG || failure == -ENOMEM)
            break;
        if (failure != 0)
            rte_delay_us_sleep(QUEUE_RELEASE_STEP_MS * 1000);
    }
    rte_log_set_level(log, (uint32_t)log_level);
    return failure == 0 ? 0 : try_to_start(device, config, error);
}

int device_start(struct device *device, const struct port_config *config, char error[PORT_ERROR_BYTES])
{
    int failure = choose_mtu(device, config->mtu, error);
    if (failure == 0)
        failure = reserve_interface(device, config, error);
    if (failure != 0)
        return failure;
    failure = device->kind == DEVICE_AF_XDP ? start_af_xdp(device, config, error)
                                            : try_to_start(device, config, error);
    if (failure != 0)
        release_interface(device);
    return failure;
}

void device_stop(struct device *device)
{
    take_down(device, device->wait_fd);
    release_interface(device);
}
