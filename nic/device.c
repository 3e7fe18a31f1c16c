/* SPDX-License-Identifier: BSD-3-Clause */
#include "nic/device.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <rte_errno.h>
#include <rte_ethdev.h>
#include <rte_mbuf.h>

#include "nic/datagram.h"
#include "nic/device_attach.h"
#include "nic/error_text.h"
#include "nic/kernel_sink.h"
#include "nic/memory_pair.h"
#include "nic/socket_finder.h"
#include "nic/steering.h"

enum {
    QUEUE_FRAMES = 1024,
    POOL_BUFFERS = 6144, /* af_xdp keeps 2048 with the kernel to fill and as many may wait to be sent */
    POOL_CACHE_BUFFERS = 256,
    AF_XDP_CHUNK_BYTES = 4096,   /* one pool element with all its headers */
    AF_XDP_KERNEL_HEADROOM = 256 /* XDP_PACKET_HEADROOM */
};

static const char *device_label(const struct device *device)
{
    return device->interface.index > 0 ? device->interface.name : device->target;
}

/* The largest data room with which a pool element fits an AF_XDP chunk. */
static uint16_t af_xdp_data_room(void)
{
    return AF_XDP_CHUNK_BYTES - sizeof(struct rte_mempool_objhdr) - sizeof(struct rte_mbuf);
}

static uint16_t af_xdp_mtu_max(void)
{
    return af_xdp_data_room() - RTE_PKTMBUF_HEADROOM - AF_XDP_KERNEL_HEADROOM - DATAGRAM_ETHERNET_BYTES;
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
    if (device->kind == DEVICE_AF_XDP && device->mtu > af_xdp_mtu_max())
        return error_text(error, -EMSGSIZE,
                          "%s: AF_XDP carries an MTU of at most %u, not %u: `ip link set %s mtu 3400`",
                          device_label(device), af_xdp_mtu_max(), device->mtu, device_label(device));
    return 0;
}

static int create_pool(struct device *device, char error[PORT_ERROR_BYTES])
{
    char name[RTE_MEMPOOL_NAMESIZE];
    uint16_t data_room = device->mtu + DATAGRAM_ETHERNET_BYTES + RTE_PKTMBUF_HEADROOM;
    if (data_room < RTE_MBUF_DEFAULT_BUF_SIZE)
        data_room = RTE_MBUF_DEFAULT_BUF_SIZE;
    if (device->kind == DEVICE_AF_XDP)
        data_room = af_xdp_data_room();
    snprintf(name, sizeof(name), "weft_port%u", device->ethdev);
    device->pool =
        rte_pktmbuf_pool_create(name, POOL_BUFFERS, POOL_CACHE_BUFFERS, 0, data_room, SOCKET_ID_ANY);
    if (device->pool == NULL)
        return error_text(error, -ENOMEM,
                          "%s: no memory for %d buffers of %u bytes; give EAL more (\"-m\", \"512\")",
                          device_label(device), POOL_BUFFERS, data_room);
    return 0;
}

/* What the driver offers of what the port can use. */
static void choose_offloads(struct device *device, struct rte_eth_conf *conf,
                            const struct rte_eth_dev_info *info)
{
    uint64_t transmit = RTE_ETH_TX_OFFLOAD_UDP_CKSUM | RTE_ETH_TX_OFFLOAD_IPV4_CKSUM;
    uint64_t receive = RTE_ETH_RX_OFFLOAD_UDP_CKSUM;
    device->transmit_checksum = (info->tx_offload_capa & transmit) == transmit;
    device->receive_checksum = (info->rx_offload_capa & receive) == receive;
    conf->txmode.offloads = device->transmit_checksum ? transmit : 0;
    conf->rxmode.offloads = device->receive_checksum ? receive : 0;
    conf->txmode.offloads |= info->tx_offload_capa & RTE_ETH_TX_OFFLOAD_MBUF_FAST_FREE;
}

static int set_up_queues(struct device *device)
{
    uint16_t receive_frames = QUEUE_FRAMES, transmit_frames = QUEUE_FRAMES;
    int socket = rte_eth_dev_socket_id(device->ethdev);
    int failure = rte_eth_dev_adjust_nb_rx_tx_desc(device->ethdev, &receive_frames, &transmit_frames);
    if (failure == 0)
        failure = rte_eth_rx_queue_setup(device->ethdev, 0, receive_frames, socket, NULL, device->pool);
    if (failure == 0)
        failure = rte_eth_tx_queue_setup(device->ethdev, 0, transmit_frames, socket, NULL);
    return failure;
}

/* Kernel interfaces have their MTU already. */
static int set_mtu(const struct device *device)
{
    if (device->interface.index > 0 || device->kind == DEVICE_MEMORY)
        return 0;
    int failure = rte_eth_dev_set_mtu(device->ethdev, device->mtu);
    return failure == -ENOTSUP ? 0 : failure;
}

static int configure_and_run(struct device *device, char error[PORT_ERROR_BYTES])
{
    struct rte_eth_dev_info info;
    struct rte_eth_conf conf = {0};
    struct rte_ether_addr ethernet;
    int failure = rte_eth_dev_info_get(device->ethdev, &info);
    if (failure == 0) {
        choose_offloads(device, &conf, &info);
        failure = rte_eth_dev_configure(device->ethdev, 1, 1, &conf);
    }
    if (failure == 0)
        failure = set_mtu(device);
    if (failure == 0)
        failure = set_up_queues(device);
    if (failure == 0)
        failure = rte_eth_macaddr_get(device->ethdev, &ethernet);
    if (failure == 0)
        failure = rte_eth_dev_start(device->ethdev);
    if (failure != 0)
        return error_text(error, failure, "%s: the device does not start (%s); DPDK's lines above say more",
                          device_label(device), strerror(-failure));
    memcpy(device->ethernet, ethernet.addr_bytes, sizeof(device->ethernet));
    return 0;
}

/* Everything that needs the ethdev to be there; the caller detaches it on failure. */
static int start_attached(struct device *device, const struct port_config *config,
                          char error[PORT_ERROR_BYTES])
{
    int failure = 0;
    if (device->mtu == 0 && rte_eth_dev_get_mtu(device->ethdev, &device->mtu) != 0)
        return error_text(error, -EINVAL, "%s: the device does not tell its MTU; configure it",
                          device->target);
    failure = create_pool(device, error);
    if (failure == 0)
        failure = configure_and_run(device, error);
    if (failure == 0 && device->kind == DEVICE_AF_XDP) {
        failure = steering_configure(&device->interface, config->address, config->udp_port);
        if (failure != 0)
            error_text(error, failure, "%s: the steering program takes no settings: %s", device_label(device),
                       strerror(-failure));
    }
    if (failure != 0) {
        rte_eth_dev_stop(device->ethdev);
        device_detach(device);
        rte_mempool_free(device->pool);
    }
    return failure;
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

int device_start(struct device *device, const struct port_config *config, char error[PORT_ERROR_BYTES])
{
    struct socket_set before;
    int family = device->kind == DEVICE_AF_XDP ? AF_XDP : AF_PACKET;
    int failure = choose_mtu(device, config->mtu, error);
    if (failure == 0)
        failure = reserve_interface(device, config, error);
    if (failure != 0)
        return failure;
    socket_set_take(&before, family);
    failure = device_attach(device, config, error);
    if (failure == 0)
        failure = start_attached(device, config, error);
    if (failure != 0) {
        release_interface(device);
        return failure;
    }
    if (device->interface.index > 0)
        device->wait_fd = socket_set_find_new(&before, family);
    return 0;
}

void device_stop(struct device *device)
{
    rte_eth_dev_stop(device->ethdev);
    if (device->kind == DEVICE_MEMORY)
        memory_pair_drain(device->target);
    device_detach(device);
    rte_mempool_free(device->pool);
    release_interface(device);
}
