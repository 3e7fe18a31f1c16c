/* SPDX-License-Identifier: BSD-3-Clause */
/* From the bytes of a plan to the worker following it: checked, its spines turned into this port's path
 * numbers, handed over, and freed when the worker follows another. On the main thread. */
#ifndef WEFT_DAEMON_PLAN_INTAKE_H
#define WEFT_DAEMON_PLAN_INTAKE_H

#include "dataplane/daemon/host_port.h"

struct plan_intake;

struct plan_intake *plan_intake_create(struct host_port *port); /* NULL: no memory */
/* The worker must have been stopped. */
void plan_intake_destroy(struct plan_intake *intake);

/* Takes the plan if it is one for this port; the worker follows it from its next batch on. 0, -ENOMEM or
 * -EINVAL, and one line of why not; then the old plan stays. */
int plan_intake_take(struct plan_intake *intake, const void *bytes, size_t count,
                     char error[PLAN_ERROR_BYTES]);
/* The path catalogue has changed: hands the plan over again if that gives its spines other paths. */
void plan_intake_remap(struct plan_intake *intake);

/* Of the plan taken last; 0: none. */
uint64_t plan_intake_epoch(const struct plan_intake *intake);
uint64_t plan_intake_hash(const struct plan_intake *intake);

#endif
