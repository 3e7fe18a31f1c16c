/* SPDX-License-Identifier: BSD-3-Clause */
/* Any bytes at all as what control, a dataplane or a monitor answers to weft-exporter: every line that
 * becomes of it is a sample or a comment, and what is added up stays few. */
#include <assert.h>
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "tests/fuzz/fuzz.h"
#include "tools/exporter/dataplane_metrics.h"
#include "tools/exporter/fabric_metrics.h"
#include "tools/exporter/monitor_metrics.h"

enum {
    MONITOR_SAMPLES_MAX = 30000 /* 8 ports of 64 spines, 32 operations */
};

static const struct place_names names = {.host = "host"};

/* Behind a value in quotes. */
static const char *pass_value(const char *c, const char *end)
{
    for (; c < end && *c != '"'; c++) {
        assert(*c != '\n');
        c += *c == '\\';
    }
    assert(c < end);
    return c + 1;
}

/* name{label="value",...} number */
static void check_sample(const char *c, const char *end)
{
    while (c < end && (isalnum((unsigned char)*c) || *c == '_'))
        c++;
    for (bool in_labels = c < end && *c == '{'; in_labels; in_labels = *c == ',') {
        c++;
        while (c < end && (isalnum((unsigned char)*c) || *c == '_'))
            c++;
        assert(end - c > 2 && c[0] == '=' && c[1] == '"');
        c = pass_value(c + 2, end);
        assert(c < end && (*c == ',' || *c == '}'));
    }
    c += c < end && *c == '}';
    assert(c < end && *c == ' ');
    char *behind;
    strtod(c + 1, &behind);
    assert(behind == end);
}

static void check_page(const struct metric_page *page, enum metric_format format)
{
    struct text_buffer text = {.bytes = NULL};
    metric_page_write(page, format, &text);
    text_buffer_add(&text, "", 1);
    for (const char *line = text.bytes; *line != '\0';) {
        const char *end = strchr(line, '\n');
        assert(end != NULL);
        if (*line != '#')
            check_sample(line, end);
        line = end + 1;
    }
    text_buffer_free(&text);
}

static void as_monitor(const json_t *json)
{
    struct metric_page page = {.family_count = 0};
    monitor_metrics_write(&page, &names, json);
    assert(page.sample_count < MONITOR_SAMPLES_MAX);
    check_page(&page, METRIC_FORMAT_OPENMETRICS);
    metric_page_free(&page);
}

static void as_control(const json_t *json)
{
    struct metric_page page = {.family_count = 0};
    struct event_counts *events = event_counts_create();
    struct plan_counts plans;
    struct verdict_counts verdicts = {.ids = {0}};
    plan_counts_init(&plans);
    for (unsigned i = 0; i < 3; i++) {
        event_counts_take(events, json);
        plan_counts_take(&plans, json);
        verdict_counts_take(&verdicts, json);
    }
    const struct fabric_view view = {
        json,     json_object_get(json, "links"), json_object_get(json, "hosts"), json, events, &plans,
        &verdicts};
    fabric_metrics_write(&page, &view);
    check_page(&page, METRIC_FORMAT_TEXT);
    metric_page_free(&page);
    event_counts_destroy(events);
}

static void as_dataplane(const json_t *json)
{
    struct metric_page page = {.family_count = 0};
    struct path_totals *totals = path_totals_create();
    for (unsigned i = 0; i < 2; i++) {
        path_totals_take(totals, json);
        path_totals_end_round(totals);
    }
    struct dataplane_view view = {.names = &names, .port_count = 1};
    view.ports[0] = (struct dataplane_port_view){json, json, totals, 1};
    dataplane_metrics_write(&page, &view);
    check_page(&page, METRIC_FORMAT_TEXT);
    metric_page_free(&page);
    path_totals_destroy(totals);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length)
{
    json_t *json = json_loadb((const char *)bytes, length, 0, NULL);
    if (json_is_object(json)) {
        as_control(json);
        as_dataplane(json);
        as_monitor(json);
    }
    json_decref(json);
    return 0;
}
