/* SPDX-License-Identifier: BSD-3-Clause */
#include "ebpf/monitor/config.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/un.h>

#include "dataplane/formats/address.h"
#include "dataplane/process/http_place_yaml.h"

enum {
    OPTIONAL = CYAML_FLAG_OPTIONAL,
    OPTIONAL_POINTER = CYAML_FLAG_OPTIONAL | CYAML_FLAG_POINTER,
    OPTIONAL_ENUM = CYAML_FLAG_OPTIONAL | CYAML_FLAG_STRICT,
    FILES_MAX = 64
};

static const cyaml_schema_value_t text_value = {CYAML_VALUE_STRING(CYAML_FLAG_POINTER, char, 1, 4095)};

#define TEXT(key, longest)                                                                                   \
    CYAML_FIELD_STRING_PTR(#key, OPTIONAL_POINTER, struct monitor_config, key, 1, longest)
#define NUMBER(key) CYAML_FIELD_UINT(#key, OPTIONAL, struct monitor_config, key)
static const cyaml_schema_field_t config_fields[] = {
    TEXT(socket, sizeof(((struct sockaddr_un *)0)->sun_path) - 1),
    TEXT(group, 63),
    TEXT(runtime_folder, 4095),
    CYAML_FIELD_SEQUENCE_COUNT("addresses", OPTIONAL_POINTER, struct monitor_config, address_texts,
                               address_count, &text_value, 0, TIMING_ADDRESSES_MAX),
    CYAML_FIELD_SEQUENCE_COUNT("files", OPTIONAL_POINTER, struct monitor_config, files, file_count,
                               &text_value, 0, FILES_MAX),
    CYAML_FIELD_SEQUENCE_COUNT("dataplanes", OPTIONAL_POINTER, struct monitor_config, dataplanes,
                               dataplane_count, &text_value, 0, FILES_MAX),
    CYAML_FIELD_BOOL("only_files", OPTIONAL, struct monitor_config, only_files),
    CYAML_FIELD_BOOL("sees_all_ranks", OPTIONAL, struct monitor_config, sees_all_ranks),
    NUMBER(leaf_prefix_bits),
    NUMBER(ring_kib),
    NUMBER(window_ms),
    NUMBER(records_max),
    NUMBER(scan_ms),
    NUMBER(hang_ms),
    CYAML_FIELD_BOOL("perf_buffer", OPTIONAL, struct monitor_config, perf_buffer),
    CYAML_FIELD_ENUM("log", OPTIONAL_ENUM, struct monitor_config, log, yaml_log_levels, YAML_LOG_LEVELS),
    CYAML_FIELD_MAPPING("control", OPTIONAL, struct monitor_config, control, http_place_fields),
    CYAML_FIELD_END};
static const cyaml_schema_value_t config_value = {
    CYAML_VALUE_MAPPING(CYAML_FLAG_POINTER, struct monitor_config, config_fields)};

static void set_number(uint32_t *number, uint32_t otherwise)
{
    if (*number == 0)
        *number = otherwise;
}

static int set_text(char **text, const char *otherwise)
{
    if (!*text)
        *text = strdup(otherwise);
    return *text ? 0 : -ENOMEM;
}

/* Freed as libcyaml's own. */
static int set_dataplane(struct monitor_config *c)
{
    c->dataplanes = calloc(1, sizeof(*c->dataplanes));
    if (!c->dataplanes)
        return -ENOMEM;
    c->dataplane_count = 1;
    return set_text(&c->dataplanes[0], "/run/weft/dataplane.sock");
}

static int set_defaults(struct monitor_config *c)
{
    c->log = c->log == 0 ? LOG_LEVEL_INFO : c->log - 1;
    set_number(&c->leaf_prefix_bits, 24);
    set_number(&c->ring_kib, 1024);
    set_number(&c->window_ms, 100);
    set_number(&c->records_max, 65536);
    set_number(&c->scan_ms, 2000);
    set_number(&c->hang_ms, 10000);
    if (!c->dataplanes && set_dataplane(c) != 0)
        return -ENOMEM;
    if (set_text(&c->socket, "/run/weft/monitor.sock") != 0 || set_text(&c->runtime_folder, "/run/weft") != 0)
        return -ENOMEM;
    return 0;
}

static void read_addresses(struct yaml_check *check, struct monitor_config *c)
{
    char path[64];
    for (unsigned i = 0; i < c->address_count; i++) {
        snprintf(path, sizeof(path), "addresses[%u]", i);
        if (!address_parse(c->address_texts[i], &c->addresses[i]))
            yaml_check_refuse(check, path, "an IPv4 address is wanted, such as 10.1.0.1");
    }
}

static void check_values(struct yaml_check *check, struct monitor_config *c)
{
    yaml_check_range(check, "leaf_prefix_bits", c->leaf_prefix_bits, 1, 32);
    yaml_check_range(check, "ring_kib", c->ring_kib, 64, 1 << 18);
    yaml_check_range(check, "window_ms", c->window_ms, 10, 60000);
    yaml_check_range(check, "records_max", c->records_max, 1024, 1 << 22);
    yaml_check_range(check, "scan_ms", c->scan_ms, 100, 3600 * 1000);
    yaml_check_range(check, "hang_ms", c->hang_ms, 100, 3600 * 1000);
    http_place_check(check, "control", &c->control);
    read_addresses(check, c);
}

static void resolve(struct yaml_check *check, void *config)
{
    if (set_defaults(config) != 0)
        yaml_check_refuse(check, "", "out of memory");
    else
        check_values(check, config);
}

/* libcyaml frees what it has allocated itself, and strings alike. */
static int without_file(struct monitor_config **config, char error[YAML_ERROR_BYTES])
{
    *config = calloc(1, sizeof(**config));
    if (*config && set_defaults(*config) == 0)
        return 0;
    snprintf(error, YAML_ERROR_BYTES, "out of memory");
    monitor_config_free(*config);
    *config = NULL;
    return -ENOMEM;
}

int monitor_config_load(const char *file, struct monitor_config **config, char error[YAML_ERROR_BYTES])
{
    return file ? yaml_load_checked(file, &config_value, resolve, (void **)config, error)
                : without_file(config, error);
}

void monitor_config_free(struct monitor_config *config)
{
    yaml_load_free(&config_value, config);
}
