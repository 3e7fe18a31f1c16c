/* SPDX-License-Identifier: BSD-3-Clause */
/* What was measured for one size, and its two forms for readers: a line of a table and a JSON object. */
#ifndef BENCH_RESULT_H
#define BENCH_RESULT_H

#include <stdbool.h>
#include <stdint.h>

#include "tools/bench/bound.h"
#include "tools/bench/link_load.h"
#include "tools/bench/options.h"
#include "tools/bench/rank.h"
#include "tools/bench/statistics.h"

/* Bus bandwidth of each job by its own median completion. */
struct result_jobs {
    double mean_bps, worst_bps, best_bps;
};

struct bench_result {
    const struct bench_options *options;
    unsigned ranks; /* of each job */
    struct collective_shape shape;
    struct statistics completion; /* of an iteration: that of its slowest rank */
    struct result_jobs jobs;
    double algorithm_bandwidth_bps;
    double bus_bandwidth_bps;
    bool verified; /* meaningless without --check */
    struct pattern_mismatch mismatch;

    /* Only in a lab, where fabric != NULL: */
    const struct fabric *fabric;
    struct bound bound;
    double bound_ratio;      /* 0: nothing to bound */
    double imbalance;        /* link_load.h; 0: nothing crossed the spines */
    double over_even_spread; /* the same */
    struct link_load *links; /* as many as the fabric has; what the measured iterations put on each */
    uint64_t marked_packets;
    uint64_t dropped_packets;
    bool fault_injected;
    uint64_t stall_ns; /* stall.h: after the fault, within its iteration */
};

/* Completion and bandwidths from `times`: iteration i of rank r, counted over all jobs, is times[r][i]. */
void result_set_times(struct bench_result *result, const struct rank_time *const *times);

void result_print_heading(const struct bench_options *options, bool in_lab);
/* A line of the table, or the JSON object if that was asked for. */
void result_print(const struct bench_result *result);
/* One object on one line, without a newline; the caller frees it. */
char *result_json_text(const struct bench_result *result);
/* If there is one: a line on standard error that names rank, iteration, offset, expected and got bytes. */
void result_print_mismatch(const struct bench_result *result);

#endif
