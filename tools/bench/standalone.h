/* SPDX-License-Identifier: BSD-3-Clause */
/* Measuring outside a lab: this process is one rank, started beside the others by srun, mpirun or hand. Rank
 * 0 gathers the others' times over weft itself and reports. */
#ifndef BENCH_STANDALONE_H
#define BENCH_STANDALONE_H

#include "tools/bench/options.h"

/* 0; or -1 after a line on standard error: something failed, or a result was wrong. */
int standalone_run(const struct bench_options *options);

#endif
