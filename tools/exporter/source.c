/* SPDX-License-Identifier: BSD-3-Clause */
#include "tools/exporter/source.h"

#include "dataplane/process/clock.h"
#include "dataplane/process/log.h"

#define NSEC_PER_SEC 1000000000ull

static const struct metric source_up = {"fabric_source_up", METRIC_GAUGE,
                                        "1 if the source has answered the last time that it was asked."};
static const struct metric scrape_errors = {"fabric_scrape_errors_total", METRIC_COUNTER,
                                            "Times that the source has not answered, or not in order."};
static const struct metric duration = {"fabric_source_duration_seconds", METRIC_GAUGE,
                                       "Time that the source took the last time that it was asked."};

bool source_refresh(struct source *source)
{
    uint64_t now = clock_ns(CLOCK_MONOTONIC);
    if (source->is_refreshing)
        return true;
    if (source->has_ended_once && now - source->ended_ns < SOURCE_FRESH_NS)
        return false;
    source->is_refreshing = true;
    source->began_ns = now;
    source->begin(source);
    return true;
}

void source_end(struct source *source, const char *failure)
{
    bool is_news = !source->has_ended_once || source->is_up != (failure == NULL);
    source->is_up = failure == NULL;
    source->is_refreshing = false;
    source->has_ended_once = true;
    source->ended_ns = clock_ns(CLOCK_MONOTONIC);
    if (failure != NULL) {
        source->failures++;
        metric_page_clear(&source->page);
    }
    if (is_news && failure != NULL)
        log_warning("%s does not answer on %s: %s", source->name, source->place, failure);
    else if (is_news)
        log_info("%s answers on %s", source->name, source->place);
    source->on_end(source->context);
}

static double up_of(const struct source *source)
{
    return source->is_up;
}

static double failures_of(const struct source *source)
{
    return (double)source->failures;
}

static double duration_of(const struct source *source)
{
    return (double)(source->ended_ns - source->began_ns) / NSEC_PER_SEC;
}

void source_metrics_write(struct metric_page *page, struct source *const *sources, unsigned count)
{
    static const struct {
        const struct metric *metric;
        double (*value)(const struct source *source);
    } families[] = {{&source_up, up_of}, {&scrape_errors, failures_of}, {&duration, duration_of}};
    for (unsigned f = 0; f < sizeof(families) / sizeof(*families); f++) {
        metric_page_begin(page, families[f].metric);
        for (unsigned i = 0; i < count; i++) {
            struct metric_labels labels;
            metric_labels_clear(&labels);
            metric_labels_add(&labels, "source", sources[i]->name);
            metric_page_add(page, &labels, families[f].value(sources[i]));
        }
    }
}
