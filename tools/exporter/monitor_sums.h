/* SPDX-License-Identifier: BSD-3-Clause */
/* Adds up the monitor's rows of stages and operations by what they are labelled with. */
#ifndef WEFT_TOOLS_EXPORTER_MONITOR_SUMS_H
#define WEFT_TOOLS_EXPORTER_MONITOR_SUMS_H

#include <jansson.h>

#include "tools/exporter/metric.h"
#include "tools/exporter/path_totals.h"

enum {
    MONITOR_PORTS_MAX = 8,
    MONITOR_OPERATIONS_MAX = 32,
    MONITOR_OPERATION_BYTES = 40,
    MONITOR_ADDRESS_BYTES = 16
};

enum monitor_stage {
    STAGE_READY,
    STAGE_CREDIT,
    STAGE_NETWORK,
    STAGE_DRAIN,
    STAGES
};
const char *monitor_stage_name(enum monitor_stage stage);

struct monitor_stage_sum {
    double seconds, count;
};

/* Of one host port. */
struct monitor_port {
    char address[MONITOR_ADDRESS_BYTES];
    struct monitor_stage_sum stages[STAGES];
    struct metric_histogram network[PATH_TOTALS_SPINES_MAX]; /* by spine */
    double lag_ops; /* the most that a rank here is behind another one of its communicator */
    unsigned hangs;
};
/* Over all ports. */
struct monitor_operation {
    char name[MONITOR_OPERATION_BYTES];
    struct metric_histogram durations;
    double failed;
};

struct monitor_sums {
    double bounds_s[HISTOGRAM_BOUNDS_MAX];
    unsigned bound_count;
    struct monitor_port ports[MONITOR_PORTS_MAX];
    unsigned port_count;
    struct monitor_operation operations[MONITOR_OPERATIONS_MAX]; /* the last takes what does not fit */
    unsigned operation_count;
};

/* NULL: no memory. Rows that make no sense are left out. */
struct monitor_sums *monitor_sums_create(const json_t *monitor);
void monitor_sums_destroy(struct monitor_sums *sums);

#endif
