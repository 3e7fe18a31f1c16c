/* SPDX-License-Identifier: BSD-3-Clause */
#include "nic/frame_memory.h"

#include <stdio.h>

#include <rte_mbuf.h>
#include <rte_mempool.h>

#include "nic/datagram.h"

enum {
    POOL_BUFFERS = 6144,       /* af_xdp keeps 2048 with the kernel to fill and as many may wait to be sent */
    MEMORY_POOL_BUFFERS = 256, /* few, so that they stay in the processors' caches */
    MEMORY_POOL_CACHE_BUFFERS = 32,
    POOL_CACHE_BUFFERS = 256,
    AF_XDP_CHUNK_BYTES = 4096,    /* one pool element with all its headers */
    AF_XDP_KERNEL_HEADROOM = 256, /* XDP_PACKET_HEADROOM */
    AF_PACKET_KERNEL_HEADER_BYTES = 128
};

/* Bytes of a pool element with all its headers, as the driver computes them too. */
static uint32_t element_bytes(uint16_t data_room)
{
    struct rte_mempool_objsz size;
    return rte_mempool_calc_obj_size((uint32_t)sizeof(struct rte_mbuf) + data_room, 0, &size);
}

/* The largest data room with which a pool element fits an AF_XDP chunk. */
static uint16_t af_xdp_data_room(void)
{
    uint16_t data_room = AF_XDP_CHUNK_BYTES - sizeof(struct rte_mbuf);
    while (element_bytes(data_room) > AF_XDP_CHUNK_BYTES)
        data_room -= RTE_CACHE_LINE_SIZE;
    return data_room;
}

/* The kernel writes a frame behind its own headroom and all of DPDK's headers. */
uint16_t frame_memory_af_xdp_mtu_max(void)
{
    return (uint16_t)(element_bytes(af_xdp_data_room()) - sizeof(struct rte_mempool_objhdr) -
                      sizeof(struct rte_mbuf) - RTE_PKTMBUF_HEADROOM - AF_XDP_KERNEL_HEADROOM -
                      DATAGRAM_ETHERNET_BYTES);
}

uint16_t frame_memory_af_packet_slot_bytes(uint16_t mtu)
{
    uint16_t slot_bytes = 2048;
    while (slot_bytes < mtu + AF_PACKET_KERNEL_HEADER_BYTES && slot_bytes < 32768)
        slot_bytes *= 2;
    return slot_bytes;
}

static uint16_t data_room(const struct device *device)
{
    uint16_t room = device->mtu + DATAGRAM_ETHERNET_BYTES + RTE_PKTMBUF_HEADROOM;
    if (device->kind == DEVICE_AF_XDP)
        return af_xdp_data_room();
    if (device->kind == DEVICE_AF_PACKET) /* its driver wants room for a whole slot */
        room = frame_memory_af_packet_slot_bytes(device->mtu) + RTE_PKTMBUF_HEADROOM;
    return room < RTE_MBUF_DEFAULT_BUF_SIZE ? RTE_MBUF_DEFAULT_BUF_SIZE : room;
}

struct rte_mempool *frame_memory_create_pool(const struct device *device)
{
    char name[RTE_MEMPOOL_NAMESIZE];
    snprintf(name, sizeof(name), "weft_port%u", device->ethdev);
    bool in_memory = device->kind == DEVICE_MEMORY;
    unsigned buffers = in_memory ? MEMORY_POOL_BUFFERS : POOL_BUFFERS;
    unsigned cached = in_memory ? MEMORY_POOL_CACHE_BUFFERS : POOL_CACHE_BUFFERS;
    return rte_pktmbuf_pool_create(name, buffers, cached, 0, data_room(device), SOCKET_ID_ANY);
}

struct rte_mempool *frame_memory_create_segment_pool(const struct device *device)
{
    char name[RTE_MEMPOOL_NAMESIZE];
    snprintf(name, sizeof(name), "weft_segment%u", device->ethdev);
    return rte_pktmbuf_pool_create(name, MEMORY_POOL_BUFFERS, MEMORY_POOL_CACHE_BUFFERS, 0, 0, SOCKET_ID_ANY);
}
