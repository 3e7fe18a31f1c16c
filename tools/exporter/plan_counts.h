/* SPDX-License-Identifier: BSD-3-Clause */
/* Counts the plans that control puts in force, and how long they took, from the exporter's start on. */
#ifndef WEFT_TOOLS_EXPORTER_PLAN_COUNTS_H
#define WEFT_TOOLS_EXPORTER_PLAN_COUNTS_H

#include <jansson.h>

#include "tools/exporter/metric_page.h"
#include "tools/exporter/newest.h"

enum {
    PLAN_CHANGES = 4
};

struct plan_counts {
    struct newest epochs;
    uint64_t by_change[PLAN_CHANGES];
    struct metric_histogram durations_s;
};

void plan_counts_init(struct plan_counts *counts);
/* The answer of GET /v1/plan/history. */
void plan_counts_take(struct plan_counts *counts, const json_t *answer);
void plan_counts_write(struct metric_page *page, const struct plan_counts *counts);

#endif
