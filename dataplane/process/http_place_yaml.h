/* SPDX-License-Identifier: BSD-3-Clause */
/* A struct http_place in a configuration file. */
#ifndef WEFT_PROCESS_HTTP_PLACE_YAML_H
#define WEFT_PROCESS_HTTP_PLACE_YAML_H

#include "dataplane/process/http_place.h"
#include "dataplane/process/yaml_load.h"

/* For a mapping that is nothing but a place. */
extern const cyaml_schema_field_t http_place_fields[];

/* Refuses what contradicts itself in the mapping called `key`. No place at all is none to refuse. */
void http_place_check(struct yaml_check *check, const char *key, const struct http_place *place);

#endif
