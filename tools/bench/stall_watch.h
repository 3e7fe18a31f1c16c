/* SPDX-License-Identifier: BSD-3-Clause */
/* Collects the samples that stall.h needs: the bytes received by every host, at each tick of a measurement.
 */
#ifndef BENCH_STALL_WATCH_H
#define BENCH_STALL_WATCH_H

#include "tools/bench/lab_client.h"
#include "tools/bench/stall.h"

struct stall_watch {
    struct stall_sample *samples;
    unsigned count;
    unsigned room;
    unsigned host_count;
};

/* Keeps what `counters` say now. Aborts when memory is exhausted. */
void stall_watch_add(struct stall_watch *watch, const struct lab_counters *counters, uint64_t now_ns);
void stall_watch_clear(struct stall_watch *watch);

#endif
