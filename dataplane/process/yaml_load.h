/* SPDX-License-Identifier: BSD-3-Clause */
/* Configuration files: loaded by a libcyaml schema, then checked value by value; what is wrong is said with
 * its place in the file. */
#ifndef WEFT_PROCESS_YAML_LOAD_H
#define WEFT_PROCESS_YAML_LOAD_H

#include <stdbool.h>
#include <stdint.h>

#include <cyaml/cyaml.h>

#include "dataplane/process/yaml_position.h"

enum {
    YAML_LOG_LEVELS = 4
};

/* 0, or -EINVAL with `error` = "FILE:LINE:COLUMN: what is wrong". The schema's value is a pointer. */
int yaml_load(const char *file, const cyaml_schema_value_t *schema, void **data,
              char error[YAML_ERROR_BYTES]);
/* NULL is allowed. */
void yaml_load_free(const cyaml_schema_value_t *schema, void *data);

/* For a key `log`. One more than enum log_level, so that a file without the key (zero) can be told. */
extern const cyaml_strval_t yaml_log_levels[YAML_LOG_LEVELS];

/* A check of what has been loaded: the first refusal is kept, what is checked after it does not matter. */
struct yaml_check {
    const char *file;
    char *error; /* YAML_ERROR_BYTES */
    bool failed;
};
/* As yaml_load(), then `check`; what that refuses is not loaded. */
int yaml_load_checked(const char *file, const cyaml_schema_value_t *schema,
                      void (*check)(struct yaml_check *check, void *data), void **data,
                      char error[YAML_ERROR_BYTES]);
/* `path` is where in the file: "ports[1].rate"; "" is its start. */
void yaml_check_refuse(struct yaml_check *check, const char *path, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
void yaml_check_range(struct yaml_check *check, const char *path, uint64_t value, uint64_t low,
                      uint64_t high);

#endif
