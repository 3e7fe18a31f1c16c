/* SPDX-License-Identifier: BSD-3-Clause */
#include "tools/weft/api.h"
#include "tools/weft/handlers.h"
#include "tools/weft/report.h"

static const struct column fabric_columns[] = {
    {"version", "control", COLUMN_TEXT},
    {"uptime_s", "up for", COLUMN_DURATION_S},
    {"leaves", "leaves", COLUMN_NUMBER},
    {"spines", "spines", COLUMN_NUMBER},
    {"hosts", "hosts", COLUMN_NUMBER},
    {"ports", "host ports", COLUMN_NUMBER},
    {"links.total", "links", COLUMN_NUMBER},
    {"links.up", "links up", COLUMN_NUMBER},
    {"links.down", "links down", COLUMN_NUMBER},
    {"links.suspect", "links suspect", COLUMN_NUMBER},
    {"links.drained", "links drained", COLUMN_NUMBER},
    {"links.degraded", "links degraded", COLUMN_NUMBER},
    {"agents.present", "agents", COLUMN_NUMBER},
    {"agents.current", "agents current", COLUMN_NUMBER},
    {"agents.absent", "agents absent", COLUMN_NUMBER},
    {"jobs", "jobs", COLUMN_NUMBER},
    {"plan.epoch", "plan epoch", COLUMN_NUMBER},
    {"plan.hash", NULL, COLUMN_TEXT},
    {"plan.at_s", "planned at", COLUMN_TIME_S},
    {"plan.reason", "planned for", COLUMN_TEXT},
    {"plan.ratio", "time / T*", COLUMN_RATIO},
    {"plan.flows", "planned flows", COLUMN_NUMBER},
    {"plan.split_flows", "split flows", COLUMN_NUMBER},
    {NULL},
};

enum exit_status fabric_show(const struct invocation *invocation)
{
    struct report report;
    json_t *body;
    enum exit_status status = api_get(invocation->options, "/v1/fabric", &body);
    if (status != EXIT_DONE)
        return status;
    report_begin(&report, invocation->options);
    report_card(&report, fabric_columns, body);
    json_decref(body);
    return report_end(&report);
}
