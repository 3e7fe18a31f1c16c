/* SPDX-License-Identifier: BSD-3-Clause */
/* Cables as LLDP sees them: what `lldpcli -f json show neighbors` says on each host and switch.
 *
 * Whoever is at the other end of a cable may say anything: names are cut to what can name a node or a port,
 * and other characters become '-'. A domain is dropped from a node's name. */
#ifndef WEFT_TOPOLOGY_OBSERVATION_H
#define WEFT_TOPOLOGY_OBSERVATION_H

#include <stdbool.h>
#include <stddef.h>

#include "control/topology/error.h"

enum {
    OBSERVED_CABLES_MAX = 1 << 20,
    OBSERVED_FILE_BYTES_MAX = 16 << 20
};

/* Texts live as long as the list. */
struct observed_cable {
    const char *node, *port;          /* who sees it */
    const char *neighbour, *far_port; /* port "": not told */
    bool neighbour_forwards;          /* calls itself a router or a bridge */
};

struct observed_cables;

struct observed_cables *observed_cables_create(void); /* NULL: no memory */
void observed_cables_free(struct observed_cables *cables);

/* Adds what `node` sees. A neighbour that is not understood is an error, none at all is not.
 * 0, -EINVAL or -ENOMEM with `error`; then nothing more can be relied on. */
int observed_cables_add_text(struct observed_cables *cables, const char *node, const char *name,
                             const char *text, size_t length, struct topology_error *error);

/* Adds a file, or all files NODE.json of a folder in the order of their names. A file's name without .json is
 * its node. The same results, and the error of reading. */
int observed_cables_add_path(struct observed_cables *cables, const char *path, struct topology_error *error);

/* One cable as it was said, and one node that has been asked; for those who read files. 0, -EFBIG or -ENOMEM;
 * the name as it is kept, or NULL. `cable->node` is such a name. */
int observed_cables_add(struct observed_cables *cables, const struct observed_cable *cable);
const char *observed_cables_add_node(struct observed_cables *cables, const char *node);

size_t observed_cables_count(const struct observed_cables *cables);
const struct observed_cable *observed_cables_at(const struct observed_cables *cables, size_t i);

/* The nodes that have been asked, with neighbours or without. */
size_t observed_cables_node_count(const struct observed_cables *cables);
const char *observed_cables_node(const struct observed_cables *cables, size_t i);

#endif
