/* SPDX-License-Identifier: BSD-3-Clause */
/* Faults, and healthy steps, in the statistical model. */
#ifndef WEFT_ACCURACY_MODEL_CASE_H
#define WEFT_ACCURACY_MODEL_CASE_H

#include "tests/simulation/accuracy/score.h"

/* One run, scored. */
void model_fault_run(enum fault_kind kind, uint64_t seed, bool verbose, struct score *score);
/* So many steps in which nothing is wrong, added. */
void model_healthy_run(uint64_t seed, uint64_t steps, bool verbose, struct healthy_result *result);

#endif
