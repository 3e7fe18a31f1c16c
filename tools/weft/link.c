/* SPDX-License-Identifier: BSD-3-Clause */
#include <stdio.h>
#include <string.h>

#include "tools/weft/api.h"
#include "tools/weft/handlers.h"
#include "tools/weft/link.h"
#include "tools/weft/operator.h"
#include "tools/weft/report.h"

const struct column link_columns[] = {
    {"name", "link", COLUMN_TEXT},
    {"leaf", NULL, COLUMN_TEXT},
    {"spine", NULL, COLUMN_TEXT},
    {"host", NULL, COLUMN_TEXT},
    {"state", "state", COLUMN_STATE},
    {"drained", "drained", COLUMN_FLAG},
    {"capacity_ratio", "capacity", COLUMN_PERCENT},
    {"rate_bps", "rate", COLUMN_RATE},
    {"planned_flows", "flows", COLUMN_NUMBER},
    {"planned_share", "load", COLUMN_PERCENT},
    {"since_s", "since", COLUMN_TIME_S},
    {"by", "by", COLUMN_TEXT},
    {"reason", "reason", COLUMN_TEXT},
    {"reported_by", NULL, COLUMN_TEXTS},
    {NULL},
};

static bool is_healthy(const json_t *link)
{
    const char *state = json_string_value(json_object_get(link, "state"));
    const json_t *capacity = json_object_get(link, "capacity_ratio");
    return state && strcmp(state, "up") == 0 && !json_is_true(json_object_get(link, "drained")) &&
           (!capacity || json_number_value(capacity) >= 1);
}

static void keep_unhealthy(json_t *links)
{
    for (size_t i = json_array_size(links); i-- > 0;) {
        if (is_healthy(json_array_get(links, i)))
            json_array_remove(links, i);
    }
}

enum exit_status link_show(const struct invocation *invocation)
{
    struct report report;
    json_t *body;
    enum exit_status status =
        api_get_named(invocation->options, "/v1/links", invocation_text(invocation, "name"), &body);
    if (status != EXIT_DONE)
        return status;
    if (invocation_flag(invocation, "unhealthy"))
        keep_unhealthy(json_object_get(body, "links"));
    report_begin(&report, invocation->options);
    report_table(&report, "links", link_columns, json_object_get(body, "links"));
    json_decref(body);
    return report_end(&report);
}

/* ---- drain, restore, set ---- */

static json_t *request_of(const struct invocation *invocation)
{
    char by[OPERATOR_BYTES];
    const char *reason = invocation_text(invocation, "reason");
    const struct argument_value *capacity = invocation_value(invocation, "capacity");
    json_t *request =
        json_pack("{s:s, s:s, s:b, s:b}", "action", invocation->verb->name, "by", operator_name(by), "force",
                  invocation_flag(invocation, "force"), "dry_run", invocation_flag(invocation, "dry-run"));
    if (reason)
        json_object_set_new(request, "reason", json_string(reason));
    if (capacity->text)
        json_object_set_new(request, "capacity_ratio", json_real(capacity->ratio));
    return request;
}

static enum exit_status show_outcome(const struct invocation *invocation, const json_t *body)
{
    static const struct column epoch_columns[] = {{"epoch", "plan epoch", COLUMN_NUMBER}, {NULL}};
    struct report report;
    json_t *links = json_array();
    json_array_append(links, json_object_get(body, "link"));
    report_begin(&report, invocation->options);
    report_table(&report, "links", link_columns, links);
    report_card(&report, epoch_columns, body);
    json_decref(links);
    return report_end(&report);
}

enum exit_status link_act(const struct invocation *invocation)
{
    struct api_path path = api_path("/v1/links/");
    json_t *request = request_of(invocation), *body;
    if (!request) {
        fprintf(stderr, "weft: the reason is not UTF-8\n");
        return EXIT_USAGE;
    }
    api_path_add(&path, invocation_text(invocation, "name"));
    enum exit_status status = api_post(invocation->options, path.text, request, &body);
    json_decref(request);
    if (status != EXIT_DONE)
        return status;
    status = show_outcome(invocation, body);
    json_decref(body);
    return status;
}
