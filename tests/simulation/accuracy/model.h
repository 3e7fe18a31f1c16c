/* SPDX-License-Identifier: BSD-3-Clause */
/* A fabric as the localiser sees it, without packets: training steps whose messages take as long as their
 * bytes, noise, transient congestion and the faults of their paths make them. Quick enough for a million
 * steps; what it leaves out (queues, the transport's reactions) is what the runs of weft-sim are for. */
#ifndef WEFT_ACCURACY_MODEL_H
#define WEFT_ACCURACY_MODEL_H

#include "control/localiser/flow.h"
#include "control/localiser/localiser.h"
#include "tests/simulation/accuracy/chance.h"

enum {
    MODEL_JOBS_MAX = 4,
    MODEL_FAULTS_MAX = 2,
    MODEL_PORTS_MAX = 1024,
    MODEL_SPINES_MAX = 16,
    MODEL_LEAVES_MAX = 64
};

enum model_pattern {
    MODEL_RING,
    MODEL_ALL_TO_ALL,
    MODEL_EXCHANGE /* halving-doubling */
};

struct model_job {
    enum model_pattern pattern;
    uint32_t ranks;
    uint32_t ports[MODEL_PORTS_MAX];
    uint64_t bytes; /* of a message */
};

/* What a fault does to a flow that crosses it, or to a host. */
struct model_fault {
    struct component component;
    double slow;  /* times are multiplied by it */
    double loss;  /* share of packets */
    double marks; /* share of packets, and round trips are half as long again */
    bool black_hole;
    double late, ready, drain; /* of a host (TX, RX): share of an operation's time */
    double duty;               /* share of the steps in which it shows */
    bool lie; /* the host of `component` says that what it sends over this spine is slow by `slow` */
    uint32_t lie_spine;
    bool silent_host; /* its ranks enter no operation any more */
};

struct model_config {
    uint32_t leaves, spines, hosts; /* of a leaf */
    struct model_job jobs[MODEL_JOBS_MAX];
    unsigned job_count;
    struct model_fault faults[MODEL_FAULTS_MAX];
    unsigned fault_count;
    uint32_t onset_step;
    double noise;           /* of log time */
    double transient;       /* per step and link: congestion of one step */
    double transient_marks; /* share of transients that routers mark */
    double lost_records;    /* share that never comes */
    uint64_t seed;
};

struct model {
    struct model_config config;
    struct localiser *localiser;
    struct flow_map map;
    struct random_stream random;
    uint32_t port_leaf[MODEL_PORTS_MAX];
    struct localiser_port ports[MODEL_PORTS_MAX];
    float congested[2 * MODEL_LEAVES_MAX * MODEL_SPINES_MAX]; /* [link]: factor in this step; 0: none */
    bool congestion_marked[2 * MODEL_LEAVES_MAX * MODEL_SPINES_MAX];
    bool showing[MODEL_FAULTS_MAX]; /* in this step */
    uint32_t step;
    uint64_t records;
};

/* -EINVAL or -ENOMEM. */
int model_create(struct model *m, const struct model_config *config, const struct localiser_config *judge);
void model_destroy(struct model *m);
/* One training step, a second of time: all its records, and the answers to probes asked for before. */
void model_step(struct model *m);

#endif
