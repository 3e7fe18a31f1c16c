/* SPDX-License-Identifier: BSD-3-Clause */
/* Measuring a collective in a lab: start the ranks, and for each size warm up, read the links' counters, run,
 * read them again. While measuring it injects the fault that was asked for and watches for stalls. */
#ifndef BENCH_MEASUREMENT_H
#define BENCH_MEASUREMENT_H

#include "tools/bench/lab_client.h"
#include "tools/bench/result.h"

struct measurement_config {
    const struct bench_options *options;
    const struct fabric *fabric;
    struct lab_client *lab;
    void (*on_result)(void *user,
                      const struct bench_result *result); /* after each size; the result is lent */
    void *user;
};

/* 0; or -1 after a line on standard error: something failed, or a result was wrong. */
int measurement_run(const struct measurement_config *config);

#endif
