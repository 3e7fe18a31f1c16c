/* SPDX-License-Identifier: BSD-3-Clause */
/* One line that says why not. */
#ifndef WEFT_CONTROL_PLANNER_REFUSE_H
#define WEFT_CONTROL_PLANNER_REFUSE_H

/* Writes the line (PLANNER_ERROR_BYTES) and returns -EINVAL, or -ENOMEM with a line of its own. */
int planner_refuse(char *error, const char *format, ...) __attribute__((format(printf, 2, 3)));
int planner_refuse_memory(char *error);

#endif
