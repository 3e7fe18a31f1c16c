/* SPDX-License-Identifier: BSD-3-Clause */
#include "tools/bench/measurement.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "dataplane/formats/units.h"
#include "dataplane/process/clock.h"
#include "tools/bench/complain.h"
#include "tools/bench/element.h"
#include "tools/bench/launcher.h"
#include "tools/bench/placement.h"
#include "tools/bench/stall_watch.h"

enum {
    MEASUREMENT_TICK_MS = 100,
    MEASUREMENT_WATCH_MS = 5 /* between samples while a fault is to be watched: the resolution of a stall */
};

struct measurement {
    struct measurement_config config;
    unsigned ranks;
    unsigned *rank_hosts;
    struct launcher *launcher;
    struct lab_counters before;
    struct lab_counters after;
    const struct rank_time **times; /* of the current run, by rank */
    unsigned shown;                 /* iterations last shown as progress */

    bool fault_pending; /* asked for and not yet injected */
    bool fault_active;
    bool failed; /* a tick could not talk to the lab */
    uint64_t fault_ns;
    struct lab_counters watched;
    struct stall_watch watch;
};

/* ---- while the ranks run ---- */

static void measurement_show_progress(struct measurement *m)
{
    unsigned done = 0, iterations = m->config.options->iterations;
    if (m->config.options->json || !isatty(STDERR_FILENO))
        return;
    while (done < iterations && m->times[0][done].end_ns != 0)
        done++;
    if (done == m->shown)
        return;
    m->shown = done;
    fprintf(stderr, "\r%s: iteration %u of %u\033[K", collective_names[m->config.options->collective], done,
            iterations);
}

static void measurement_clear_progress(struct measurement *m)
{
    if (m->shown > 0)
        fputs("\r\033[K", stderr);
    m->shown = 0;
}

/* When the last rank began the first iteration; UINT64_MAX: some have not. */
static uint64_t measurement_started_ns(const struct measurement *m)
{
    uint64_t started_ns = 0;
    for (unsigned rank = 0; rank < m->ranks; rank++) {
        uint64_t start_ns = m->times[rank][0].start_ns;
        if (start_ns == 0)
            return UINT64_MAX;
        started_ns = start_ns > started_ns ? start_ns : started_ns;
    }
    return started_ns;
}

static void measurement_watch_fault(struct measurement *m)
{
    const struct bench_fault *fault = &m->config.options->fault;
    uint64_t now_ns = clock_ns(CLOCK_MONOTONIC), started_ns = measurement_started_ns(m);
    if (m->fault_pending && now_ns >= started_ns && now_ns - started_ns >= fault->at_ms * 1000000) {
        m->fault_pending = false;
        m->fault_ns = now_ns;
        m->fault_active = lab_client_fault(m->config.lab, fault) == 0;
        m->failed = !m->fault_active;
    }
    if (!m->failed && lab_client_counters(m->config.lab, m->config.fabric, &m->watched) < 0)
        m->failed = true;
    if (!m->failed)
        stall_watch_add(&m->watch, &m->watched, clock_ns(CLOCK_MONOTONIC));
}

static void measurement_tick(void *user)
{
    struct measurement *m = user;
    measurement_show_progress(m);
    if (!m->failed && (m->fault_pending || m->fault_active))
        measurement_watch_fault(m);
}

/* ---- afterwards ---- */

/* When the iteration in which the fault fell ended for its fastest rank; 0: the fault came after the last
 * one. */
static uint64_t measurement_fault_iteration_end_ns(const struct measurement *m)
{
    uint64_t end_ns = 0;
    for (unsigned i = 0; i < m->config.options->iterations && end_ns == 0; i++)
        for (unsigned rank = 0; rank < m->ranks; rank++) {
            const struct rank_time *time = &m->times[rank][i];
            if (time->end_ns > m->fault_ns && (end_ns == 0 || time->end_ns < end_ns))
                end_ns = time->end_ns;
        }
    return end_ns;
}

static void measurement_set_fault(struct measurement *m, struct bench_result *result)
{
    result->fault_injected = m->fault_active;
    if (!m->fault_active)
        return;
    result->stall_ns =
        stall_longest_ns(&(struct stall_window){.samples = m->watch.samples,
                                                .sample_count = m->watch.count,
                                                .host_count = m->watch.host_count,
                                                .host_rate_bps = m->config.fabric->host_rate_bps,
                                                .from_ns = m->fault_ns,
                                                .to_ns = measurement_fault_iteration_end_ns(m)});
}

static void measurement_set_links(struct measurement *m, struct bench_result *result)
{
    for (unsigned i = 0; i < m->after.link_count; i++) {
        m->after.links[i].up_bytes -= m->before.links[i].up_bytes;
        m->after.links[i].down_bytes -= m->before.links[i].down_bytes;
    }
    result->links = m->after.links;
    result->marked_packets = m->after.marked_packets - m->before.marked_packets;
    result->dropped_packets = m->after.dropped_packets - m->before.dropped_packets;
    if (!result->bound.crosses_spines)
        return;
    result->imbalance = link_load_imbalance(result->links, m->after.link_count);
    result->over_even_spread = link_load_over_even_spread(result->links, m->after.link_count);
}

/* Of one job that has the fabric for itself; of all of them the longest. */
static struct bound measurement_bound(const struct measurement *m, uint64_t bytes)
{
    const struct bench_options *options = m->config.options;
    unsigned ranks = m->ranks / options->jobs;
    struct bound longest = {0};
    for (unsigned job = 0; job < options->jobs; job++) {
        struct bound bound = bound_of(&(struct bound_case){.fabric = m->config.fabric,
                                                           .rank_hosts = m->rank_hosts + job * ranks,
                                                           .ranks = ranks,
                                                           .collective = options->collective,
                                                           .algorithm = options->algorithm,
                                                           .bytes = (double)bytes});
        longest.crosses_spines |= bound.crosses_spines;
        longest.time_s = bound.time_s > longest.time_s ? bound.time_s : longest.time_s;
    }
    return longest;
}

static void measurement_set_bound(struct measurement *m, struct bench_result *result)
{
    result->bound = measurement_bound(m, result->shape.bytes);
    if (result->bound.time_s > 0)
        result->bound_ratio = (double)result->completion.p50_ns / 1e9 / result->bound.time_s;
}

static int measurement_report(struct measurement *m, uint64_t bytes)
{
    const struct bench_options *options = m->config.options;
    struct bench_result result = {
        .options = options, .ranks = m->ranks / options->jobs, .fabric = m->config.fabric};
    result.shape =
        collective_shape_of(options->collective, bytes, result.ranks, element_bytes(options->type));
    result_set_times(&result, m->times);
    measurement_set_bound(m, &result);
    measurement_set_links(m, &result);
    measurement_set_fault(m, &result);
    const struct pattern_mismatch *mismatch = launcher_mismatch(m->launcher);
    result.verified = mismatch == NULL;
    if (mismatch != NULL)
        result.mismatch = *mismatch;
    m->config.on_result(m->config.user, &result);
    result_print_mismatch(&result);
    return result.verified ? 0 : -1;
}

static int measurement_iterate(struct measurement *m, uint64_t bytes, unsigned first, unsigned count)
{
    const struct rank_run run = {.bytes = bytes, .first_iteration = first, .count = count};
    bool watch = first > 0 || m->config.options->warmup == 0; /* the measured ones, not the warm-up */
    struct launcher_tick tick = {measurement_tick, m, MEASUREMENT_TICK_MS};
    if (m->fault_pending || m->fault_active)
        tick.interval_ms = MEASUREMENT_WATCH_MS;
    int status = launcher_run(m->launcher, &run, watch ? &tick : NULL);
    measurement_clear_progress(m);
    return status < 0 || m->failed ? -1 : 0;
}

static int measurement_of_size(struct measurement *m, uint64_t bytes)
{
    const struct bench_options *options = m->config.options;
    if (options->warmup > 0 && measurement_iterate(m, bytes, 0, options->warmup) < 0)
        return -1;
    if (lab_client_counters(m->config.lab, m->config.fabric, &m->before) < 0 ||
        measurement_iterate(m, bytes, options->warmup, options->iterations) < 0 ||
        lab_client_counters(m->config.lab, m->config.fabric, &m->after) < 0)
        return -1;
    int status = measurement_report(m, bytes);
    stall_watch_clear(&m->watch);
    return status;
}

static int measurement_start(struct measurement *m)
{
    const struct bench_options *options = m->config.options;
    m->ranks = options->ranks ? options->ranks : m->config.fabric->host_count;
    if (m->ranks % options->jobs != 0)
        return complain("--jobs %u: %u ranks cannot be shared equally; set --ranks", options->jobs, m->ranks);
    m->rank_hosts = calloc(m->ranks, sizeof *m->rank_hosts);
    m->times = calloc(m->ranks, sizeof *m->times);
    if (m->rank_hosts == NULL || m->times == NULL)
        return complain("out of memory");
    placement_make(&options->placement, m->config.fabric, m->ranks, m->rank_hosts);
    m->fault_pending = options->fault.link != NULL;
    const struct launcher_config launcher = {options, m->config.fabric, m->rank_hosts, m->ranks};
    if (launcher_start(&launcher, &m->launcher) < 0)
        return -1;
    for (unsigned rank = 0; rank < m->ranks; rank++)
        m->times[rank] = launcher_times(m->launcher, rank);
    return 0;
}

static void measurement_end(struct measurement *m)
{
    if (m->launcher != NULL)
        launcher_stop(m->launcher);
    if (m->fault_active)
        lab_client_clear(m->config.lab, m->config.options->fault.link);
    stall_watch_clear(&m->watch);
    free(m->times);
    free(m->rank_hosts);
    free(m);
}

int measurement_run(const struct measurement_config *config)
{
    struct measurement *m = calloc(1, sizeof *m);
    if (m == NULL)
        return complain("out of memory");
    m->config = *config;
    int status = measurement_start(m);
    for (uint64_t bytes = config->options->bytes_min; status == 0 && bytes <= config->options->bytes_max;
         bytes *= config->options->factor) {
        status = measurement_of_size(m, bytes);
        if (bytes == 0)
            break;
    }
    measurement_end(m);
    return status;
}
