/* SPDX-License-Identifier: BSD-3-Clause */
#include "tools/exporter/config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/un.h>
#include <unistd.h>

#include "dataplane/process/http_place_yaml.h"
#include "dataplane/process/tcp_listener.h"

enum {
    PATH_BYTES_MAX = 4095,
    HOST_BYTES = 65
};

#define SOCKET_BYTES_MAX (sizeof(((struct sockaddr_un *)0)->sun_path) - 1)
#define OPTIONAL_POINTER (CYAML_FLAG_OPTIONAL | CYAML_FLAG_POINTER)

#define TEXT(type, key, longest) CYAML_FIELD_STRING_PTR(#key, OPTIONAL_POINTER, type, key, 1, longest)
static const cyaml_schema_field_t socket_fields[] = {CYAML_FIELD_STRING_PTR("socket", CYAML_FLAG_POINTER,
                                                                            struct exporter_socket_config,
                                                                            socket, 1, SOCKET_BYTES_MAX),
                                                     CYAML_FIELD_END};

#define SOURCE(key, fields)                                                                                  \
    CYAML_FIELD_MAPPING_PTR(#key, OPTIONAL_POINTER, struct exporter_config, key, fields)
static const cyaml_schema_field_t config_fields[] = {
    TEXT(struct exporter_config, listen, 63),
    TEXT(struct exporter_config, web_config, PATH_BYTES_MAX),
    TEXT(struct exporter_config, topology, PATH_BYTES_MAX),
    TEXT(struct exporter_config, host, HOST_BYTES - 1),
    CYAML_FIELD_UINT("timeout_ms", CYAML_FLAG_OPTIONAL, struct exporter_config, timeout_ms),
    SOURCE(control, http_place_fields),
    SOURCE(dataplane, socket_fields),
    SOURCE(monitor, socket_fields),
    CYAML_FIELD_ENUM("log", CYAML_FLAG_OPTIONAL | CYAML_FLAG_STRICT, struct exporter_config, log,
                     yaml_log_levels, YAML_LOG_LEVELS),
    CYAML_FIELD_END};
static const cyaml_schema_value_t config_value = {
    CYAML_VALUE_MAPPING(CYAML_FLAG_POINTER, struct exporter_config, config_fields)};

static bool set_text(char **text, const char *absent)
{
    if (*text == NULL)
        *text = strdup(absent);
    return *text != NULL;
}

static bool set_defaults(struct exporter_config *c)
{
    char host[HOST_BYTES] = "";
    gethostname(host, sizeof(host) - 1);
    if (c->timeout_ms == 0)
        c->timeout_ms = 2000;
    c->log = c->log == 0 ? LOG_LEVEL_INFO : c->log - 1;
    return set_text(&c->listen, "127.0.0.1:9793") && set_text(&c->host, host);
}

static void check_control(struct yaml_check *check, const struct http_place *control)
{
    if (control == NULL)
        return;
    if (!http_place_is_given(control))
        yaml_check_refuse(check, "control", "control: either `socket` or `url` is wanted");
    http_place_check(check, "control", control);
}

static void resolve(struct yaml_check *check, void *config)
{
    struct exporter_config *c = config;
    if (!set_defaults(c)) {
        yaml_check_refuse(check, "", "out of memory");
        return;
    }
    if (!tcp_listener_is_place(c->listen))
        yaml_check_refuse(check, "listen", "listen is `%s`, but must be ADDRESS:PORT, such as 127.0.0.1:9793",
                          c->listen);
    yaml_check_range(check, "timeout_ms", c->timeout_ms, 10, 60000);
    check_control(check, c->control);
    if (c->control == NULL && c->dataplane == NULL && c->monitor == NULL)
        yaml_check_refuse(check, "", "nothing to export: name `control`, `dataplane` or `monitor`");
}

int exporter_config_load(const char *file, struct exporter_config **config, char error[YAML_ERROR_BYTES])
{
    return yaml_load_checked(file, &config_value, resolve, (void **)config, error);
}

void exporter_config_free(struct exporter_config *config)
{
    yaml_load_free(&config_value, config);
}
