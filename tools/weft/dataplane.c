/* SPDX-License-Identifier: BSD-3-Clause */
#include <string.h>

#include "tools/weft/dataplane_view.h"
#include "tools/weft/handlers.h"
#include "tools/weft/report.h"

static const struct column counter_columns[] = {
    {"counter", "counter", COLUMN_TEXT},
    {"count", "count", COLUMN_NUMBER},
    {NULL},
};

static const struct column channel_columns[] = {
    {"peer", "peer", COLUMN_TEXT},
    {"path", "path", COLUMN_NUMBER},
    {"source_port", "port", COLUMN_NUMBER},
    {"alive", "alive", COLUMN_NUMBER},
    {"generation", NULL, COLUMN_NUMBER},
    {"in_flight_packets", "in flight", COLUMN_NUMBER},
    {"window_bytes", "window", COLUMN_SIZE},
    {"smoothed_rtt_ns", "rtt", COLUMN_DURATION_NS},
    {"minimum_rtt_ns", "least rtt", COLUMN_DURATION_NS},
    {"sent_packets", "sent", COLUMN_NUMBER},
    {"retransmits", "again", COLUMN_NUMBER},
    {"marked_packets", "marked", COLUMN_NUMBER},
    {"acked_bytes", "acked", COLUMN_SIZE},
    {NULL},
};

static const struct column path_columns[] = {
    {"peer", "peer", COLUMN_TEXT},         {"path", "path", COLUMN_NUMBER},
    {"spine", "spine", COLUMN_TEXT},       {"source_port", "source port", COLUMN_NUMBER},
    {"settled", "settled", COLUMN_NUMBER}, {NULL},
};

static const struct column session_columns[] = {
    {"name", "application", COLUMN_TEXT},
    {"process", "process", COLUMN_NUMBER},
    {"region_bytes", "regions", COLUMN_SIZE},
    {"communicators", "communicators", COLUMN_NUMBER},
    {NULL},
};

/* ---- counters ---- */

/* Tables leave out what has never happened; JSON has everything. */
static json_t *counter_rows(const json_t *counters, bool with_zeros)
{
    json_t *rows = json_array(), *value;
    const char *name;
    json_object_foreach((json_t *)counters, name, value)
    {
        if (json_is_integer(value) && (with_zeros || json_integer_value(value) != 0))
            json_array_append_new(rows, json_pack("{s:s, s:O}", "counter", name, "count", value));
    }
    return rows;
}

static bool show_counters(struct telemetry *telemetry, unsigned port, struct report *report)
{
    static const struct column address_columns[] = {{"address", "port", COLUMN_TEXT}, {NULL}};
    json_t *counters = dataplane_counters(telemetry, port);
    if (!counters)
        return false;
    json_t *rows = counter_rows(counters, report->options->json);
    report_card(report, address_columns, counters);
    report_table(report, "counters", counter_columns, rows);
    json_decref(rows);
    json_decref(counters);
    return true;
}

/* ---- lists ---- */

static bool show_list(struct telemetry *telemetry, const char *what, unsigned port, struct report *report)
{
    char command[32];
    const struct column *columns = strcmp(what, "channels") == 0 ? channel_columns
                                   : strcmp(what, "paths") == 0  ? path_columns
                                                                 : session_columns;
    snprintf(command, sizeof(command), "/weft/%s", what);
    json_t *list = dataplane_list(telemetry, command, port);
    if (!list)
        return false;
    json_t *rows = columns == path_columns ? dataplane_path_rows(list) : json_incref(list);
    report_table(report, what, columns, rows);
    json_decref(rows);
    json_decref(list);
    return true;
}

enum exit_status dataplane_show(const struct invocation *invocation)
{
    struct telemetry telemetry;
    struct report report;
    const char *what = invocation_text(invocation, "what");
    unsigned port = (unsigned)invocation_value(invocation, "port")->number;
    enum exit_status status = dataplane_open(invocation, &telemetry);
    if (status != EXIT_DONE)
        return status;
    report_begin(&report, invocation->options);
    bool shown = what && strcmp(what, "counters") != 0 ? show_list(&telemetry, what, port, &report)
                                                       : show_counters(&telemetry, port, &report);
    report.failed |= !shown;
    telemetry_close(&telemetry);
    return report_end(&report);
}
