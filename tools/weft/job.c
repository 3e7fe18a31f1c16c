/* SPDX-License-Identifier: BSD-3-Clause */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "tools/weft/api.h"
#include "tools/weft/handlers.h"
#include "tools/weft/operator.h"
#include "tools/weft/report.h"

static const struct column job_columns[] = {
    {"communicator", "communicator", COLUMN_TEXT},
    {"name", "name", COLUMN_TEXT},
    {"ranks", "ranks", COLUMN_NUMBER},
    {"ranks_present", "present", COLUMN_NUMBER},
    {"priority", "priority", COLUMN_NUMBER},
    {"admitted_ratio", "admitted", COLUMN_PERCENT},
    {"shape", "shape", COLUMN_TEXT},
    {"flow_bytes", "flow", COLUMN_SIZE},
    {"hosts", NULL, COLUMN_TEXTS},
    {NULL},
};

static void keep_only(json_t *jobs, uint64_t identity)
{
    for (size_t i = json_array_size(jobs); i-- > 0;) {
        const char *text = json_string_value(json_object_get(json_array_get(jobs, i), "communicator"));
        if (!text || strtoull(text, NULL, 0) != identity)
            json_array_remove(jobs, i);
    }
}

static enum exit_status show(const struct invocation *invocation, json_t *jobs)
{
    struct report report;
    json_t *rows = report_unfold(jobs, "shapes");
    report_begin(&report, invocation->options);
    report_table(&report, "jobs", job_columns, rows);
    json_decref(rows);
    return report_end(&report);
}

enum exit_status job_show(const struct invocation *invocation)
{
    const struct argument_value *wanted = invocation_value(invocation, "communicator");
    json_t *body;
    enum exit_status status = api_get(invocation->options, "/v1/jobs", &body);
    if (status != EXIT_DONE)
        return status;
    json_t *jobs = json_object_get(body, "jobs");
    if (wanted->text)
        keep_only(jobs, wanted->number);
    if (wanted->text && json_array_size(jobs) == 0) {
        fprintf(stderr, "weft: unknown_job: no job has the communicator %s; `weft job show` lists all\n",
                wanted->text);
        status = EXIT_REFUSED;
    } else {
        status = show(invocation, jobs);
    }
    json_decref(body);
    return status;
}

enum exit_status job_priority(const struct invocation *invocation)
{
    static const struct column said_columns[] = {
        {"communicator", "communicator", COLUMN_TEXT}, {"priority", "priority", COLUMN_NUMBER}, {NULL}};
    char identity[24], by[OPERATOR_BYTES];
    struct report report;
    struct api_path path = api_path("/v1/jobs/");
    uint64_t priority = invocation_value(invocation, "priority")->number;
    json_t *body,
        *request = json_pack("{s:I, s:s}", "priority", (json_int_t)priority, "by", operator_name(by));
    snprintf(identity, sizeof(identity), "0x%" PRIx64, invocation_value(invocation, "communicator")->number);
    api_path_add(&path, identity);
    enum exit_status status = api_post(invocation->options, path.text, request, &body);
    if (status == EXIT_DONE) {
        json_object_set_new(request, "communicator", json_string(identity));
        report_begin(&report, invocation->options);
        report_card(&report, said_columns, request);
        status = report_end(&report);
        json_decref(body);
    }
    json_decref(request);
    return status;
}
