/* SPDX-License-Identifier: BSD-3-Clause */
/* What an operation says of hosts rather than paths: data that is not ready, a receiver that takes its time,
 * a rank that comes late. Only what costs a good part of the time that the job's longer operations take
 * counts.
 *
 * Lateness needs no common clock: who comes last finds all others waiting, so for it alone the operation is
 * short. That is the end of every chain of waits. */
#ifndef WEFT_CONTROL_LOCALISER_STAGES_H
#define WEFT_CONTROL_LOCALISER_STAGES_H

#include "control/localiser/evidence.h"
#include "control/localiser/habit.h"
#include "control/localiser/open_operation.h"

void stages_judge(struct evidence *e, struct habit *habit, const struct open_operation *o);

#endif
