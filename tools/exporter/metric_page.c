/* SPDX-License-Identifier: BSD-3-Clause */
#include "tools/exporter/metric_page.h"

#include <assert.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

void metric_page_clear(struct metric_page *page)
{
    text_buffer_clear(&page->samples);
    page->family_count = 0;
    page->sample_count = 0;
}

void metric_page_free(struct metric_page *page)
{
    text_buffer_free(&page->samples);
    metric_page_clear(page);
}

void metric_page_begin(struct metric_page *page, const struct metric *metric)
{
    assert(page->family_count < PAGE_FAMILIES_MAX);
    page->families[page->family_count].metric = metric;
    page->families[page->family_count++].start = page->samples.count;
}

static void add_sample(struct metric_page *page, const char *suffix, const struct metric_labels *labels,
                       const char *bound, double value)
{
    char number[METRIC_VALUE_BYTES];
    struct text_buffer *text = &page->samples;
    text_buffer_add_text(text, page->families[page->family_count - 1].metric->name);
    text_buffer_add_text(text, suffix);
    bool has_labels = labels != NULL && labels->bytes > 0;
    if (has_labels || bound != NULL)
        text_buffer_add_text(text, "{");
    if (has_labels)
        text_buffer_add(text, labels->text, labels->bytes);
    if (bound != NULL) {
        text_buffer_add_text(text, has_labels ? ",le=\"" : "le=\"");
        text_buffer_add_text(text, bound);
        text_buffer_add_text(text, "\"");
    }
    text_buffer_add_text(text, has_labels || bound != NULL ? "} " : " ");
    text_buffer_add_text(text, metric_value_text(value, number));
    text_buffer_add_text(text, "\n");
    page->sample_count++;
}

void metric_page_add(struct metric_page *page, const struct metric_labels *labels, double value)
{
    add_sample(page, "", labels, NULL, value);
}

void metric_page_single(struct metric_page *page, const struct metric *metric, double value)
{
    metric_page_begin(page, metric);
    metric_page_add(page, NULL, value);
}

/* OpenMetrics wants bounds to look like floating point; both formats get the same. */
static const char *bound_text(double bound, char text[METRIC_VALUE_BYTES])
{
    metric_value_text(bound, text);
    if (bound == floor(bound) && isfinite(bound))
        strcat(text, ".0");
    return text;
}

void metric_page_add_histogram(struct metric_page *page, const struct metric_labels *labels,
                               const struct metric_histogram *histogram)
{
    char text[METRIC_VALUE_BYTES];
    uint64_t count = 0;
    for (unsigned i = 0; i <= histogram->bound_count; i++) {
        double bound = i < histogram->bound_count ? histogram->bounds[i] : INFINITY;
        count += histogram->counts[i];
        add_sample(page, "_bucket", labels, bound_text(bound, text), (double)count);
    }
    add_sample(page, "_sum", labels, NULL, histogram->sum);
    add_sample(page, "_count", labels, NULL, (double)count);
}

/* ---- formats ---- */

/* The quality that an Accept header gives to the range that begins with `type`: 0 to 1. */
static double find_quality(const char *accept, const char *type)
{
    for (const char *range = accept; *range != '\0';) {
        range += strspn(range, ", \t");
        size_t bytes = strcspn(range, ",");
        double quality = 1;
        if (strncasecmp(range, type, strlen(type)) == 0) {
            const char *q = memmem(range, bytes, "q=", 2);
            if (q != NULL && sscanf(q, "q=%lf", &quality) != 1)
                quality = 0;
            return quality;
        }
        range += bytes;
    }
    return 0;
}

enum metric_format metric_format_choose(const char *accept)
{
    if (accept == NULL)
        return METRIC_FORMAT_TEXT;
    double open = find_quality(accept, "application/openmetrics-text");
    return open > 0 && open >= find_quality(accept, "text/plain") ? METRIC_FORMAT_OPENMETRICS
                                                                  : METRIC_FORMAT_TEXT;
}

const char *metric_format_type(enum metric_format format)
{
    return format == METRIC_FORMAT_OPENMETRICS ? "application/openmetrics-text; version=1.0.0; charset=utf-8"
                                               : "text/plain; version=0.0.4; charset=utf-8";
}

/* OpenMetrics names a family without the suffix that its kind gives to samples. */
static size_t family_name_bytes(const struct metric *metric, enum metric_format format)
{
    size_t bytes = strlen(metric->name);
    if (format == METRIC_FORMAT_OPENMETRICS && metric->kind == METRIC_COUNTER)
        bytes -= strlen("_total");
    if (format == METRIC_FORMAT_OPENMETRICS && metric->kind == METRIC_INFO)
        bytes -= strlen("_info");
    return bytes;
}

static const char *kind_name(enum metric_kind kind, enum metric_format format)
{
    static const char *const names[] = {[METRIC_GAUGE] = "gauge",
                                        [METRIC_COUNTER] = "counter",
                                        [METRIC_HISTOGRAM] = "histogram",
                                        [METRIC_INFO] = "info"};
    return kind == METRIC_INFO && format == METRIC_FORMAT_TEXT ? "gauge" : names[kind];
}

static void write_heading(const struct metric *metric, enum metric_format format, struct text_buffer *text)
{
    size_t bytes = family_name_bytes(metric, format);
    text_buffer_add_text(text, "# HELP ");
    text_buffer_add(text, metric->name, bytes);
    text_buffer_add_text(text, " ");
    text_buffer_add_text(text, metric->help);
    text_buffer_add_text(text, "\n# TYPE ");
    text_buffer_add(text, metric->name, bytes);
    text_buffer_add_text(text, " ");
    text_buffer_add_text(text, kind_name(metric->kind, format));
    text_buffer_add_text(text, "\n");
}

void metric_page_write(const struct metric_page *page, enum metric_format format, struct text_buffer *text)
{
    for (unsigned i = 0; i < page->family_count; i++) {
        size_t start = page->families[i].start;
        size_t end = i + 1 < page->family_count ? page->families[i + 1].start : page->samples.count;
        if (end == start)
            continue;
        write_heading(page->families[i].metric, format, text);
        text_buffer_add(text, page->samples.bytes + start, end - start);
    }
    text->failed |= page->samples.failed;
}

void metric_format_end(enum metric_format format, struct text_buffer *text)
{
    if (format == METRIC_FORMAT_OPENMETRICS)
        text_buffer_add_text(text, "# EOF\n");
}
