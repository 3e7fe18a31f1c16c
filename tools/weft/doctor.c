/* SPDX-License-Identifier: BSD-3-Clause */
#include "tools/weft/doctor.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "tools/weft/handlers.h"
#include "tools/weft/report.h"
#include "tools/weft/telemetry.h"

#define DATAPLANE_SOCKET "/run/weft/dataplane.sock"

enum {
    FOUND_BYTES = 320
};

static const struct column finding_columns[] = {
    {"level", "", COLUMN_STATE},
    {"check", "check", COLUMN_TEXT},
    {"found", "found", COLUMN_TEXT},
    {"remedy", "remedy", COLUMN_REMEDY},
    {NULL},
};

static void add(json_t *findings, const char *level, const char *check, const char *remedy,
                const char *format, va_list arguments)
{
    char found[FOUND_BYTES];
    vsnprintf(found, sizeof(found), format, arguments);
    json_t *finding = json_pack("{s:s, s:s, s:s}", "level", level, "check", check, "found", found);
    if (remedy)
        json_object_set_new(finding, "remedy", json_string(remedy));
    json_array_append_new(findings, finding);
}

void doctor_ok(json_t *findings, const char *check, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    add(findings, "ok", check, NULL, format, arguments);
    va_end(arguments);
}

void doctor_note(json_t *findings, const char *check, const char *remedy, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    add(findings, "note", check, remedy, format, arguments);
    va_end(arguments);
}

void doctor_problem(json_t *findings, const char *check, const char *remedy, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    add(findings, "problem", check, remedy, format, arguments);
    va_end(arguments);
}

static size_t count_problems(const json_t *findings)
{
    size_t i, count = 0;
    json_t *finding;
    json_array_foreach(findings, i, finding)
    {
        count += strcmp(json_string_value(json_object_get(finding, "level")), "problem") == 0;
    }
    return count;
}

static const char *given(const struct invocation *invocation, const char *key, const char *otherwise)
{
    const char *text = invocation_text(invocation, key);
    return text ? text : otherwise;
}

enum exit_status doctor_show(const struct invocation *invocation)
{
    static void (*const checks[])(const struct patient *, json_t *) = {
        doctor_check_kernel,  doctor_check_memory,  doctor_check_devices,
        doctor_check_routing, doctor_check_daemons,
    };
    struct report report;
    struct patient patient = {.root = given(invocation, "root", ""),
                              .options = invocation->options,
                              .dataplane_socket = given(invocation, "dataplane", DATAPLANE_SOCKET),
                              .telemetry_socket = given(invocation, "telemetry", TELEMETRY_SOCKET)};
    json_t *findings = json_array();
    for (unsigned i = 0; i < sizeof(checks) / sizeof(checks[0]); i++)
        checks[i](&patient, findings);
    report_begin(&report, invocation->options);
    report_table(&report, "findings", finding_columns, findings);
    bool has_problems = count_problems(findings) > 0;
    json_decref(findings);
    enum exit_status status = report_end(&report);
    return status == EXIT_DONE && has_problems ? EXIT_REFUSED : status;
}
