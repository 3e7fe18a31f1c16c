/* SPDX-License-Identifier: BSD-3-Clause */
#include "tools/sim/metric.h"

#define JOB(member)   offsetof(struct experiment_job_result, member)
#define RUN(member)   offsetof(struct experiment_result, member)
#define COUNT(member) "", 1, 0, RUN(member), true

static const struct metric of_job[] = {
    {"completion_ns", "time", "us", 1e3, 1, JOB(completion_ns), false},
    {"bound_ns", "bound", "us", 1e3, 1, JOB(bound_ns), false},
    {"bound_ratio", "time/bound", "", 1, 3, JOB(bound_ratio), false},
    {"iteration_ns", "iteration", "us", 1e3, 1, JOB(iteration_ns), false},
    {"flow_p50_ns", "flow p50", "us", 1e3, 1, JOB(flow_p50_ns), false},
    {"flow_p99_ns", "flow p99", "us", 1e3, 1, JOB(flow_p99_ns), false},
    {"flow_max_ns", "flow max", "us", 1e3, 1, JOB(flow_max_ns), false},
};

static const struct metric of_run[] = {
    {"imbalance", "most loaded uplink / mean", "", 1, 3, RUN(imbalance), false},
    {"queue_p99_ns", "queue, p99 of packets", "us", 1e3, 1, RUN(queue_p99_ns), false},
    {"queue_peak_bytes", "queue, peak", "KB", 1e3, 1, RUN(queue_peak_bytes), true},
    {"marked_packets", "marked packets", COUNT(marked)},
    {"trimmed_packets", "trimmed packets", COUNT(trimmed)},
    {"dropped_packets", "dropped for want of room", COUNT(dropped)},
    {"lost_packets", "lost by faults", COUNT(lost)},
    {"data_packets", "data packets", COUNT(counters.data_packets_sent)},
    {"retransmits", "retransmits", COUNT(counters.retransmits)},
    {"timeouts", "timeouts", COUNT(counters.timeouts)},
    {"tail_probes", "tail probes", COUNT(counters.tail_probes)},
    {"pieces", "pieces", COUNT(counters.pieces_sent)},
    {"channels", "channels", COUNT(channels)},
    {"paths_died", "paths found dead", COUNT(counters.paths_died)},
    {"paths_revived", "paths found alive again", COUNT(counters.paths_revived)},
    {"first_path_death_ns", "first of them, from the start", "us", 1e3, 1, RUN(first_path_death_ns), false},
    {"last_path_death_ns", "last of them, from the start", "us", 1e3, 1, RUN(last_path_death_ns), false},
    {"packet_hops", "packet hops", COUNT(hops)},
    {"packet_hops_per_s", "packet hops a second", "million", 1e6, 2, RUN(hops_per_s), false},
    {"events", "events", COUNT(events)},
    {"events_per_s", "events a second", "million", 1e6, 2, RUN(events_per_s), false},
    {"cpu_s", "processor time", "s", 1, 2, RUN(cpu_s), false},
    {"peak_memory_bytes", "peak memory", "MB", 1e6, 1, RUN(peak_memory_bytes), true},
};

const struct metric *metric_of_job(unsigned index)
{
    return index < sizeof(of_job) / sizeof(*of_job) ? &of_job[index] : NULL;
}

const struct metric *metric_of_run(unsigned index)
{
    return index < sizeof(of_run) / sizeof(*of_run) ? &of_run[index] : NULL;
}

double metric_value(const struct metric *m, const void *result)
{
    const char *place = (const char *)result + m->offset;
    return m->is_count ? (double)*(const uint64_t *)(const void *)place
                       : *(const double *)(const void *)place;
}
