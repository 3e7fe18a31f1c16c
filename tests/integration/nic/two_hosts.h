/* SPDX-License-Identifier: BSD-3-Clause */
/* Two hosts behind a router of the kernel's, in network namespaces that end with this process:
 *
 *     host A eth0 10.1.0.1  --  10.1.0.254  router  10.2.0.254  --  10.2.0.1 eth0 host B
 */
#ifndef WEFT_TESTS_INTEGRATION_NIC_TWO_HOSTS_H
#define WEFT_TESTS_INTEGRATION_NIC_TWO_HOSTS_H

#include <stdint.h>

enum {
    TWO_HOSTS_A = 0x0a010001,
    TWO_HOSTS_B = 0x0a020001,
    TWO_HOSTS_ROUTER_A = 0x0a0100fe, /* the router's address towards A */
    TWO_HOSTS_MTU = 3400
};

/* Network namespaces, for setns(). */
struct two_hosts {
    int router;
    int a;
    int b;
};

/* Moves the process into mount and network namespaces of its own and builds the three. Before any thread is
 * started. 0 or negative errno: -EPERM without privileges. */
int two_hosts_build(struct two_hosts *hosts);

/* Moves the calling thread. */
void two_hosts_enter(int network);

#endif
