/* SPDX-License-Identifier: BSD-3-Clause */
/* The plans that were in force, newest last: at most CORE_HISTORY_PLANS, and of huge ones as many as fit into
 * HISTORY_BYTES_MAX. */
#ifndef WEFT_CONTROL_PLAN_HISTORY_H
#define WEFT_CONTROL_PLAN_HISTORY_H

#include "control/core/plan_record.h"

#define HISTORY_BYTES_MAX (64u << 20)

struct plan_history {
    struct plan_record *records[CORE_HISTORY_PLANS];
    unsigned count;
    size_t bytes;
};

/* The record is the history's from now on; the newest is always kept. */
void plan_history_add(struct plan_history *h, struct plan_record *record);
/* NULL: not kept any more, or never was. */
struct plan_record *plan_history_find(const struct plan_history *h, uint64_t epoch);
void plan_history_clear(struct plan_history *h);

#endif
