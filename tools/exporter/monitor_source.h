/* SPDX-License-Identifier: BSD-3-Clause */
/* This host's weft-monitor, which gives one JSON object to whoever connects (ebpf/README.md). */
#ifndef WEFT_TOOLS_EXPORTER_MONITOR_SOURCE_H
#define WEFT_TOOLS_EXPORTER_MONITOR_SOURCE_H

#include "tools/exporter/place_names.h"
#include "tools/exporter/source.h"

struct event_base;

struct monitor_source_config {
    struct event_base *base;
    const char *socket;
    const struct place_names *names;
    unsigned timeout_ms;
};
/* NULL: no memory. Keeps what the configuration points to. */
struct source *monitor_source_create(const struct monitor_source_config *config);

#endif
