/* SPDX-License-Identifier: BSD-3-Clause */
/* A packet socket gets copies: the kernel sees weft's datagrams as well and would answer each with "port
 * unreachable". The sink is a UDP socket that owns the port and whose filter drops everything, at no more
 * than the cost of looking it up. */
#ifndef WEFT_NIC_KERNEL_SINK_H
#define WEFT_NIC_KERNEL_SINK_H

#include <stdint.h>

/* The descriptor that holds it (close it to remove it), or negative errno: -EADDRINUSE, another socket has
 * the port. */
int kernel_sink_open(uint32_t address, uint16_t udp_port);

#endif
