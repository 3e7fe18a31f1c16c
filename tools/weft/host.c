/* SPDX-License-Identifier: BSD-3-Clause */
#include "tools/weft/api.h"
#include "tools/weft/handlers.h"
#include "tools/weft/report.h"

static const struct column port_columns[] = {
    {"name", "host", COLUMN_TEXT},
    {"leaf", "leaf", COLUMN_TEXT},
    {"rail", "rail", COLUMN_NUMBER},
    {"address", "address", COLUMN_TEXT},
    {"agent", "agent", COLUMN_STATE},
    {"incarnation", NULL, COLUMN_NUMBER},
    {"plan_epoch", "epoch", COLUMN_NUMBER},
    {"seen_ms", "seen ago", COLUMN_DURATION_MS},
    {"communicators", "communicators", COLUMN_NUMBER},
    {"dead_paths", "dead paths", COLUMN_NUMBER},
    {NULL},
};

enum exit_status host_show(const struct invocation *invocation)
{
    struct report report;
    json_t *body;
    enum exit_status status =
        api_get_named(invocation->options, "/v1/hosts", invocation_text(invocation, "name"), &body);
    if (status != EXIT_DONE)
        return status;
    json_t *ports = report_unfold(json_object_get(body, "hosts"), "ports");
    report_begin(&report, invocation->options);
    report_table(&report, "hosts", port_columns, ports);
    json_decref(ports);
    json_decref(body);
    return report_end(&report);
}
