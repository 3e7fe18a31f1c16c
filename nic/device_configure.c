/* SPDX-License-Identifier: BSD-3-Clause */
#include "nic/device_configure.h"

#include <errno.h>
#include <string.h>

#include <rte_ethdev.h>

enum {
    QUEUE_FRAMES = 1024
};

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

int device_configure(struct device *device)
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
    if (failure == 0)
        memcpy(device->ethernet, ethernet.addr_bytes, sizeof(device->ethernet));
    return failure;
}
