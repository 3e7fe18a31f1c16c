/* SPDX-License-Identifier: BSD-3-Clause */
/* Finds the Ethernet addresses that packets of one port go to, by asking the kernel, and keeps them fresh. */
#ifndef WEFT_DAEMON_NEIGHBOURS_H
#define WEFT_DAEMON_NEIGHBOURS_H

#include <stdint.h>

struct event_base;
struct host_port;
struct neighbours;

struct neighbours_config {
    int interface;                 /* the kernel's; 0: none */
    const uint8_t *fixed_ethernet; /* every packet goes there; NULL: ask the kernel */
};

struct neighbours *neighbours_create(struct host_port *port, struct event_base *base,
                                     const struct neighbours_config *config);
void neighbours_destroy(struct neighbours *n);
/* Makes sure that the port learns the next hop for this address; asks again until the kernel knows. */
void neighbours_resolve(struct neighbours *n, uint32_t address);

#endif
