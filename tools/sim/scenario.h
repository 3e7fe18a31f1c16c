/* SPDX-License-Identifier: BSD-3-Clause */
/* An experiment as a YAML file. README.md shows one; everything but `fabric` and `jobs` has a default. */
#ifndef SIM_SCENARIO_H
#define SIM_SCENARIO_H

#include "dataplane/process/yaml_position.h"
#include "tools/sim/experiment.h"

struct scenario;
/* NULL, and "file:line:column: what" in `error`, when the file cannot be read or says something wrong. */
struct scenario *scenario_load(const char *file, char error[YAML_ERROR_BYTES]);
void scenario_free(struct scenario *s);

/* Valid as long as the scenario. */
const struct experiment *scenario_experiment(const struct scenario *s);
/* Where samples are to be written; NULL: nowhere. */
const char *scenario_samples_file(const struct scenario *s);

#endif
