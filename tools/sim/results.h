/* SPDX-License-Identifier: BSD-3-Clause */
/* The results page: the setting of the Ethereal paper, every path mode with every congestion control, healthy
 * and with a link down, written as Markdown. */
#ifndef SIM_RESULTS_H
#define SIM_RESULTS_H

#include <stdbool.h>
#include <stdio.h>

/* `full` adds what takes long. Progress goes to `progress`, or nowhere when that is NULL. */
void results_write(FILE *out, bool full, FILE *progress);

#endif
