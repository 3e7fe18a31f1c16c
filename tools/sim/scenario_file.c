/* SPDX-License-Identifier: BSD-3-Clause */
#include "tools/sim/scenario_file.h"

#include "dataplane/process/yaml_load.h"

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
static const cyaml_schema_field_t transport_fields[] = {
    NUMBER(struct scenario_transport, payload),    NUMBER(struct scenario_transport, window_packets),
    NUMBER(struct scenario_transport, messages),   TEXT(struct scenario_transport, congestion_control),
    TEXT(struct scenario_transport, credit_order), TEXT(struct scenario_transport, credit_budget),
    TEXT(struct scenario_transport, burst),        TEXT(struct scenario_transport, rto_min),
    TEXT(struct scenario_transport, rto_max),      TEXT(struct scenario_transport, ack_delay),
    TEXT(struct scenario_transport, peer_timeout), CYAML_FIELD_END};
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
    TEXT(struct scenario_file, control_delay),
    CYAML_FIELD_MAPPING("fabric", CYAML_FLAG_DEFAULT, struct scenario_file, fabric, fabric_fields),
    CYAML_FIELD_MAPPING("transport", CYAML_FLAG_OPTIONAL, struct scenario_file, transport, transport_fields),
    CYAML_FIELD_SEQUENCE("jobs", CYAML_FLAG_POINTER, struct scenario_file, jobs, &job_value, 1, 64),
    CYAML_FIELD_SEQUENCE("faults", CYAML_FLAG_POINTER | CYAML_FLAG_OPTIONAL, struct scenario_file, faults,
                         &fault_value, 0, 256),
    CYAML_FIELD_MAPPING("samples", CYAML_FLAG_OPTIONAL, struct scenario_file, samples, sample_fields),
    CYAML_FIELD_END};
static const cyaml_schema_value_t file_value = {
    CYAML_VALUE_MAPPING(CYAML_FLAG_POINTER, struct scenario_file, file_fields)};

struct scenario_file *scenario_file_load(const char *file, char error[YAML_ERROR_BYTES])
{
    void *loaded;
    return yaml_load(file, &file_value, &loaded, error) == 0 ? loaded : NULL;
}

void scenario_file_free(struct scenario_file *f)
{
    yaml_load_free(&file_value, f);
}
