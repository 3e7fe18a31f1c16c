/* SPDX-License-Identifier: BSD-3-Clause */
/* One measured run: jobs on a fabric, with or without faults, and what came of it. */
#ifndef SIM_EXPERIMENT_H
#define SIM_EXPERIMENT_H

#include "tools/sim/job.h"
#include "tools/sim/sim_fault.h"

/* Jobs and faults count their times from here: before, sessions are opened. */
#define EXPERIMENT_START_NS (10 * NSEC_PER_MSEC)

struct experiment_job {
    const char *name;
    struct workload workload;
    enum path_mode path_mode;
    uint32_t *hosts; /* of the ranks */
    unsigned iterations;
    nsec_t start_ns, gap_ns;
    uint32_t hash_seed;
};

struct experiment {
    struct simulation_config config;
    struct experiment_job *jobs;
    unsigned job_count;
    struct sim_fault *faults; /* times from the start of the simulation, EXPERIMENT_START_NS included */
    unsigned fault_count;
    nsec_t limit_ns;        /* from the start: what is not complete then is reported so */
    nsec_t sample_every_ns; /* 0: no samples */
    FILE *samples;          /* CSV: time, link, queue, bytes since the sample before */
};

struct experiment_job_result {
    bool complete;
    double completion_ns; /* from the start to the last byte received, gaps and computing taken off */
    double bound_ns;      /* bound.h */
    double bound_ratio;   /* completion over bound */
    double flow_p50_ns, flow_p99_ns, flow_max_ns;
    double iteration_ns;   /* mean of the second half of the iterations, gaps and computing taken off */
    double *iterations_ns; /* of each iteration, the same; as many as the job has */
};

struct experiment_result {
    struct experiment_job_result *jobs; /* as many as the experiment has */
    unsigned job_count;
    double imbalance; /* most loaded leaf-spine link upwards over the mean of those that are up */
    double queue_p99_ns;
    uint64_t queue_peak_bytes, marked, trimmed, dropped, lost;
    uint64_t channels; /* that have sent something */
    struct transport_counters counters;
    double first_path_death_ns, last_path_death_ns; /* from the start; 0: none */
    uint64_t hops, events;                          /* hops: packets that came to the end of a link */
    double hops_per_s, events_per_s;                /* of this process's time on a processor */
    double cpu_s;                                   /* of the run, without setting up and reporting */
    uint64_t peak_memory_bytes;                     /* of this process, whatever it did before included */
    struct complaints complaints;
};

/* Fills in the sizes of the transport's tables from the jobs: peers, paths, messages, pieces, communicators.
 */
void experiment_size_transport(struct experiment *e);
void experiment_run(const struct experiment *e, struct experiment_result *result);
void experiment_result_clear(struct experiment_result *result);

#endif
