/* SPDX-License-Identifier: BSD-3-Clause */
/* How large frames and the buffers for them are: what each kind of device can carry and asks for. */
#ifndef WEFT_NIC_FRAME_MEMORY_H
#define WEFT_NIC_FRAME_MEMORY_H

#include "nic/device.h"

/* The largest IP MTU that AF_XDP carries in buffers of DPDK. */
uint16_t frame_memory_af_xdp_mtu_max(void);

/* One slot of AF_PACKET's rings: the packet and a header of the kernel's own. */
uint16_t frame_memory_af_packet_slot_bytes(uint16_t mtu);

/* Buffer headers for payload that is sent from where it lies; NULL when memory is short. */
struct rte_mempool *frame_memory_create_segment_pool(const struct device *device);

/* The port's buffers, for device->mtu; NULL when memory is short. */
struct rte_mempool *frame_memory_create_pool(const struct device *device);

#endif
