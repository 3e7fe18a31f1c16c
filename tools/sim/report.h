/* SPDX-License-Identifier: BSD-3-Clause */
/* What an experiment gave, for people and for programs. */
#ifndef SIM_REPORT_H
#define SIM_REPORT_H

#include <stdio.h>

#include "tools/sim/experiment.h"

void report_text(const struct experiment *e, const struct experiment_result *r, FILE *out);
/* One JSON object on one line; keys carry units. */
void report_json(const struct experiment *e, const struct experiment_result *r, FILE *out);

#endif
