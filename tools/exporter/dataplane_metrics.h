/* SPDX-License-Identifier: BSD-3-Clause */
/* Metrics of one host's dataplane, from what its telemetry answers. */
#ifndef WEFT_TOOLS_EXPORTER_DATAPLANE_METRICS_H
#define WEFT_TOOLS_EXPORTER_DATAPLANE_METRICS_H

#include <jansson.h>

#include "tools/exporter/metric_page.h"
#include "tools/exporter/path_totals.h"
#include "tools/exporter/place_names.h"

enum {
    DATAPLANE_PORTS_MAX = 8
};

struct dataplane_port_view {
    const json_t *counters, *plan;    /* answers of /weft/counters and /weft/plan */
    const struct path_totals *totals; /* of /weft/channels */
    double unanswered_probes;         /* never goes back */
};
struct dataplane_view {
    const struct place_names *names;
    struct dataplane_port_view ports[DATAPLANE_PORTS_MAX];
    unsigned port_count;
};
void dataplane_metrics_write(struct metric_page *page, const struct dataplane_view *view);

#endif
