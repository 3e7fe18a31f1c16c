/* SPDX-License-Identifier: BSD-3-Clause */
/* The swarm: one seed chooses a fabric, jobs, faults, path mode, congestion control and the transport's
 * limits; many small simulations hunt for lost or doubled bytes, for work that never ends, and for what is
 * left over.
 *
 * The story of a case: jobs run while faults come and go; when all are over, a *reunion* of all hosts lets
 * those that were believed dead be heard again (where hosts were disturbed it may fail), and a *proof* of all
 * hosts must complete. Then nothing may be held by anybody.
 */
#ifndef SIM_SWARM_H
#define SIM_SWARM_H

#include "tools/sim/job.h"
#include "tools/sim/sim_fault.h"

enum {
    SWARM_HOSTS_MAX = 24,
    SWARM_RANKS_MAX = 2 * SWARM_HOSTS_MAX,
    SWARM_JOBS_MAX = 3, /* before the reunion */
    SWARM_FAULTS_MAX = 16
};

struct swarm_job {
    struct workload workload;
    struct job_config config;
    uint32_t hosts[SWARM_RANKS_MAX];
    char name[16];
};

struct swarm_case {
    uint64_t seed;
    struct simulation_config config;
    struct swarm_job jobs[SWARM_JOBS_MAX + 2]; /* the last two: reunion and proof */
    unsigned job_count;
    struct sim_fault faults[SWARM_FAULTS_MAX];
    unsigned fault_count;
    bool everybody_suspect; /* faults cut hosts off for long */
    nsec_t settled_at;      /* when all must be at rest */
};

/* Everything follows from the seed. Pointers in the case point into it. */
void swarm_draw(struct swarm_case *c, uint64_t seed);
void swarm_describe(const struct swarm_case *c, FILE *out);

struct swarm_outcome {
    struct complaints complaints;
    uint64_t events, hops;
    uint64_t digest; /* equal for equal runs */
    bool failed_jobs;
};
/* Runs the case; `story` is told what happens, or NULL. */
void swarm_run(const struct swarm_case *c, FILE *story, struct swarm_outcome *outcome);

#endif
