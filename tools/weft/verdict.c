/* SPDX-License-Identifier: BSD-3-Clause */
/* What control suspects and why, and what it has done about it. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "tools/weft/api.h"
#include "tools/weft/handlers.h"
#include "tools/weft/link.h"
#include "tools/weft/report.h"

static const struct column verdict_columns[] = {
    {"id", "verdict", COLUMN_NUMBER},
    {"kind", "kind", COLUMN_TEXT},
    {"state", "state", COLUMN_STATE},
    {"components", "component", COLUMN_TEXTS},
    {"confidence", "confidence", COLUMN_RATIO},
    {"action", "action", COLUMN_TEXT},
    {"dry_run", "dry run", COLUMN_FLAG},
    {"since_s", "since", COLUMN_TIME_S},
    {"at_s", "last told", COLUMN_TIME_S},
    {"reason", "reason", COLUMN_TEXT},
    {"link", NULL, COLUMN_TEXT},
    {"host", NULL, COLUMN_TEXT},
    {"communicator", "communicator", COLUMN_TEXT},
    {"sequence", "operation", COLUMN_NUMBER},
    {"ranks", "ranks", COLUMN_TEXTS},
    {"rank_count", NULL, COLUMN_NUMBER},
    {"rank_hosts", "on", COLUMN_TEXTS},
    {"text", NULL, COLUMN_TEXT},
    {"evidence", NULL, COLUMN_OBJECT},
    {NULL},
};

/* Only numbers that mean something for the kind of verdict are above 0; all are in JSON. */
static const struct column evidence_columns[] = {
    {"rounds", "rounds looked at", COLUMN_NUMBER},
    {"bad_rounds", "of them bad", COLUMN_NUMBER},
    {"bad_rounds_needed", "needed", COLUMN_NUMBER},
    {"flows", "flows over it", COLUMN_NUMBER},
    {"bad_flows", "of them bad", COLUMN_NUMBER},
    {"reporters", "hosts that say so", COLUMN_NUMBER},
    {"gain", "evidence (log likelihood ratio)", COLUMN_RATIO},
    {"gain_needed", "needed", COLUMN_RATIO},
    {"runner_up_gain", "of the next best", COLUMN_RATIO},
    {"cusum", "over all rounds", COLUMN_RATIO},
    {"excess_ratio", "time over the others'", COLUMN_RATIO},
    {"packets", "packets", COLUMN_NUMBER},
    {"retransmits", "sent again", COLUMN_NUMBER},
    {"marks", "marked", COLUMN_NUMBER},
    {"mark_share_elsewhere", "marked elsewhere", COLUMN_PERCENT},
    {"rtt_floor_ratio", "least round trip over the others'", COLUMN_RATIO},
    {"silent_flows", "silent flows", COLUMN_NUMBER},
    {"answering_flows", "answering flows", COLUMN_NUMBER},
    {"silent_ms", "longest silence", COLUMN_DURATION_MS},
    {"probes", "probes", COLUMN_NUMBER},
    {"bad_probes", "of them bad", COLUMN_NUMBER},
    {"waited_s", "waited for", COLUMN_DURATION_S},
    {NULL},
};

static bool is_open(const json_t *verdict)
{
    const char *state = json_string_value(json_object_get(verdict, "state"));
    return state && strcmp(state, "cleared") != 0 && strcmp(state, "withdrawn") != 0;
}

static void keep_open(json_t *verdicts)
{
    for (size_t i = json_array_size(verdicts); i-- > 0;) {
        if (!is_open(json_array_get(verdicts, i)))
            json_array_remove(verdicts, i);
    }
}

enum exit_status verdict_show(const struct invocation *invocation)
{
    struct report report;
    json_t *body;
    enum exit_status status = api_get(invocation->options, "/v1/verdicts", &body);
    if (status != EXIT_DONE)
        return status;
    if (invocation_flag(invocation, "open"))
        keep_open(json_object_get(body, "verdicts"));
    report_begin(&report, invocation->options);
    report_table(&report, "verdicts", verdict_columns, json_object_get(body, "verdicts"));
    json_decref(body);
    return report_end(&report);
}

/* ---- explain ---- */

enum exit_status verdict_explain(const struct invocation *invocation)
{
    struct report report;
    struct api_path path = api_path("/v1/verdicts/");
    json_t *body;
    api_path_add(&path, invocation_text(invocation, "id"));
    enum exit_status status = api_get(invocation->options, path.text, &body);
    if (status != EXIT_DONE)
        return status;
    const json_t *verdicts = json_object_get(body, "verdicts"), *verdict = json_array_get(verdicts, 0);
    report_begin(&report, invocation->options);
    report_text(&report, "text", json_object_get(verdict, "text"));
    report_table(&report, "verdicts", verdict_columns, verdicts);
    if (!invocation->options->json)
        report_card(&report, evidence_columns, json_object_get(verdict, "evidence"));
    json_decref(body);
    return report_end(&report);
}

/* ---- why ---- */

static enum exit_status ask_about(const struct invocation *invocation, const char *list, json_t **body)
{
    struct api_path path = api_path(list);
    api_path_query(&path, "link", invocation_text(invocation, "name"));
    return api_get(invocation->options, path.text, body);
}

static void explain_verdicts(struct report *report, const json_t *verdicts)
{
    size_t i;
    json_t *verdict;
    report_table(report, "verdicts", verdict_columns, verdicts);
    json_array_foreach(verdicts, i, verdict)
    {
        if (is_open(verdict) && !report->options->json)
            report_text(report, "text", json_object_get(verdict, "text"));
    }
}

enum exit_status why_show(const struct invocation *invocation)
{
    struct report report;
    json_t *links, *verdicts = NULL, *plan = NULL;
    enum exit_status status =
        api_get_named(invocation->options, "/v1/links", invocation_text(invocation, "name"), &links);
    if (status != EXIT_DONE)
        return status;
    status = ask_about(invocation, "/v1/verdicts", &verdicts);
    if (status == EXIT_DONE)
        status = ask_about(invocation, "/v1/plan/explain", &plan);
    if (status == EXIT_DONE) {
        report_begin(&report, invocation->options);
        report_table(&report, "links", link_columns, json_object_get(links, "links"));
        explain_verdicts(&report, json_object_get(verdicts, "verdicts"));
        report_text(&report, "plan", json_object_get(plan, "text"));
        status = report_end(&report);
    }
    json_decref(links);
    json_decref(verdicts);
    json_decref(plan);
    return status;
}
