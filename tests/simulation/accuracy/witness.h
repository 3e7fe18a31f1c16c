/* SPDX-License-Identifier: BSD-3-Clause */
/* What monitors would tell of simulated hosts: timing records from the events of the real transport, and
 * probes as messages of its own. */
#ifndef WEFT_ACCURACY_WITNESS_H
#define WEFT_ACCURACY_WITNESS_H

#include "control/localiser/localiser.h"
#include "tools/sim/job.h"

enum {
    WITNESS_JOBS_MAX = 4,
    WITNESS_RANKS_MAX = 64,
    WITNESS_PROBES_MAX = 512
};

struct witness_rank {
    unsigned iteration;
    nsec_t started_at, last_at;
    bool seen;
};
struct witness_probe {
    struct probe_request request;
    struct workload workload;
    uint32_t hosts[2];
    uint32_t answered;
};

struct witness {
    struct simulation *simulation;
    struct localiser *localiser;
    unsigned job_count; /* those of identity 1 to this one are told of */
    struct witness_rank ranks[WITNESS_JOBS_MAX][WITNESS_RANKS_MAX];
    struct witness_probe probes[WITNESS_PROBES_MAX];
    unsigned probe_count;
    unsigned iteration; /* of the first job: the newest that a rank is in */
    uint64_t records;
};

/* Watches from now on. The witness stays as long as the simulation. */
void witness_begin(struct witness *w, struct simulation *s, struct localiser *l, unsigned job_count);
/* Which seed makes the hash of this pair of hosts choose the path. */
uint32_t witness_seed_for(const struct witness *w, uint32_t from, uint32_t to, uint32_t path);
/* Sends the probes that the localiser asks for. */
void witness_serve_probes(struct witness *w);

#endif
