/* SPDX-License-Identifier: BSD-3-Clause */
#include "control/server/config.h"

#include <errno.h>
#include <math.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/un.h>

#include <cyaml/cyaml.h>

#include "dataplane/formats/units.h"
#include "dataplane/process/yaml_position.h"

/* A share is parsed into parts of 2^32 - 1: a quarter comes out a little more, and a quarter of four links
 * would be rounded up to two. */
#define RATIO_STEPS 1e6

#define OPTIONAL         CYAML_FLAG_OPTIONAL
#define OPTIONAL_POINTER (CYAML_FLAG_OPTIONAL | CYAML_FLAG_POINTER)

/* One more than the value, so that a file without the key (zero) can be told from `error`. */
static const cyaml_strval_t log_names[] = {{"error", LOG_LEVEL_ERROR + 1},
                                           {"warning", LOG_LEVEL_WARNING + 1},
                                           {"info", LOG_LEVEL_INFO + 1},
                                           {"debug", LOG_LEVEL_DEBUG + 1}};

#define LISTEN_TEXT(key, longest)                                                                            \
    CYAML_FIELD_STRING_PTR(#key, OPTIONAL_POINTER, struct control_listen, key, 1, longest)
static const cyaml_schema_field_t listen_fields[] = {
    LISTEN_TEXT(address, 15),
    CYAML_FIELD_UINT("port", OPTIONAL, struct control_listen, port),
    LISTEN_TEXT(certificate, 4095),
    LISTEN_TEXT(key, 4095),
    LISTEN_TEXT(tokens_file, 4095),
    LISTEN_TEXT(client_ca, 4095),
    CYAML_FIELD_END};

#define TEXT(key, member, longest)                                                                           \
    CYAML_FIELD_STRING_PTR(key, OPTIONAL_POINTER, struct control_config, member, 1, longest)
#define NUMBER(key) CYAML_FIELD_UINT(#key, OPTIONAL, struct control_config, key)
static const cyaml_schema_field_t config_fields[] = {
    TEXT("socket", socket, sizeof(((struct sockaddr_un *)0)->sun_path) - 1),
    TEXT("group", group, 63),
    CYAML_FIELD_STRING_PTR("topology", CYAML_FLAG_POINTER, struct control_config, topology, 1, 4095),
    TEXT("store", store, 4095),
    NUMBER(leaf_prefix_bits),
    NUMBER(lease_ms),
    NUMBER(report_every_ms),
    NUMBER(plan_delay_ms),
    TEXT("drained_uplinks_max", drained_uplinks_max_text, 31),
    NUMBER(connections_max),
    CYAML_FIELD_MAPPING("listen", OPTIONAL, struct control_config, listen, listen_fields),
    CYAML_FIELD_ENUM("log", CYAML_FLAG_OPTIONAL | CYAML_FLAG_STRICT, struct control_config, log, log_names,
                     CYAML_ARRAY_LEN(log_names)),
    CYAML_FIELD_END};
static const cyaml_schema_value_t config_value = {
    CYAML_VALUE_MAPPING(CYAML_FLAG_POINTER, struct control_config, config_fields)};

/* What libcyaml says of an error: a line that names it, then a backtrace, innermost position first. */
struct schema_error {
    char what[YAML_PROBLEM_BYTES];
    struct yaml_position position;
};

static void keep_schema_error(cyaml_log_t level, void *context, const char *format, va_list arguments)
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
    else if (at != NULL && error->position.line == 0)
        sscanf(at, "(line: %u, column: %u)", &error->position.line, &error->position.column);
}

static const cyaml_config_t *loader(struct schema_error *error)
{
    static cyaml_config_t configuration;
    configuration = (cyaml_config_t){
        .log_fn = keep_schema_error, .log_ctx = error, .mem_fn = cyaml_mem, .log_level = CYAML_LOG_ERROR};
    return &configuration;
}

static int fail(const char *file, struct yaml_position position, const char *what, char *error)
{
    snprintf(error, CONTROL_CONFIG_ERROR_BYTES, "%s:%u:%u: %s", file, position.line, position.column, what);
    return -EINVAL;
}

/* A check of values in progress: the first that fails names its place. */
struct check {
    const char *file;
    char *error;
    int result;
};

static void refuse(struct check *check, const char *path, const char *what)
{
    if (check->result == 0)
        check->result = fail(check->file, yaml_position_find(check->file, path), what, check->error);
}

static void check_range(struct check *check, const char *path, uint64_t value, uint64_t low, uint64_t high)
{
    char what[YAML_PROBLEM_BYTES];
    if (value >= low && value <= high)
        return;
    snprintf(what, sizeof(what), "%s is %llu, but must be %llu to %llu", path, (unsigned long long)value,
             (unsigned long long)low, (unsigned long long)high);
    refuse(check, path, what);
}

static bool set_text(char **text, const char *absent)
{
    if (*text == NULL)
        *text = strdup(absent);
    return *text != NULL;
}

static void set_number(uint32_t *number, uint32_t absent)
{
    if (*number == 0)
        *number = absent;
}

static bool set_defaults(struct control_config *c)
{
    set_number(&c->leaf_prefix_bits, 24);
    set_number(&c->lease_ms, 10000);
    set_number(&c->report_every_ms, 2000);
    set_number(&c->plan_delay_ms, 5);
    set_number(&c->connections_max, 4096);
    set_number(&c->listen.port, 4793);
    c->log = c->log == 0 ? LOG_LEVEL_INFO : c->log - 1;
    c->drained_uplinks_max = 0.125;
    return set_text(&c->socket, "/run/weft/control.sock") &&
           set_text(&c->store, "/var/lib/weft/control.sqlite");
}

static void check_listen(struct check *check, const struct control_listen *l)
{
    if (l->address == NULL)
        return;
    if (l->certificate == NULL || l->key == NULL)
        refuse(check, "listen", "TCP is only served with TLS: `certificate` and `key` are wanted");
    if (l->tokens_file == NULL)
        refuse(check, "listen", "TCP is only served to who has a token: `tokens_file` is wanted");
    check_range(check, "listen.port", l->port, 1, 65535);
}

static int resolve(struct control_config *c, const char *file, char *error)
{
    struct check check = {.file = file, .error = error};
    uint32_t parts;
    if (!set_defaults(c))
        return fail(file, (struct yaml_position){1, 1}, "out of memory", error);
    check_range(&check, "leaf_prefix_bits", c->leaf_prefix_bits, 1, 32);
    check_range(&check, "report_every_ms", c->report_every_ms, 10, 3600 * 1000);
    check_range(&check, "lease_ms", c->lease_ms, 2 * c->report_every_ms, 24 * 3600 * 1000);
    check_range(&check, "plan_delay_ms", c->plan_delay_ms, 1, 60000);
    check_range(&check, "connections_max", c->connections_max, 16, 65536);
    if (c->drained_uplinks_max_text != NULL) {
        if (units_parse_ratio(c->drained_uplinks_max_text, &parts) != 0)
            refuse(&check, "drained_uplinks_max", "a share is wanted, such as 12.5% or 0.125");
        c->drained_uplinks_max = round(parts / 4294967295.0 * RATIO_STEPS) / RATIO_STEPS;
    }
    check_listen(&check, &c->listen);
    return check.result;
}

int control_config_load(const char *file, struct control_config **config,
                        char error[CONTROL_CONFIG_ERROR_BYTES])
{
    struct schema_error schema = {.what = ""};
    char problem[YAML_PROBLEM_BYTES];
    struct yaml_position position;
    *config = NULL;
    if (!yaml_position_check_syntax(file, &position, problem))
        return fail(file, position, problem, error);
    cyaml_err_t status = cyaml_load_file(file, loader(&schema), &config_value, (cyaml_data_t **)config, NULL);
    if (status != CYAML_OK || *config == NULL) {
        static const char unexpected[] = "Unexpected key: ";
        if (schema.position.line == 0)
            schema.position = (struct yaml_position){1, 1};
        if (strncmp(schema.what, unexpected, strlen(unexpected)) == 0)
            schema.position = yaml_position_find_key(file, schema.what + strlen(unexpected), schema.position);
        return fail(file, schema.position, schema.what[0] ? schema.what : cyaml_strerror(status), error);
    }
    int result = resolve(*config, file, error);
    if (result != 0) {
        control_config_free(*config);
        *config = NULL;
    }
    return result;
}

void control_config_free(struct control_config *config)
{
    struct schema_error ignored = {.what = ""};
    cyaml_free(loader(&ignored), &config_value, config, 0);
}
