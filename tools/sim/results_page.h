/* SPDX-License-Identifier: BSD-3-Clause */
/* The page RESULTS.md, from the measurements: nothing on it is written by hand but its fixed words. */
#ifndef SIM_RESULTS_PAGE_H
#define SIM_RESULTS_PAGE_H

#include "tools/sim/results.h"

void results_page_write(const struct results *results, FILE *out);

/* Parts of it, each a file. */
void results_targets_write(const struct results *results, FILE *out);
void results_losses_write(const struct results *results, FILE *out);
void results_settings_write(const struct results *results, FILE *out);
void results_figures_write(const struct results *results, const struct results_measured *m, FILE *out);

/* For plots: results.csv has a line for every job of every trial, iterations.csv one for every iteration of
 * the jobs that have several. 0, or 1 with a line on standard error. */
int results_data_write(const struct results *results, const char *folder);

#endif
