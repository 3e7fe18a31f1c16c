/* SPDX-License-Identifier: BSD-3-Clause */
/* A scenario's file while it is being read: quantities and choices as the file writes them.
 *
 * `path` is where in the file: "fabric.rate". `text` is NULL where the file says nothing: then the value is
 * `otherwise`.
 */
#ifndef SIM_SCENARIO_READING_H
#define SIM_SCENARIO_READING_H

#include "dataplane/process/yaml_load.h"
#include "tools/sim/scenario.h"
#include "tools/sim/scenario_file.h"

enum {
    SCENARIO_PATH_BYTES = 64
};
#define SCENARIO_TIME_MAX_NS    (3600 * NSEC_PER_SEC)
#define SCENARIO_SIZE_MAX_BYTES (1ull << 44)

/* Path of a member, valid until the next call. */
const char *reading_member(const char *path, const char *name);

/* Bytes per second, at least 1. */
uint64_t reading_rate(struct yaml_check *r, const char *path, const char *text, uint64_t otherwise);
/* At most SCENARIO_SIZE_MAX_BYTES. */
uint64_t reading_size(struct yaml_check *r, const char *path, const char *text, uint64_t otherwise);
/* At most SCENARIO_TIME_MAX_NS. */
nsec_t reading_duration(struct yaml_check *r, const char *path, const char *text, nsec_t otherwise);
/* A part of `whole`, rounded. */
uint32_t reading_share(struct yaml_check *r, const char *path, const char *text, uint32_t whole);
/* The index of the text among the names; 0 when there is no text. */
unsigned reading_choice(struct yaml_check *r, const char *path, const char *text, const char *const *names,
                        unsigned count);

/* scenario_fault.c: as many as the file has. */
void reading_faults(struct yaml_check *r, const struct scenario_file *file, struct experiment *e);

#endif
