/* SPDX-License-Identifier: BSD-3-Clause */
/* Topologies from what others have already written down or can see. */
#ifndef WEFT_TOPOLOGY_IMPORT_H
#define WEFT_TOPOLOGY_IMPORT_H

#include "control/topology/observation.h"
#include "control/topology/topology.h"

/* From Slurm's topology.conf (topology/tree). A switch with Nodes is a leaf, one above leaves a spine, one
 * above spines a core. Slurm knows neither ports nor rates nor addresses: all links get this rate, and no
 * port is named.
 *
 * 0, or -EINVAL, -ENOMEM or the error of reading, with `error`. */
int topology_import_slurm(const char *file, uint64_t rate_bits_per_s, struct topology **topology,
                          struct topology_error *error);
/* The same of text in memory, with a zero behind its `length` bytes. */
int topology_import_slurm_text(const char *name, const char *text, size_t length, uint64_t rate_bits_per_s,
                               struct topology **topology, struct topology_error *error);

/* What LLDP does not say. */
struct topology_lldp_import {
    uint64_t rate_bits_per_s; /* of all links */
    const char
        *hosts; /* a pattern (fnmatch) of hosts' names; NULL: what does not call itself router or bridge */
    const char *ignored; /* a pattern of nodes to be left out, such as switches of management; NULL: none */
};

/* From the cables that LLDP sees: what is joined to hosts is a leaf, what is joined to leaves a spine, what
 * is joined to spines a core. The same results. */
int topology_import_lldp(const struct observed_cables *cables, const struct topology_lldp_import *how,
                         struct topology **topology, struct topology_error *error);

#endif
