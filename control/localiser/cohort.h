/* SPDX-License-Identifier: BSD-3-Clause */
/* From an operation's records to observations: every message is compared with its cohort, those of the same
 * operation, step and size, which a healthy fabric would carry in the same time. */
#ifndef WEFT_CONTROL_LOCALISER_COHORT_H
#define WEFT_CONTROL_LOCALISER_COHORT_H

#include "control/localiser/evidence.h"
#include "control/localiser/habit.h"
#include "control/localiser/loss_level.h"
#include "control/localiser/open_operation.h"

struct cohort_result {
    uint32_t too_small; /* samples that have nothing to be compared with */
    bool common_mode;   /* all were slower than usual: nobody is blamed for being slow */
};

/* Adds what the operation says to the open round. */
struct cohort_result cohort_judge(struct evidence *e, struct habit *habit, struct loss_level *losses,
                                  const struct open_operation *o);

#endif
