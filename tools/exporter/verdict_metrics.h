/* SPDX-License-Identifier: BSD-3-Clause */
/* Metrics of control's verdicts: which components it suspects, of what, and how sure it is. */
#ifndef WEFT_TOOLS_EXPORTER_VERDICT_METRICS_H
#define WEFT_TOOLS_EXPORTER_VERDICT_METRICS_H

#include <jansson.h>

#include "tools/exporter/metric_page.h"
#include "tools/exporter/newest.h"

enum {
    VERDICT_LABELS = 10, /* kinds, and one for others */
    VERDICTS_SHOWN_MAX = 1024,
    VERDICT_COMPONENTS_SHOWN_MAX = 16 /* of one */
};

/* From the exporter's start on. */
struct verdict_counts {
    struct newest ids;
    uint64_t by_kind[VERDICT_LABELS];
};

/* The answer of GET /v1/verdicts. */
void verdict_counts_take(struct verdict_counts *counts, const json_t *answer);
/* Nothing when control gives no verdicts (NULL). */
void verdict_metrics_write(struct metric_page *page, const json_t *answer,
                           const struct verdict_counts *counts);

#endif
