/* SPDX-License-Identifier: BSD-3-Clause */
/* What the kernel says of a network interface that a port borrows packets from. */
#ifndef WEFT_NIC_KERNEL_INTERFACE_H
#define WEFT_NIC_KERNEL_INTERFACE_H

#include <net/if.h>
#include <stdint.h>

#include "nic/port.h"

struct kernel_interface {
    char name[IF_NAMESIZE];
    int index;
    uint16_t mtu;
    uint32_t address;          /* its first IPv4 address, host byte order; 0: none */
    uint64_t rate_bytes_per_s; /* 0: not known */
};

/* Asks the kernel of the calling thread's network namespace. 0 or negative errno with `error` in words: there
 * is no such interface, or it is down. */
int kernel_interface_query(struct kernel_interface *interface, const char *name,
                           char error[PORT_ERROR_BYTES]);

#endif
