/* SPDX-License-Identifier: BSD-3-Clause */
/* The configuration file that the lab writes for the dataplane of each host: its own lines, and those that
 * the user gave for all hosts.
 *
 * The user's are pairs of a key and a value in one line of YAML; a key inside a section is written
 * `section.key`. That is all the dataplane's configuration needs, so a file may hold just such lines:
 * `key: value`, or `section:` followed by indented ones, and comments. */
#ifndef WEFT_LAB_DATAPLANE_CONFIG_H
#define WEFT_LAB_DATAPLANE_CONFIG_H

#include <stdint.h>
#include <stdio.h>

#include "tools/lab/error.h"

enum {
    DATAPLANE_CONFIG_ENTRIES_MAX = 64,
    DATAPLANE_CONFIG_KEY_BYTES = 64,
    DATAPLANE_CONFIG_VALUE_BYTES = 256
};

struct dataplane_config_entry {
    char key[DATAPLANE_CONFIG_KEY_BYTES];
    char value[DATAPLANE_CONFIG_VALUE_BYTES];
};

struct dataplane_config {
    struct dataplane_config_entry entries[DATAPLANE_CONFIG_ENTRIES_MAX];
    unsigned count;
};

/* What suits many dataplanes on few cores; everything can be overridden. */
void dataplane_config_set_defaults(struct dataplane_config *config);

/* "idle=poll", "transport.rto_min_us=2000": overrides what was there. 0 or negative errno with `error`. */
int dataplane_config_set(struct dataplane_config *config, const char *assignment, struct lab_error *error);

/* 0 or negative errno with `error` naming file and line. */
int dataplane_config_read(struct dataplane_config *config, const char *path, struct lab_error *error);

struct dataplane_host {
    const char *name, *socket;
    uint32_t address;
    uint64_t rate_bps;
    unsigned core;
};

/* 0 or negative errno. */
int dataplane_config_write(const struct dataplane_config *config, const struct dataplane_host *host,
                           FILE *file);

#endif
