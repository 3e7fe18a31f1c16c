/* SPDX-License-Identifier: BSD-3-Clause */
#include "tools/exporter/verdict_metrics.h"

#include <math.h>
#include <string.h>

#include "tools/exporter/answer.h"

/* verdict_kind_name() of control/localiser; the last stands for what else there may be. */
static const char *const kinds[VERDICT_LABELS] = {
    "black_hole",     "lossy",     "reduced_rate",  "congested", "host_sending",
    "host_receiving", "straggler", "never_entered", "hang",      "other"};
/* Of verdict_state_name(); a verdict in another state is open. */
static const char *const closed_states[] = {"cleared", "withdrawn", NULL};

static const struct metric verdicts_total = {"fabric_verdicts_total", METRIC_COUNTER, "Verdicts, by kind."};
static const struct metric confidence = {
    "fabric_verdict_confidence_ratio", METRIC_GAUGE,
    "Confidence of each verdict that is open, for each component that it names."};
static const struct metric candidates = {"fabric_verdict_candidates", METRIC_GAUGE,
                                         "Components that the open verdict over this one cannot tell apart."};

static unsigned kind_of(const json_t *verdict)
{
    const char *kind = answer_text(verdict, "kind");
    unsigned i = 0;
    while (i < VERDICT_LABELS - 1 && strcmp(kinds[i], kind) != 0)
        i++;
    return i;
}

static void count(void *context, const json_t *verdict)
{
    struct verdict_counts *counts = context;
    counts->by_kind[kind_of(verdict)]++;
}

void verdict_counts_take(struct verdict_counts *counts, const json_t *answer)
{
    newest_take(&counts->ids, json_object_get(answer, "verdicts"), "id", count, counts);
}

static bool is_open(const json_t *verdict)
{
    const char *state = answer_text(verdict, "state");
    for (const char *const *closed = closed_states; *closed != NULL; closed++)
        if (strcmp(state, *closed) == 0)
            return false;
    return json_is_object(verdict);
}

static double confidence_of(const json_t *verdict)
{
    return answer_number(verdict, "confidence");
}

static double candidates_of(const json_t *verdict)
{
    return (double)json_array_size(json_object_get(verdict, "components"));
}

static void write_component(struct metric_page *page, const json_t *verdict, const char *component,
                            double value)
{
    struct metric_labels labels;
    metric_labels_clear(&labels);
    metric_labels_add(&labels, "kind", kinds[kind_of(verdict)]);
    metric_labels_add(&labels, "component", component);
    metric_page_add(page, &labels, value);
}

/* A hang may name ranks and no component: then where they are stands for it. */
static void write_components(struct metric_page *page, const json_t *verdict, double value)
{
    const json_t *components = json_object_get(verdict, "components");
    const json_t *hosts = json_object_get(verdict, "rank_hosts");
    const json_t *named = json_array_size(components) > 0 ? components : hosts;
    size_t i;
    json_t *name;
    json_array_foreach(named, i, name)
    {
        if (i < VERDICT_COMPONENTS_SHOWN_MAX)
            write_component(page, verdict, json_string_value(name), value);
    }
    if (json_array_size(named) == 0)
        write_component(page, verdict, answer_text(verdict, "host"), value);
}

static void write_open(struct metric_page *page, const json_t *verdicts, const struct metric *metric,
                       double (*value_of)(const json_t *verdict))
{
    unsigned shown = 0;
    size_t i;
    json_t *verdict;
    metric_page_begin(page, metric);
    json_array_foreach(verdicts, i, verdict)
    {
        double value = value_of(verdict);
        if (is_open(verdict) && !isnan(value) && shown++ < VERDICTS_SHOWN_MAX)
            write_components(page, verdict, value);
    }
}

void verdict_metrics_write(struct metric_page *page, const json_t *answer,
                           const struct verdict_counts *counts)
{
    const json_t *verdicts = json_object_get(answer, "verdicts");
    if (!json_is_array(verdicts))
        return;
    metric_page_begin(page, &verdicts_total);
    for (unsigned i = 0; i < VERDICT_LABELS; i++) {
        struct metric_labels labels;
        metric_labels_clear(&labels);
        metric_labels_add(&labels, "kind", kinds[i]);
        metric_page_add(page, &labels, (double)counts->by_kind[i]);
    }
    write_open(page, verdicts, &confidence, confidence_of);
    write_open(page, verdicts, &candidates, candidates_of);
}
