/* SPDX-License-Identifier: BSD-3-Clause */
/* The inside of a port, shared by the files that open it, receive, send and wait. */
#ifndef WEFT_NIC_PORT_STATE_H
#define WEFT_NIC_PORT_STATE_H

#include "nic/datagram.h"
#include "nic/device.h"
#include "nic/next_hop_table.h"
#include "nic/port.h"

enum {
    PORT_BURST_FRAMES = 64
};

struct port {
    struct device device;
    struct datagram_endpoint local;
    struct next_hop_table next_hops;
    struct port_counters counters;
    uint64_t wait_step_ns; /* the next sleep of a device with nothing to wait on; 0: the shortest */
};

#endif
