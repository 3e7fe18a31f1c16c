/* SPDX-License-Identifier: BSD-3-Clause */
/* Asks the kernel (rtnetlink) for the Ethernet address that packets for an IPv4 destination go to. Slow path
 * only. */
#ifndef WEFT_NIC_NEXT_HOP_H
#define WEFT_NIC_NEXT_HOP_H

#include <stdint.h>

/* 0; -EAGAIN: the neighbour is being looked up (a datagram was sent to provoke ARP), ask again soon; other
 * negative errno. */
int next_hop_resolve(int interface, uint32_t destination, uint8_t ethernet[6]);

#endif
