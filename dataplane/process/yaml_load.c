/* SPDX-License-Identifier: BSD-3-Clause */
#include "dataplane/process/yaml_load.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "dataplane/process/log.h"

const cyaml_strval_t yaml_log_levels[YAML_LOG_LEVELS] = {{"error", LOG_LEVEL_ERROR + 1},
                                                         {"warning", LOG_LEVEL_WARNING + 1},
                                                         {"info", LOG_LEVEL_INFO + 1},
                                                         {"debug", LOG_LEVEL_DEBUG + 1}};

/* ---- the schema ---- */

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
    else if (at && error->position.line == 0)
        sscanf(at, "(line: %u, column: %u)", &error->position.line, &error->position.column);
}

static cyaml_config_t loader(struct schema_error *error)
{
    return (cyaml_config_t){
        .log_fn = keep_schema_error, .log_ctx = error, .mem_fn = cyaml_mem, .log_level = CYAML_LOG_ERROR};
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

static int fail(const char *file, struct yaml_position at, const char *what, char *error)
{
    snprintf(error, YAML_ERROR_BYTES, "%s:%u:%u: %s", file, at.line, at.column, what);
    return -EINVAL;
}

int yaml_load(const char *file, const cyaml_schema_value_t *schema, void **data, char error[YAML_ERROR_BYTES])
{
    struct yaml_position position;
    char problem[YAML_PROBLEM_BYTES];
    struct schema_error refused = {.what = ""};
    cyaml_config_t configuration = loader(&refused);
    *data = NULL;
    if (!yaml_position_check_syntax(file, &position, problem))
        return fail(file, position, problem, error);
    cyaml_err_t status = cyaml_load_file(file, &configuration, schema, data, NULL);
    if (status == CYAML_OK && *data)
        return 0;
    correct_position(file, &refused);
    return fail(file, refused.position, refused.what[0] ? refused.what : cyaml_strerror(status), error);
}

void yaml_load_free(const cyaml_schema_value_t *schema, void *data)
{
    struct schema_error ignored = {.what = ""};
    cyaml_config_t configuration = loader(&ignored);
    if (data)
        cyaml_free(&configuration, schema, data, 0);
}

/* ---- values ---- */

void yaml_check_refuse(struct yaml_check *check, const char *path, const char *format, ...)
{
    va_list arguments;
    if (check->failed)
        return;
    check->failed = true;
    fail(check->file, yaml_position_find(check->file, path), "", check->error);
    size_t used = strlen(check->error);
    va_start(arguments, format);
    vsnprintf(check->error + used, YAML_ERROR_BYTES - used, format, arguments);
    va_end(arguments);
}

void yaml_check_range(struct yaml_check *check, const char *path, uint64_t value, uint64_t low, uint64_t high)
{
    if (value < low || value > high)
        yaml_check_refuse(check, path, "%s is %llu, but must be %llu to %llu", path,
                          (unsigned long long)value, (unsigned long long)low, (unsigned long long)high);
}

int yaml_load_checked(const char *file, const cyaml_schema_value_t *schema,
                      void (*check)(struct yaml_check *check, void *data), void **data,
                      char error[YAML_ERROR_BYTES])
{
    struct yaml_check done = {.file = file, .error = error};
    int result = yaml_load(file, schema, data, error);
    if (result == 0)
        check(&done, *data);
    if (!done.failed)
        return result;
    yaml_load_free(schema, *data);
    *data = NULL;
    return -EINVAL;
}
