/* SPDX-License-Identifier: BSD-3-Clause */
/* Computes plans beside the event loop, one at a time, so that a large one keeps nobody waiting. */
#ifndef WEFT_CONTROL_PLANNER_THREAD_H
#define WEFT_CONTROL_PLANNER_THREAD_H

#include <stdbool.h>
#include <stdint.h>

#include "control/core/core.h"

struct planner_thread;

/* NULL when the thread cannot be made. */
struct planner_thread *planner_thread_create(void);
/* Waits for what is being computed, and leaves it to the core, of which it came. NULL is allowed. */
void planner_thread_destroy(struct planner_thread *t, struct core *core, uint64_t now_ns);

/* Readable when a plan is done. */
int planner_thread_bell(const struct planner_thread *t);
bool planner_thread_is_idle(const struct planner_thread *t);
/* Only while idle. */
void planner_thread_compute(struct planner_thread *t, struct core_planning *planning);
/* What is done, and how long it took; NULL: nothing is. */
struct core_planning *planner_thread_take(struct planner_thread *t, uint64_t *duration_ns);

#endif
