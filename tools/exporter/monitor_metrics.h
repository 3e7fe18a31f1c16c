/* SPDX-License-Identifier: BSD-3-Clause */
/* Metrics of one host's weft-monitor, from the object that it gives on its socket (ebpf/README.md). Its lists
 * have a row for each peer leaf and communicator; here they are added up, so that series stay few. */
#ifndef WEFT_TOOLS_EXPORTER_MONITOR_METRICS_H
#define WEFT_TOOLS_EXPORTER_MONITOR_METRICS_H

#include <jansson.h>

#include "tools/exporter/metric_page.h"
#include "tools/exporter/place_names.h"

/* False: out of memory, or this is no such object. */
bool monitor_metrics_write(struct metric_page *page, const struct place_names *names, const json_t *monitor);

#endif
