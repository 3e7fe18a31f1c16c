/* SPDX-License-Identifier: BSD-3-Clause */
#include "tools/bench/result.h"

#include <assert.h>
#include <float.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "dataplane/formats/units.h"
#include "tools/bench/complain.h"

/* Of the iterations of these ranks, each as long as its slowest rank took. */
static struct statistics result_completion(const struct rank_time *const *times, unsigned ranks,
                                           unsigned iterations)
{
    uint64_t *slowest_ns = calloc(iterations, sizeof *slowest_ns);
    assert(slowest_ns != NULL);
    for (unsigned rank = 0; rank < ranks; rank++)
        for (unsigned i = 0; i < iterations; i++) {
            uint64_t took_ns = times[rank][i].end_ns - times[rank][i].start_ns;
            if (took_ns > slowest_ns[i])
                slowest_ns[i] = took_ns;
        }
    struct statistics completion = statistics_of(slowest_ns, iterations);
    free(slowest_ns);
    return completion;
}

static double result_bus_bandwidth_bps(const struct bench_result *result, uint64_t completion_ns)
{
    return 8e9 * (double)result->shape.bytes / (double)completion_ns *
           collective_bus_factor(result->options->collective, result->ranks);
}

static void result_set_jobs(struct bench_result *result, const struct rank_time *const *times)
{
    const struct bench_options *options = result->options;
    result->jobs = (struct result_jobs){.worst_bps = DBL_MAX};
    for (unsigned job = 0; job < options->jobs; job++) {
        struct statistics completion =
            result_completion(times + job * result->ranks, result->ranks, options->iterations);
        double bps = result_bus_bandwidth_bps(result, completion.p50_ns);
        result->jobs.mean_bps += bps / options->jobs;
        result->jobs.worst_bps = bps < result->jobs.worst_bps ? bps : result->jobs.worst_bps;
        result->jobs.best_bps = bps > result->jobs.best_bps ? bps : result->jobs.best_bps;
    }
}

void result_set_times(struct bench_result *result, const struct rank_time *const *times)
{
    const struct bench_options *options = result->options;
    result->completion = result_completion(times, result->ranks * options->jobs, options->iterations);
    result->algorithm_bandwidth_bps = 8e9 * (double)result->shape.bytes / (double)result->completion.p50_ns;
    result->bus_bandwidth_bps = result_bus_bandwidth_bps(result, result->completion.p50_ns);
    result_set_jobs(result, times);
}

static void result_print_jobs(const struct bench_result *result)
{
    char mean[UNITS_TEXT_BYTES], worst[UNITS_TEXT_BYTES], best[UNITS_TEXT_BYTES];
    printf("# %u jobs of %u ranks: bus bw mean %s, worst %s, best %s, worst/best %.3f\n",
           result->options->jobs, result->ranks, units_format_rate((uint64_t)result->jobs.mean_bps, mean),
           units_format_rate((uint64_t)result->jobs.worst_bps, worst),
           units_format_rate((uint64_t)result->jobs.best_bps, best),
           result->jobs.worst_bps / result->jobs.best_bps);
}

void result_print_heading(const struct bench_options *options, bool in_lab)
{
    printf("# %s, %s %s, paths %s, algorithm %s", collective_names[options->collective],
           options_types[options->type], options_reductions[options->reduction], options_modes[options->mode],
           options_algorithms[options->algorithm]);
    if (in_lab)
        printf(", placement %s", options->placement_text);
    printf(", %u iterations\n", options->iterations);
    printf("#%12s %12s %10s %10s %10s %12s %12s", "size", "count", "p50", "p99", "max", "algorithm bw",
           "bus bw");
    if (in_lab)
        printf(" %9s %7s", "imbalance", "/bound");
    printf(" %8s\n", "verified");
}

static void result_print_ratio(double ratio, int width, int digits)
{
    if (ratio > 0)
        printf(" %*.*f", width, digits, ratio);
    else
        printf(" %*s", width, "-");
}

static void result_print_line(const struct bench_result *result)
{
    char size[UNITS_TEXT_BYTES], p50[UNITS_TEXT_BYTES], p99[UNITS_TEXT_BYTES], max[UNITS_TEXT_BYTES],
        algorithm[UNITS_TEXT_BYTES], bus[UNITS_TEXT_BYTES];
    printf(" %12s %12zu %10s %10s %10s %12s %12s", units_format_size(result->shape.bytes, size),
           result->shape.count, units_format_duration(result->completion.p50_ns, p50),
           units_format_duration(result->completion.p99_ns, p99),
           units_format_duration(result->completion.max_ns, max),
           units_format_rate((uint64_t)result->algorithm_bandwidth_bps, algorithm),
           units_format_rate((uint64_t)result->bus_bandwidth_bps, bus));
    if (result->fabric != NULL) {
        result_print_ratio(result->imbalance, 9, 3);
        result_print_ratio(result->bound_ratio, 7, 3);
    }
    printf(" %8s\n", !result->options->check ? "-" : result->verified ? "true" : "FALSE");
    if (result->options->jobs > 1)
        result_print_jobs(result);
    if (result->fault_injected)
        printf("# fault %s on %s: longest stall %s\n", result->options->fault.kind,
               result->options->fault.link, units_format_duration(result->stall_ns, p50));
}

void result_print(const struct bench_result *result)
{
    if (result->options->json) {
        char *text = result_json_text(result);
        puts(text);
        free(text);
    } else {
        result_print_line(result);
    }
    fflush(stdout);
}

static void result_hex(const uint8_t *bytes, unsigned width, char *text)
{
    for (unsigned i = 0; i < width; i++)
        sprintf(text + 3 * i, "%02x ", bytes[i]);
}

void result_print_mismatch(const struct bench_result *result)
{
    const struct pattern_mismatch *mismatch = &result->mismatch;
    char expected[32] = "", got[32] = "";
    if (!mismatch->found)
        return;
    result_hex(mismatch->expected, mismatch->width, expected);
    result_hex(mismatch->got, mismatch->width, got);
    complain("wrong result: rank %u, iteration %u, byte offset %" PRIu64 ": expected %sgot %s",
             mismatch->rank, mismatch->iteration, mismatch->offset_bytes, expected, got);
}
