/* SPDX-License-Identifier: BSD-3-Clause */
/* A page of metrics as one source gives them: families with their samples, written once and served in
 * Prometheus' text format 0.0.4 or as OpenMetrics 1.0, whose lines of samples are the same. */
#ifndef WEFT_TOOLS_EXPORTER_METRIC_PAGE_H
#define WEFT_TOOLS_EXPORTER_METRIC_PAGE_H

#include "tools/exporter/metric.h"
#include "tools/exporter/text_buffer.h"

enum {
    PAGE_FAMILIES_MAX = 96
};

struct metric_page {
    struct text_buffer samples;
    struct {
        const struct metric *metric;
        size_t start; /* in `samples` */
    } families[PAGE_FAMILIES_MAX];
    unsigned family_count;
    unsigned sample_count;
};

void metric_page_clear(struct metric_page *page);
void metric_page_free(struct metric_page *page);

/* Samples that follow are of this metric. Each metric is begun once on all pages that are served together. */
void metric_page_begin(struct metric_page *page, const struct metric *metric);
/* `labels` NULL: none. */
void metric_page_add(struct metric_page *page, const struct metric_labels *labels, double value);
/* A family of one sample without labels. */
void metric_page_single(struct metric_page *page, const struct metric *metric, double value);
void metric_page_add_histogram(struct metric_page *page, const struct metric_labels *labels,
                               const struct metric_histogram *histogram);

enum metric_format {
    METRIC_FORMAT_TEXT,
    METRIC_FORMAT_OPENMETRICS
};
/* What the Accept header (NULL: none) prefers; the text format unless it ranks OpenMetrics higher. */
enum metric_format metric_format_choose(const char *accept);
const char *metric_format_type(enum metric_format format);

/* Families without samples are left out. */
void metric_page_write(const struct metric_page *page, enum metric_format format, struct text_buffer *text);
/* What stands behind the last page. */
void metric_format_end(enum metric_format format, struct text_buffer *text);

#endif
