/* SPDX-License-Identifier: BSD-3-Clause */
/* What weft-bench knows of the fabric it runs on: as much as bounds and placements need. Filled from the
 * lab's description (lab_client.h). */
#ifndef BENCH_FABRIC_H
#define BENCH_FABRIC_H

#include <stdint.h>

enum {
    FABRIC_HOSTS_MAX = 1024,
    FABRIC_LEAVES_MAX = 64,
    FABRIC_LINKS_MAX = 4096,
    FABRIC_NAME_BYTES = 32,
    FABRIC_PATH_BYTES = 108
};

struct fabric_host {
    char name[FABRIC_NAME_BYTES];
    char socket_path[FABRIC_PATH_BYTES];
    unsigned leaf;
    uint32_t address; /* IPv4, host byte order */
};

/* Between a leaf and a spine; the same rate in both directions. */
struct fabric_link {
    char name[FABRIC_NAME_BYTES];
    unsigned leaf;
    unsigned spine;
    double rate_bps;
};

struct fabric {
    unsigned leaf_count;
    unsigned spine_count;
    unsigned host_count;
    unsigned link_count;
    double host_rate_bps;
    struct fabric_host hosts[FABRIC_HOSTS_MAX];
    struct fabric_link links[FABRIC_LINKS_MAX];
};

#endif
