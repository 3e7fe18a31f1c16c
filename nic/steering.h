/* SPDX-License-Identifier: BSD-3-Clause */
/* The XDP program that shares an interface between the kernel and weft (ebpf/steer.bpf.c), seen from the
 * process that has it loaded. DPDK attaches and detaches it. */
#ifndef WEFT_NIC_STEERING_H
#define WEFT_NIC_STEERING_H

#include <stdint.h>

#include "nic/kernel_interface.h"
#include "nic/port.h"

/* Makes the interface this process's own until the descriptor returned is closed or the process dies. A
 * steering program that a killed process has left there is no obstacle. Negative errno with `error` in words:
 * another process has it, or another XDP program is attached. */
int steering_claim(const struct kernel_interface *interface, char error[PORT_ERROR_BYTES]);

/* Tells the attached program what to steer. 0 or negative errno. */
int steering_configure(const struct kernel_interface *interface, uint32_t address, uint16_t udp_port);

#endif
