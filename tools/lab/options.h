/* SPDX-License-Identifier: BSD-3-Clause */
/* What `weft-lab run` was asked for. */
#ifndef WEFT_LAB_OPTIONS_H
#define WEFT_LAB_OPTIONS_H

#include <limits.h>
#include <stdbool.h>

#include "tools/lab/dataplane_config.h"
#include "tools/lab/fabric.h"

struct lab_options {
    struct fabric_profile profile;
    bool dataplanes; /* one for each host */
    bool control;
    bool verbose;
    char dataplane_path[PATH_MAX], control_path[PATH_MAX];
    struct dataplane_config config;
    char **command; /* NULL-terminated */
};

extern const char lab_options_help[];

/* `arguments[0]` is the verb. 0 or -EINVAL with `error`. */
int lab_options_parse(int count, char **arguments, struct lab_options *options, struct lab_error *error);

#endif
