/* SPDX-License-Identifier: BSD-3-Clause */
/* Metrics of the links that control knows. */
#ifndef WEFT_TOOLS_EXPORTER_LINK_METRICS_H
#define WEFT_TOOLS_EXPORTER_LINK_METRICS_H

#include <jansson.h>

#include "tools/exporter/metric_page.h"

enum {
    LINK_METRICS_MAX = 65536 /* links beyond are left out */
};

/* The LINKs of GET /v1/links (control/API.md); `flaps`: how often each, by its name, has gone out. */
void link_metrics_write(struct metric_page *page, const json_t *links, const json_t *flaps);

/* leaf, spine or host, and the port where links are parallel. */
void link_labels(const json_t *link, struct metric_labels *labels);

#endif
