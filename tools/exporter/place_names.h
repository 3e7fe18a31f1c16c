/* SPDX-License-Identifier: BSD-3-Clause */
/* What the topology calls a host's port and its spines, so that a host's metrics can be joined with those of
 * the fabric. Without a topology the host is called as the configuration says and spines by their index. */
#ifndef WEFT_TOOLS_EXPORTER_PLACE_NAMES_H
#define WEFT_TOOLS_EXPORTER_PLACE_NAMES_H

#include <stdint.h>

#include "control/topology/topology.h"
#include "tools/exporter/metric.h"

struct place_names {
    const struct topology *topology; /* NULL: none */
    const char *host;                /* of ports that the topology does not know */
};

/* leaf, host and port of the host port with this address, by its number on the host where it is not known. */
void place_names_add_port(const struct place_names *names, const char *address, unsigned number,
                          struct metric_labels *labels);
/* spine: by its index among the topology's. */
void place_names_add_spine(const struct place_names *names, unsigned spine, struct metric_labels *labels);

#endif
