/* SPDX-License-Identifier: BSD-3-Clause */
#include "tools/sim/scenario_file.h"

#include <cyaml/cyaml.h>
#include <string.h>

#include "dataplane/process/yaml_position.h"

#define TEXT(type, member)                                                                                   \
    CYAML_FIELD_STRING_PTR(#member, CYAML_FLAG_OPTIONAL | CYAML_FLAG_POINTER, type, member, 1, 255)
#define NUMBER(type, member) CYAML_FIELD_UINT(#member, CYAML_FLAG_OPTIONAL, type, member)

static const cyaml_schema_field_t fabric_fields[] = {
    NUMBER(struct scenario_fabric, pods),
    NUMBER(struct scenario_fabric, leaves),
    NUMBER(struct scenario_fabric, spines),
    NUMBER(struct scenario_fabric, cores),
    NUMBER(struct scenario_fabric, hosts),
    TEXT(struct scenario_fabric, rate),
    TEXT(struct scenario_fabric, fabric_rate),
    TEXT(struct scenario_fabric, delay),
    TEXT(struct scenario_fabric, queue),
    TEXT(struct scenario_fabric, mark_from),
    TEXT(struct scenario_fabric, mark_full),
    TEXT(struct scenario_fabric, turnaround),
    TEXT(struct scenario_fabric, routing),
    CYAML_FIELD_BOOL("trimming", CYAML_FLAG_OPTIONAL, struct scenario_fabric, trimming),
    CYAML_FIELD_END};
static const cyaml_schema_field_t transport_fields[] = {NUMBER(struct scenario_transport, payload),
                                                        NUMBER(struct scenario_transport, window_packets),
                                                        TEXT(struct scenario_transport, congestion_control),
                                                        TEXT(struct scenario_transport, credit_budget),
                                                        TEXT(struct scenario_transport, burst),
                                                        TEXT(struct scenario_transport, rto_min),
                                                        TEXT(struct scenario_transport, rto_max),
                                                        TEXT(struct scenario_transport, ack_delay),
                                                        TEXT(struct scenario_transport, peer_timeout),
                                                        CYAML_FIELD_END};
static const cyaml_schema_value_t number_value = {CYAML_VALUE_UINT(CYAML_FLAG_DEFAULT, uint32_t)};
static const cyaml_schema_field_t job_fields[] = {
    TEXT(struct scenario_job, name),
    TEXT(struct scenario_job, workload),
    TEXT(struct scenario_job, bytes),
    TEXT(struct scenario_job, algorithm),
    TEXT(struct scenario_job, path_mode),
    TEXT(struct scenario_job, placement),
    TEXT(struct scenario_job, start),
    TEXT(struct scenario_job, gap),
    TEXT(struct scenario_job, compute),
    NUMBER(struct scenario_job, ranks),
    NUMBER(struct scenario_job, first_host),
    NUMBER(struct scenario_job, stride),
    NUMBER(struct scenario_job, factor),
    NUMBER(struct scenario_job, layers),
    NUMBER(struct scenario_job, iterations),
    CYAML_FIELD_SEQUENCE("hosts", CYAML_FLAG_POINTER | CYAML_FLAG_OPTIONAL, struct scenario_job, hosts,
                         &number_value, 2, TOPOLOGY_HOSTS_MAX),
    CYAML_FIELD_END};
static const cyaml_schema_field_t fault_fields[] = {TEXT(struct scenario_fault, kind),
                                                    TEXT(struct scenario_fault, link),
                                                    TEXT(struct scenario_fault, direction),
                                                    TEXT(struct scenario_fault, at),
                                                    TEXT(struct scenario_fault, until),
                                                    TEXT(struct scenario_fault, value),
                                                    TEXT(struct scenario_fault, by),
                                                    TEXT(struct scenario_fault, host),
                                                    TEXT(struct scenario_fault, converges_after),
                                                    CYAML_FIELD_END};
static const cyaml_schema_field_t sample_fields[] = {TEXT(struct scenario_samples, every),
                                                     TEXT(struct scenario_samples, file), CYAML_FIELD_END};
static const cyaml_schema_value_t job_value = {
    CYAML_VALUE_MAPPING(CYAML_FLAG_DEFAULT, struct scenario_job, job_fields)};
static const cyaml_schema_value_t fault_value = {
    CYAML_VALUE_MAPPING(CYAML_FLAG_DEFAULT, struct scenario_fault, fault_fields)};

static const cyaml_schema_field_t file_fields[] = {
    NUMBER(struct scenario_file, seed),
    CYAML_FIELD_BOOL("check_content", CYAML_FLAG_OPTIONAL, struct scenario_file, check_content),
    TEXT(struct scenario_file, limit),
    CYAML_FIELD_MAPPING("fabric", CYAML_FLAG_DEFAULT, struct scenario_file, fabric, fabric_fields),
    CYAML_FIELD_MAPPING("transport", CYAML_FLAG_OPTIONAL, struct scenario_file, transport, transport_fields),
    CYAML_FIELD_SEQUENCE("jobs", CYAML_FLAG_POINTER, struct scenario_file, jobs, &job_value, 1, 64),
    CYAML_FIELD_SEQUENCE("faults", CYAML_FLAG_POINTER | CYAML_FLAG_OPTIONAL, struct scenario_file, faults,
                         &fault_value, 0, 256),
    CYAML_FIELD_MAPPING("samples", CYAML_FLAG_OPTIONAL, struct scenario_file, samples, sample_fields),
    CYAML_FIELD_END};
static const cyaml_schema_value_t file_value = {
    CYAML_VALUE_MAPPING(CYAML_FLAG_POINTER, struct scenario_file, file_fields)};

/* What libcyaml says of an error: a line that names it, then where, innermost first. */
struct schema_error {
    char what[YAML_PROBLEM_BYTES];
    struct yaml_position position;
};

static void keep_error(cyaml_log_t level, void *context, const char *format, va_list arguments)
{
    struct schema_error *error = context;
    char line[YAML_PROBLEM_BYTES];
    if (level < CYAML_LOG_ERROR)
        return;
    vsnprintf(line, sizeof(line), format, arguments);
    line[strcspn(line, "\n")] = '\0';
    const char *text = strncmp(line, "Load: ", 6) == 0 ? line + 6 : line;
    const char *at = strstr(text, "(line: ");
    if (error->what[0] == '\0')
        snprintf(error->what, sizeof(error->what), "%s", text);
    else if (at && error->position.line == 0)
        sscanf(at, "(line: %u, column: %u)", &error->position.line, &error->position.column);
}

static cyaml_config_t loader(struct schema_error *error)
{
    return (cyaml_config_t){
        .log_fn = keep_error, .log_ctx = error, .mem_fn = cyaml_mem, .log_level = CYAML_LOG_ERROR};
}

/* libcyaml's position of an unexpected key is that of what stands before it. */
static void correct_position(const char *file, struct schema_error *error)
{
    static const char unexpected[] = "Unexpected key: ";
    if (error->position.line == 0)
        error->position = (struct yaml_position){.line = 1, .column = 1};
    if (strncmp(error->what, unexpected, strlen(unexpected)) == 0)
        error->position = yaml_position_find_key(file, error->what + strlen(unexpected), error->position);
}

static void report(const char *file, struct yaml_position at, const char *what,
                   char error[SCENARIO_ERROR_BYTES])
{
    snprintf(error, SCENARIO_ERROR_BYTES, "%s:%u:%u: %s", file, at.line, at.column, what);
}

struct scenario_file *scenario_file_load(const char *file, char error[SCENARIO_ERROR_BYTES])
{
    struct yaml_position position;
    char problem[YAML_PROBLEM_BYTES];
    struct schema_error schema = {.what = ""};
    cyaml_config_t configuration = loader(&schema);
    struct scenario_file *f = NULL;
    if (!yaml_position_check_syntax(file, &position, problem)) {
        report(file, position, problem, error);
        return NULL;
    }
    cyaml_err_t status = cyaml_load_file(file, &configuration, &file_value, (cyaml_data_t **)&f, NULL);
    if (status == CYAML_OK && f != NULL)
        return f;
    correct_position(file, &schema);
    report(file, schema.position, schema.what[0] ? schema.what : cyaml_strerror(status), error);
    return NULL;
}

void scenario_file_free(struct scenario_file *f)
{
    struct schema_error ignored = {.what = ""};
    cyaml_config_t configuration = loader(&ignored);
    if (f != NULL)
        cyaml_free(&configuration, &file_value, f, 0);
}
