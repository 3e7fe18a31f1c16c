/* SPDX-License-Identifier: BSD-3-Clause */
#include <stdio.h>

#include "tools/weft/api.h"
#include "tools/weft/handlers.h"
#include "tools/weft/report.h"

static const struct column path_columns[] = {
    {"spine", "spine", COLUMN_TEXT},
    {"source_port", "source port", COLUMN_NUMBER},
    {"state", "state", COLUMN_STATE},
    {"weight", "weight", COLUMN_NUMBER},
    {NULL},
};

enum exit_status path_show(const struct invocation *invocation)
{
    struct report report;
    struct api_path path = api_path("/v1/paths");
    json_t *body;
    api_path_query(&path, "from", invocation_text(invocation, "from"));
    api_path_query(&path, "to", invocation_text(invocation, "to"));
    enum exit_status status = api_get(invocation->options, path.text, &body);
    if (status != EXIT_DONE)
        return status;
    report_begin(&report, invocation->options);
    report_table(&report, "paths", path_columns, json_object_get(body, "paths"));
    json_decref(body);
    return report_end(&report);
}

enum exit_status path_probe(const struct invocation *invocation)
{
    struct report report;
    json_t *body, *request = json_pack("{s:s, s:s}", "from", invocation_text(invocation, "from"), "to",
                                       invocation_text(invocation, "to"));
    if (!request) {
        fprintf(stderr, "weft: the hosts' names are not UTF-8\n");
        return EXIT_USAGE;
    }
    enum exit_status status = api_post(invocation->options, "/v1/paths/probe", request, &body);
    json_decref(request);
    if (status != EXIT_DONE)
        return status;
    json_decref(body);
    json_t *said = json_string("asked for; `weft event watch` shows what comes of it");
    report_begin(&report, invocation->options);
    report_text(&report, "text", said);
    json_decref(said);
    return report_end(&report);
}
