/* SPDX-License-Identifier: BSD-3-Clause */
/* What an experiment gave, for people and for programs: the figures of metric.h. */
#ifndef SIM_REPORT_H
#define SIM_REPORT_H

#include <jansson.h>
#include <stdio.h>

#include "tools/sim/experiment.h"

void report_text(const struct experiment *e, const struct experiment_result *r, FILE *out);
/* A new object; keys carry units. What an incomplete job does not have is null. */
json_t *report_json(const struct experiment *e, const struct experiment_result *r);

/* A line for every job of every run: what ran, then all figures. */
void report_csv_head(FILE *out);
void report_csv(const char *name, const struct experiment *e, const struct experiment_result *r, FILE *out);

#endif
