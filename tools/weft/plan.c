/* SPDX-License-Identifier: BSD-3-Clause */
#include <inttypes.h>
#include <stdio.h>

#include "tools/weft/api.h"
#include "tools/weft/handlers.h"
#include "tools/weft/report.h"

static const struct column plan_columns[] = {
    {"epoch", "epoch", COLUMN_NUMBER},
    {"hash", "hash", COLUMN_TEXT},
    {"at_s", "planned at", COLUMN_TIME_S},
    {"reason", "planned for", COLUMN_TEXT},
    {"ratio", "time / T*", COLUMN_RATIO},
    {"flows", "flows", COLUMN_NUMBER},
    {"split_flows", "split flows", COLUMN_NUMBER},
    {"pieces", "pieces", COLUMN_NUMBER},
    {"moved_flows", "moved flows", COLUMN_NUMBER},
    {"duration_ms", "planned in", COLUMN_DURATION_MS},
    {NULL},
};

static const struct column history_columns[] = {
    {"epoch", "epoch", COLUMN_NUMBER},
    {"at_s", "planned at", COLUMN_TIME_S},
    {"ratio", "time/T*", COLUMN_RATIO},
    {"flows", "flows", COLUMN_NUMBER},
    {"split_flows", "split", COLUMN_NUMBER},
    {"pieces", NULL, COLUMN_NUMBER},
    {"moved_flows", "moved", COLUMN_NUMBER},
    {"duration_ms", "took", COLUMN_DURATION_MS},
    {"hash", NULL, COLUMN_TEXT},
    {"reason", "planned for", COLUMN_TEXT},
    {NULL},
};

static const struct column plan_job_columns[] = {
    {"communicator", "communicator", COLUMN_TEXT},
    {"shape", "shape", COLUMN_TEXT},
    {"ratio", "time / T*", COLUMN_RATIO},
    {"admitted", "admitted", COLUMN_FLAG},
    {"local", "local", COLUMN_FLAG},
    {NULL},
};

static const struct column piece_columns[] = {
    {"spine", "spine", COLUMN_TEXT},
    {"share_ratio", "share", COLUMN_PERCENT},
    {"why", "why", COLUMN_TEXT},
    {NULL},
};

static const struct column flow_columns[] = {
    {"communicator", "communicator", COLUMN_TEXT},
    {"shape", "shape", COLUMN_TEXT},
    {"from_rank", "from", COLUMN_NUMBER},
    {"to_rank", "to", COLUMN_NUMBER},
    {"from_host", "from host", COLUMN_TEXT},
    {"to_host", "to host", COLUMN_TEXT},
    {"bytes", "bytes", COLUMN_SIZE},
    {NULL},
};

static const struct column candidate_columns[] = {
    {"spine", "spine", COLUMN_TEXT},
    {"load_ratio", "load", COLUMN_PERCENT},
    {NULL},
};

static const struct column moved_columns[] = {
    {"communicator", "communicator", COLUMN_TEXT},
    {"shape", "shape", COLUMN_TEXT},
    {"from_rank", "from", COLUMN_NUMBER},
    {"to_rank", "to", COLUMN_NUMBER},
    {"before", "before", COLUMN_TEXTS},
    {"after", "after", COLUMN_TEXTS},
    {NULL},
};

enum exit_status plan_show(const struct invocation *invocation)
{
    struct report report;
    json_t *body;
    enum exit_status status = api_get(invocation->options, "/v1/plan", &body);
    if (status != EXIT_DONE)
        return status;
    report_begin(&report, invocation->options);
    report_card(&report, plan_columns, body);
    if (json_array_size(json_object_get(body, "jobs")) > 0)
        report_table(&report, "jobs", plan_job_columns, json_object_get(body, "jobs"));
    json_decref(body);
    return report_end(&report);
}

/* ---- explain ---- */

static const char *const flow_keys[] = {"communicator", "shape", "from", "to"};

enum {
    FLOW_KEYS = sizeof(flow_keys) / sizeof(flow_keys[0])
};

/* Either a link, or all that names a flow. */
static bool is_complete(const struct invocation *invocation)
{
    unsigned given = 0;
    for (unsigned i = 0; i < FLOW_KEYS; i++)
        given += invocation_flag(invocation, flow_keys[i]);
    if (invocation_flag(invocation, "link") ? given == 0 : given == FLOW_KEYS)
        return true;
    fputs("weft: plan explain wants either a link, or all of communicator, shape, from and to\n", stderr);
    return false;
}

static struct api_path explain_path(const struct invocation *invocation)
{
    struct api_path path = api_path("/v1/plan/explain");
    char identity[24];
    const char *link = invocation_text(invocation, "link");
    if (link) {
        api_path_query(&path, "link", link);
        return path;
    }
    snprintf(identity, sizeof(identity), "0x%" PRIx64, invocation_value(invocation, "communicator")->number);
    api_path_query(&path, "communicator", identity);
    for (unsigned i = 1; i < FLOW_KEYS; i++)
        api_path_query(&path, flow_keys[i], invocation_text(invocation, flow_keys[i]));
    return path;
}

static void show_part(struct report *report, const char *key, const struct column *columns,
                      const json_t *body)
{
    const json_t *rows = json_object_get(body, key);
    if (rows && (!json_is_array(rows) || json_array_size(rows) > 0))
        report_table(report, key, columns, rows);
}

enum exit_status plan_explain(const struct invocation *invocation)
{
    struct report report;
    json_t *body;
    if (!is_complete(invocation))
        return EXIT_USAGE;
    enum exit_status status = api_get(invocation->options, explain_path(invocation).text, &body);
    if (status != EXIT_DONE)
        return status;
    report_begin(&report, invocation->options);
    report_text(&report, "text", json_object_get(body, "text"));
    show_part(&report, "pieces", piece_columns, body);
    show_part(&report, "flows", flow_columns, body);
    show_part(&report, "candidates", candidate_columns, body);
    json_decref(body);
    return report_end(&report);
}

/* ---- history and diff ---- */

enum exit_status plan_history(const struct invocation *invocation)
{
    struct report report;
    json_t *body;
    enum exit_status status = api_get(invocation->options, "/v1/plan/history", &body);
    if (status != EXIT_DONE)
        return status;
    report_begin(&report, invocation->options);
    report_table(&report, "plans", history_columns, json_object_get(body, "plans"));
    json_decref(body);
    return report_end(&report);
}

/* The epoch in force and the newest one that is kept before it. */
static enum exit_status find_latest(const struct invocation *invocation, uint64_t *before, uint64_t *now)
{
    json_t *body, *plan;
    size_t i;
    enum exit_status status = api_get(invocation->options, "/v1/plan/history", &body);
    if (status != EXIT_DONE)
        return status;
    *before = *now = 0;
    json_array_foreach(json_object_get(body, "plans"), i, plan)
    {
        uint64_t epoch = (uint64_t)json_integer_value(json_object_get(plan, "epoch"));
        if (epoch > *now) {
            *before = *now;
            *now = epoch;
        } else if (epoch > *before && epoch < *now) {
            *before = epoch;
        }
    }
    json_decref(body);
    if (*before)
        return EXIT_DONE;
    fputs("weft: fewer than two plans are kept: there is nothing to compare\n", stderr);
    return EXIT_REFUSED;
}

static void query_epoch(struct api_path *path, const char *key, uint64_t epoch)
{
    char text[24];
    snprintf(text, sizeof(text), "%" PRIu64, epoch);
    api_path_query(path, key, text);
}

static enum exit_status show_diff(const struct invocation *invocation, const json_t *body)
{
    static const struct column diff_columns[] = {{"from", "from epoch", COLUMN_NUMBER},
                                                 {"to", "to epoch", COLUMN_NUMBER},
                                                 {"moved_count", "moved flows", COLUMN_NUMBER},
                                                 {NULL}};
    struct report report;
    report_begin(&report, invocation->options);
    report_card(&report, diff_columns, body);
    show_part(&report, "moved", moved_columns, body);
    return report_end(&report);
}

enum exit_status plan_diff(const struct invocation *invocation)
{
    struct api_path path = api_path("/v1/plan/diff");
    const struct argument_value *from = invocation_value(invocation, "from");
    const struct argument_value *to = invocation_value(invocation, "to");
    uint64_t before = 0, now = 0;
    enum exit_status status = EXIT_DONE;
    json_t *body;
    if (!from->text || !to->text)
        status = find_latest(invocation, &before, &now);
    if (status != EXIT_DONE)
        return status;
    query_epoch(&path, "from", from->text ? from->number : before);
    query_epoch(&path, "to", to->text ? to->number : now);
    status = api_get(invocation->options, path.text, &body);
    if (status != EXIT_DONE)
        return status;
    status = show_diff(invocation, body);
    json_decref(body);
    return status;
}
