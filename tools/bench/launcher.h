/* SPDX-License-Identifier: BSD-3-Clause */
/* The ranks of a benchmark in a lab: one child process each, which obey orders and leave their times in
 * memory that they share with the parent. Should one of them fail or die, the parent says which and why, and
 * ends all. */
#ifndef BENCH_LAUNCHER_H
#define BENCH_LAUNCHER_H

#include "tools/bench/fabric.h"
#include "tools/bench/rank.h"

struct launcher;

struct launcher_config {
    const struct bench_options *options;
    const struct fabric *fabric;
    const unsigned *rank_hosts;
    unsigned ranks; /* of all jobs together: a multiple of their number; job by job */
};

/* Called at least every interval_ms while ranks work. */
struct launcher_tick {
    void (*call)(void *user);
    void *user;
    int interval_ms;
};

/* Starts every rank and waits until all are attached. 0, or -1 after a line on standard error. */
int launcher_start(const struct launcher_config *config, struct launcher **launcher);
/* Lets all ranks do `run` (at most max(iterations, warmup) of the options) and waits for the last. Same
 * results; after a failure only launcher_stop() may follow. */
int launcher_run(struct launcher *launcher, const struct rank_run *run, const struct launcher_tick *tick);
void launcher_stop(struct launcher *launcher);

/* Of the last run, by iteration; end_ns is 0 while an iteration has not ended. */
const struct rank_time *launcher_times(const struct launcher *launcher, unsigned rank);
/* The first wrong byte that some rank has found since the start, or NULL. */
const struct pattern_mismatch *launcher_mismatch(const struct launcher *launcher);

#endif
