/* SPDX-License-Identifier: BSD-3-Clause */
/* The few paths that a pair of hosts uses at a time, as MP-RDMA does (Lu et al., "Multi-Path Transport for
 * RDMA in Datacenters", NSDI 2018): drawn by a hash of the pair among the paths that live, and drawn again
 * when one of them dies. Each is a channel with its own window; packets go where acks make room. */
#ifndef WEFT_TRANSPORT_PATH_SUBSET_H
#define WEFT_TRANSPORT_PATH_SUBSET_H

#include <stdint.h>

enum {
    PATH_SUBSET_PATHS = 4
};

struct path_subset {
    uint64_t hash; /* of the pair, and of the communicator's seed */
    uint8_t count; /* fewer than PATH_SUBSET_PATHS only if fewer live */
    uint8_t paths[PATH_SUBSET_PATHS];
};

/* Draws anew. `alive`: bit i: path i lives; at least one. Equal arguments draw equal paths, each once. */
void path_subset_draw(struct path_subset *s, uint64_t hash, uint64_t alive);

#endif
