/* SPDX-License-Identifier: BSD-3-Clause */
/* A packet socket gets a copy of every frame of its interface, and wakes its reader for each: of other
 * processes' traffic, and of all that an RDMA device in software sends and receives. The filter leaves what
 * steer.bpf.c leaves a port on AF_XDP. */
#ifndef WEFT_NIC_PACKET_FILTER_H
#define WEFT_NIC_PACKET_FILTER_H

#include <stdint.h>

/* From here on the socket gets UDP to this address and port, and "time exceeded" to the address; neither
 * fragments nor what this host sends. 0 or negative errno. */
int packet_filter_attach(int socket_fd, uint32_t address, uint16_t udp_port);

#endif
