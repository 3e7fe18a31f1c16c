/* SPDX-License-Identifier: BSD-3-Clause */
/* Metrics of what control answers about the fabric as a whole, its hosts, its plan and its verdicts, from one
 * look at it. */
#ifndef WEFT_TOOLS_EXPORTER_FABRIC_METRICS_H
#define WEFT_TOOLS_EXPORTER_FABRIC_METRICS_H

#include <jansson.h>

#include "tools/exporter/event_counts.h"
#include "tools/exporter/metric_page.h"
#include "tools/exporter/plan_counts.h"
#include "tools/exporter/verdict_metrics.h"

/* Answers of control (control/API.md); NULL: not given. */
struct fabric_view {
    const json_t *fabric, *links, *hosts, *verdicts;
    const struct event_counts *events;
    const struct plan_counts *plans;
    const struct verdict_counts *verdict_counts;
};
void fabric_metrics_write(struct metric_page *page, const struct fabric_view *view);

#endif
