/* SPDX-License-Identifier: BSD-3-Clause */
/* From the device string of a configuration to a running DPDK ethdev with one queue each way. */
#ifndef WEFT_NIC_DEVICE_H
#define WEFT_NIC_DEVICE_H

#include <stdbool.h>
#include <stdint.h>

#include "nic/kernel_interface.h"
#include "nic/port.h"

enum device_kind {
    DEVICE_AF_XDP,    /* "af_xdp:eth0" */
    DEVICE_AF_PACKET, /* "af_packet:eth0" */
    DEVICE_PCI,       /* "pci:0000:03:00.0" */
    DEVICE_MEMORY,    /* "memory:NAME/0", "memory:NAME/1": the two ends of a wire inside this process */
    DEVICE_VDEV       /* any other DPDK virtual device: "net_memif0,role=client" */
};

struct rte_mempool;

struct device {
    enum device_kind kind;
    char target[128];                  /* what follows the kind */
    struct kernel_interface interface; /* index 0: the kernel has none for it */
    uint16_t ethdev;
    uint8_t ethernet[6];
    uint16_t mtu;
    bool transmit_checksum; /* it completes UDP checksums */
    bool receive_checksum;  /* it verifies them and marks what it found right */
    bool cannot_corrupt;    /* what arrives is what was sent: nobody need verify */
    bool gathers;           /* it sends payload from where it lies, for as long as a frame is under way */
    int wait_fd;            /* readable when a frame has arrived; -1: there is none. Belongs to the device */
    int claim_fd;           /* keeps another process off the kernel's interface; -1: none */
    int sink_fd;            /* af_packet: see kernel_sink.h; -1: none */
    struct rte_mempool *pool;
    struct rte_mempool *segment_pool; /* gathers: headers of buffers for payload that lies elsewhere */
};

/* Finds the kind, the target and the kernel's interface; touches nothing. */
int device_identify(struct device *device, const char *text, char error[PORT_ERROR_BYTES]);

/* Brings it up with frames of config->mtu and this end's address; device->mtu is then what it carries. */
int device_start(struct device *device, const struct port_config *config, char error[PORT_ERROR_BYTES]);
void device_stop(struct device *device);

#endif
