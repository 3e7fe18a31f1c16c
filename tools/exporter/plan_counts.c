/* SPDX-License-Identifier: BSD-3-Clause */
#include "tools/exporter/plan_counts.h"

#include <string.h>

#include "tools/exporter/answer.h"

/* Of PLAN in control/API.md; the last stands for what else there may be. */
static const char *const changes[PLAN_CHANGES] = {"jobs", "links", "refined", "other"};

static const struct metric rebalances = {"fabric_rebalances_total", METRIC_COUNTER,
                                         "Plans put in force, by what had changed."};
static const struct metric duration = {"fabric_rebalance_duration_seconds", METRIC_HISTOGRAM,
                                       "Time that a plan took to compute."};
static const double duration_bounds_s[] = {0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1,
                                           0.25,  0.5,    1,     2.5,  5,     10};

void plan_counts_init(struct plan_counts *counts)
{
    *counts = (struct plan_counts){
        .durations_s = {.bounds = duration_bounds_s,
                        .bound_count = sizeof(duration_bounds_s) / sizeof(*duration_bounds_s)}};
}

static void count(void *context, const json_t *plan)
{
    struct plan_counts *counts = context;
    const char *change = answer_text(plan, "change");
    double duration_ms = answer_number(plan, "duration_ms");
    unsigned i = 0;
    while (i < PLAN_CHANGES - 1 && strcmp(changes[i], change) != 0)
        i++;
    counts->by_change[i]++;
    if (duration_ms >= 0)
        metric_histogram_observe(&counts->durations_s, duration_ms / 1000);
}

void plan_counts_take(struct plan_counts *counts, const json_t *answer)
{
    newest_take(&counts->epochs, json_object_get(answer, "plans"), "epoch", count, counts);
}

void plan_counts_write(struct metric_page *page, const struct plan_counts *counts)
{
    metric_page_begin(page, &rebalances);
    for (unsigned i = 0; i < PLAN_CHANGES; i++) {
        struct metric_labels labels;
        metric_labels_clear(&labels);
        metric_labels_add(&labels, "reason", changes[i]);
        metric_page_add(page, &labels, (double)counts->by_change[i]);
    }
    metric_page_begin(page, &duration);
    metric_page_add_histogram(page, NULL, &counts->durations_s);
}
