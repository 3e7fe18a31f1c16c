/* SPDX-License-Identifier: BSD-3-Clause */
/* A small fabric in weft-sim under jobs, with a localiser that is told what monitors would tell: set up, let
 * run, and cleared away. What goes wrong in it is transport_case.h's business. */
#ifndef WEFT_ACCURACY_TRANSPORT_RUN_H
#define WEFT_ACCURACY_TRANSPORT_RUN_H

#include "tests/simulation/accuracy/witness.h"

enum {
    RUN_LEAVES_MAX = 4,
    RUN_PORTS_MAX = 40,
    RUN_JOBS_MAX = 2,
    RUN_FOREIGN_MAX = 4
};

struct transport_shape {
    uint32_t leaves, spines, hosts; /* of a leaf, in the jobs */
    uint32_t others; /* of a leaf, that others use: the localiser hears nothing of what they do */
    uint64_t fabric_rate_bytes_per_s; /* of a link between leaf and spine */
};

struct transport_run {
    struct transport_shape shape;
    struct simulation *simulation;
    struct localiser *localiser;
    struct witness witness;
    struct workload workloads[RUN_JOBS_MAX], foreign[RUN_FOREIGN_MAX];
    uint32_t hosts[RUN_JOBS_MAX][RUN_PORTS_MAX], foreign_hosts[RUN_FOREIGN_MAX][RUN_PORTS_MAX];
    unsigned foreign_count;
    /* Called every TRANSPORT_TICK_NS, after the localiser; false: the run is over. */
    bool (*on_tick)(struct transport_run *run);
};

#define TRANSPORT_TICK_NS     (20 * NSEC_PER_USEC)
#define HOST_RATE_BYTES_PER_S 12500000000ull /* 100 Gb/s */

void transport_run_create(struct transport_run *r, const struct transport_shape *shape, uint64_t seed);
void transport_run_destroy(struct transport_run *r);

/* An all-to-all of so many bytes a pair, again and again with 0.2 ms of computing in between; ranks are on
 * hosts in an order drawn from the seed. With two jobs each has every second host. */
struct transport_job {
    unsigned number, count; /* this one, of so many */
    uint64_t bytes, seed;
    unsigned steps;
};
void transport_run_add_job(struct transport_run *r, const struct transport_job *job);
/* What others send: from now on until the run ends. */
struct transport_foreign {
    struct workload workload;
    const uint32_t *hosts; /* as many as the workload has ranks */
    uint32_t hash_seed;
    nsec_t gap_ns;
    unsigned iterations;
};
void transport_run_add_foreign(struct transport_run *r, const struct transport_foreign *foreign);
/* The job's `i`-th host, or the `i`-th that others use, of a leaf. */
uint32_t transport_run_host(const struct transport_run *r, uint32_t leaf, uint32_t i);
uint32_t transport_run_other(const struct transport_run *r, uint32_t leaf, uint32_t i);

/* Until on_tick() says so. */
void transport_run_go(struct transport_run *r);

#endif
