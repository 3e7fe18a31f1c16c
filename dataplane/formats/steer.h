/* SPDX-License-Identifier: BSD-3-Clause */
/* What the steering program and the port that loads it have in common. */
#ifndef WEFT_FORMATS_STEER_H
#define WEFT_FORMATS_STEER_H

#include <linux/types.h>

#define STEER_PROGRAM_NAME  "weft_steer"
#define STEER_SETTINGS_NAME "steer_settings"
#define STEER_SOCKETS_NAME  "xsks_map" /* DPDK looks for this name */

enum {
    STEER_QUEUES_MAX = 64
};

/* The one entry of the settings map. Network byte order. All zero, as after loading: steer nothing. */
struct steer_settings {
    __be32 address;
    __be16 udp_port;
    __u16 reserved;
};

#endif
