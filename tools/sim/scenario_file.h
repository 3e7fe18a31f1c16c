/* SPDX-License-Identifier: BSD-3-Clause */
/* A scenario as it stands in the file: texts, and 0 or NULL where nothing is said. */
#ifndef SIM_SCENARIO_FILE_H
#define SIM_SCENARIO_FILE_H

#include <stdint.h>

#include "tools/sim/scenario.h"

struct scenario_fabric {
    uint32_t pods, leaves, spines, cores, hosts;
    char *rate, *fabric_rate, *delay, *queue, *mark_from, *mark_full, *turnaround, *routing;
    bool trimming;
};

struct scenario_transport {
    uint32_t payload, window_packets, messages;
    char *congestion_control, *credit_order, *credit_budget, *burst, *rto_min, *rto_max, *ack_delay,
        *peer_timeout;
};

struct scenario_job {
    char *name, *workload, *bytes, *algorithm, *path_mode, *placement, *start, *gap, *compute;
    uint32_t ranks, first_host, stride, factor, layers, iterations;
    uint32_t *hosts; /* NULL: from first_host on */
    unsigned hosts_count;
};

struct scenario_fault {
    char *kind, *link, *host, *direction, *at, *until, *value, *by, *converges_after;
};

struct scenario_samples {
    char *every, *file;
};

struct scenario_file {
    uint64_t seed;
    bool check_content;
    char *limit, *control_delay;
    struct scenario_fabric fabric;
    struct scenario_transport transport;
    struct scenario_job *jobs;
    unsigned jobs_count;
    struct scenario_fault *faults;
    unsigned faults_count;
    struct scenario_samples samples;
};

struct scenario_file *scenario_file_load(const char *file, char error[YAML_ERROR_BYTES]);
void scenario_file_free(struct scenario_file *f);

#endif
