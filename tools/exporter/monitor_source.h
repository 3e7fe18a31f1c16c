/* SPDX-License-Identifier: BSD-3-Clause */
/* This host's weft-monitor, which gives one JSON object to whoever connects (ebpf/README.md). */
#ifndef WEFT_TOOLS_EXPORTER_MONITOR_SOURCE_H
#define WEFT_TOOLS_EXPORTER_MONITOR_SOURCE_H

#include "tools/exporter/socket_source.h"

/* NULL: no memory. Keeps what the configuration points to. */
struct source *monitor_source_create(const struct socket_source_config *config);

#endif
