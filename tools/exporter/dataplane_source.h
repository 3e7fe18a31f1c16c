/* SPDX-License-Identifier: BSD-3-Clause */
/* This host's weft-dataplane, by DPDK's telemetry socket: one question after the other, for each port its
 * counters, its plan and a part of its channels, so that a look at many of them does not hold up the
 * dataplane; the next refresh goes on where this one ends. */
#ifndef WEFT_TOOLS_EXPORTER_DATAPLANE_SOURCE_H
#define WEFT_TOOLS_EXPORTER_DATAPLANE_SOURCE_H

#include "tools/exporter/socket_source.h"

/* NULL: no memory. Keeps what the configuration points to. */
struct source *dataplane_source_create(const struct socket_source_config *config);

#endif
