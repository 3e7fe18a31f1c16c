/* SPDX-License-Identifier: BSD-3-Clause */
#include "tools/sim/experiment.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>

#include "tools/sim/bound.h"
#include "tools/sim/memory.h"

#define OPEN_NS NSEC_PER_USEC

enum {
    HUGE_PAGES_HOSTS_MAX = 512 /* 2 MB each; in larger fabrics memory is what is short */
};

/* ---- sizes ---- */

/* The most flows of a step: what a rank has in progress is a few of these. */
static uint32_t flows_of_step(const struct workload *w)
{
    struct workload_turn *turn = memory_take(1, sizeof(*turn));
    struct schedule_step *step = memory_take(1, sizeof(*step));
    uint32_t most = 1;
    workload_begin(turn, w, (struct workload_place){0});
    for (unsigned i = 0; i < turn->lanes && turn->steps > 0; i++) {
        workload_step(turn, i, turn->steps / 2, step);
        most = step->send_count > most ? step->send_count : most;
        most = step->receive_count > most ? step->receive_count : most;
    }
    free(step);
    free(turn);
    return most;
}

void experiment_size_transport(struct experiment *e)
{
    struct transport_config *t = &e->config.transport;
    const struct topology_shape *s = &e->config.topology.shape;
    uint32_t hosts = s->pods * s->leaves * s->hosts, paths = s->spines * (s->cores ? s->cores : 1);
    uint32_t flows = 0;
    for (unsigned i = 0; i < e->job_count; i++)
        flows += flows_of_step(&e->jobs[i].workload) * SCHEDULE_LANES_MAX;
    t->peers_max = (uint16_t)hosts;
    t->paths_max = (uint16_t)paths;
    t->messages_max = flows * SCHEDULE_WINDOW_MAX + 64;
    t->pieces_max = 2 * flows * paths + 1024;
    t->communicators_max = (uint32_t)e->job_count + 1;
    t->huge_page = hosts <= HUGE_PAGES_HOSTS_MAX;
}

/* ---- running ---- */

struct sampler {
    const struct experiment *experiment;
    uint64_t *bytes; /* of each link at the sample before */
};

static void sample_call(struct simulation *s, void *context, uint64_t argument)
{
    (void)argument;
    struct sampler *sampler = context;
    char name[TOPOLOGY_NAME_BYTES];
    for (uint32_t i = s->topology.first_leaf_to_host; i < s->topology.link_count; i++) {
        const struct link *link = &s->topology.links[i];
        uint64_t backlog = link_backlog_bytes(link, simulation_now(s));
        uint64_t fresh = link->counters.bytes - sampler->bytes[i];
        sampler->bytes[i] = link->counters.bytes;
        if (backlog == 0 && fresh == 0)
            continue;
        topology_link_name(&s->topology, i, name);
        fprintf(sampler->experiment->samples, "%llu,%s,%llu,%llu\n",
                (unsigned long long)(simulation_now(s) - EXPERIMENT_START_NS), name,
                (unsigned long long)backlog, (unsigned long long)fresh);
    }
    if (s->jobs_unfinished > 0)
        simulation_call_at(s, simulation_now(s) + sampler->experiment->sample_every_ns, sample_call, sampler,
                           0);
}

static void add_job(struct simulation *s, const struct experiment_job *j, uint64_t number)
{
    for (uint32_t i = 0; i < j->workload.ranks; i++)
        assert(j->hosts[i] < s->topology.host_count);
    job_add(s, &(struct job_config){.name = j->name,
                                    .identity = 1 + number,
                                    .rank_hosts = j->hosts,
                                    .rank_count = j->workload.ranks,
                                    .path_mode = j->path_mode,
                                    .hash_seed = j->hash_seed,
                                    .iterations = j->iterations,
                                    .open_at = OPEN_NS + j->start_ns,
                                    .start_at = EXPERIMENT_START_NS + j->start_ns,
                                    .gap_ns = j->gap_ns,
                                    .deadline_at = NSEC_NEVER,
                                    .may_fail = true,
                                    .partners_only = true,
                                    .workload = &j->workload});
}

static void forget_counts_call(struct simulation *s, void *context, uint64_t argument)
{
    (void)context;
    (void)argument;
    memset(s->histogram, 0, sizeof(s->histogram));
    for (uint32_t i = 0; i < s->topology.link_count; i++)
        s->topology.links[i].counters = (struct link_counters){0};
}

/* ---- measuring ---- */

static int compare_times(const void *a, const void *b)
{
    nsec_t x = *(const nsec_t *)a, y = *(const nsec_t *)b;
    return x < y ? -1 : x > y;
}

static double quantile(const nsec_t *sorted, size_t count, double share)
{
    return count == 0 ? 0 : (double)sorted[(size_t)((double)(count - 1) * share)];
}

static void measure_iterations(const struct job *job, struct experiment_job_result *r)
{
    unsigned count = job->config.iterations, from = count / 2;
    nsec_t begin = job->config.start_at;
    double sum = 0, computing_ns = (double)workload_compute_ns(job->config.workload);
    r->iterations_ns = memory_take(count, sizeof(*r->iterations_ns));
    for (unsigned i = 0; i < count && r->complete; i++) {
        r->iterations_ns[i] = (double)job->iteration_ends[i] - (double)begin - computing_ns;
        sum += i >= from ? r->iterations_ns[i] : 0;
        begin = job->iteration_ends[i] + job->config.gap_ns;
    }
    r->iteration_ns = sum / (count - from);
}

static void measure_job(const struct experiment *e, const struct simulation *s, unsigned number,
                        struct experiment_job_result *r)
{
    struct job *job = s->jobs[number];
    const struct transport_config *t = &e->config.transport;
    struct bound_case c = {.topology = &s->topology,
                           .workload = job->config.workload,
                           .rank_hosts = job->rank_hosts,
                           .iterations = job->config.iterations,
                           .payload_bytes = t->payload_bytes_max,
                           .overhead_bytes = t->wire_overhead_bytes + (uint32_t)sizeof(struct packet_data),
                           .base_rtt_ns = e->config.base_rtt_ns};
    r->complete = job->ranks_left == 0 && !job->failed;
    r->completion_ns = (double)(job->last_received_at - job->config.start_at) -
                       (double)job->config.gap_ns * (job->config.iterations - 1) -
                       (double)workload_compute_ns(job->config.workload) * job->config.iterations;
    r->bound_ns = bound_ns(&c);
    r->bound_ratio = r->completion_ns / r->bound_ns;
    qsort(job->flow_times, job->flow_count, sizeof(*job->flow_times), compare_times);
    r->flow_p50_ns = quantile(job->flow_times, job->flow_count, 0.5);
    r->flow_p99_ns = quantile(job->flow_times, job->flow_count, 0.99);
    r->flow_max_ns = quantile(job->flow_times, job->flow_count, 1);
    measure_iterations(job, r);
}

static void measure_links(const struct simulation *s, struct experiment_result *r)
{
    const struct topology *t = &s->topology;
    double most = 0, sum = 0;
    unsigned up = 0;
    for (uint32_t i = t->first_leaf_to_host; i < t->link_count; i++) {
        const struct link *link = &t->links[i];
        uint64_t peak = link_backlog_peak_bytes(link);
        r->queue_peak_bytes = peak > r->queue_peak_bytes ? peak : r->queue_peak_bytes;
        r->marked += link->counters.marked;
        r->trimmed += link->counters.trimmed;
        r->dropped += link->counters.dropped;
        r->lost += link->counters.lost;
        if (i < t->first_leaf_to_spine || i >= t->first_spine_to_leaf || link->fault.down)
            continue;
        most = (double)link->counters.bytes > most ? (double)link->counters.bytes : most;
        sum += (double)link->counters.bytes;
        up++;
    }
    r->imbalance = sum > 0 ? most / (sum / up) : 1;
    r->queue_p99_ns = (double)link_histogram_quantile_ns(s->histogram, 0.99);
}

static uint64_t count_channels(const struct simulation *s)
{
    uint64_t count = 0;
    struct channel_info info;
    bool exists;
    for (uint32_t h = 0; h < s->topology.host_count; h++) {
        const struct transport *t = s->hosts[h].transport;
        for (unsigned i = 0; t != NULL && transport_get_channel(t, i, &info, &exists); i++)
            count += exists && info.sent_packets > 0;
    }
    return count;
}

static double from_start_ns(nsec_t at)
{
    return at == 0 ? 0 : (double)at - (double)EXPERIMENT_START_NS;
}

static void measure_simulator(const struct simulation *s, double cpu_s, struct experiment_result *r)
{
    struct rusage usage;
    getrusage(RUSAGE_SELF, &usage);
    r->first_path_death_ns = from_start_ns(s->first_path_death_at);
    r->last_path_death_ns = from_start_ns(s->last_path_death_at);
    r->hops = s->hops;
    r->events = s->events;
    r->cpu_s = cpu_s;
    r->hops_per_s = cpu_s > 0 ? (double)r->hops / cpu_s : 0;
    r->events_per_s = cpu_s > 0 ? (double)r->events / cpu_s : 0;
    r->peak_memory_bytes = (uint64_t)usage.ru_maxrss * 1024;
}

static double cpu_s(void)
{
    struct timespec now;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

void experiment_run(const struct experiment *e, struct experiment_result *r)
{
    struct simulation *s = simulation_create(&e->config);
    struct sampler sampler = {.experiment = e,
                              .bytes = memory_take(s->topology.link_count, sizeof(uint64_t))};
    *r = (struct experiment_result){.jobs = memory_take(e->job_count, sizeof(*r->jobs))};
    for (unsigned i = 0; i < e->job_count; i++)
        add_job(s, &e->jobs[i], i);
    for (unsigned i = 0; i < e->fault_count; i++)
        sim_fault_schedule(s, &e->faults[i]);
    simulation_call_at(s, EXPERIMENT_START_NS - 1, forget_counts_call, NULL, 0);
    if (e->samples != NULL) {
        fputs("time_ns,link,queue_bytes,bytes\n", e->samples);
        simulation_call_at(s, EXPERIMENT_START_NS, sample_call, &sampler, 0);
    }
    double begin = cpu_s();
    simulation_run(s, EXPERIMENT_START_NS + e->limit_ns);
    measure_simulator(s, cpu_s() - begin, r);
    for (unsigned i = 0; i < e->job_count; i++)
        measure_job(e, s, i, &r->jobs[i]);
    measure_links(s, r);
    simulation_counters(s, &r->counters);
    r->channels = count_channels(s);
    r->complaints = s->complaints;
    r->job_count = e->job_count;
    simulation_destroy(s);
    free(sampler.bytes);
}

void experiment_result_clear(struct experiment_result *result)
{
    for (unsigned i = 0; i < result->job_count; i++)
        free(result->jobs[i].iterations_ns);
    free(result->jobs);
    result->jobs = NULL;
}
