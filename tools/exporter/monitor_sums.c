/* SPDX-License-Identifier: BSD-3-Clause */
#include "tools/exporter/monitor_sums.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tools/exporter/answer.h"

#define COUNT_MAX 9007199254740992.0 /* 2^53: whole numbers are exact up to here, and may be added */

static const char *const stage_names[STAGES] = {
    [STAGE_READY] = "ready", [STAGE_CREDIT] = "credit", [STAGE_NETWORK] = "network", [STAGE_DRAIN] = "drain"};

const char *monitor_stage_name(enum monitor_stage stage)
{
    return stage_names[stage];
}

static void read_bounds(struct monitor_sums *sums, const json_t *monitor)
{
    size_t i;
    json_t *bound;
    json_array_foreach(json_object_get(monitor, "bounds_s"), i, bound)
    {
        double value = json_number_value(bound);
        bool ascends = sums->bound_count == 0 || value > sums->bounds_s[sums->bound_count - 1];
        if (sums->bound_count < HISTOGRAM_BOUNDS_MAX && ascends)
            sums->bounds_s[sums->bound_count++] = value;
    }
}

static struct metric_histogram empty_histogram(const struct monitor_sums *sums)
{
    return (struct metric_histogram){.bounds = sums->bounds_s, .bound_count = sums->bound_count};
}

/* Of the row's `address`; NULL when there are too many. */
static struct monitor_port *find_port(struct monitor_sums *sums, const json_t *row)
{
    const char *address = answer_text(row, "address");
    unsigned i = 0;
    if (address[0] == '\0' || strlen(address) >= MONITOR_ADDRESS_BYTES)
        return NULL;
    for (; i < sums->port_count; i++)
        if (strcmp(sums->ports[i].address, address) == 0)
            return &sums->ports[i];
    if (i == MONITOR_PORTS_MAX)
        return NULL;
    struct monitor_port *port = &sums->ports[sums->port_count++];
    snprintf(port->address, sizeof(port->address), "%s", address);
    for (unsigned spine = 0; spine < PATH_TOTALS_SPINES_MAX; spine++)
        port->network[spine] = empty_histogram(sums);
    return port;
}

/* A count or a sum; NAN and what is below zero are none. */
static double positive(double value)
{
    return value > 0 ? fmin(value, COUNT_MAX) : 0;
}

/* A row's cumulative buckets, where `total` counts what is above the last bound too. */
static void add_histogram(struct metric_histogram *h, const json_t *row, const char *total)
{
    const json_t *buckets = json_object_get(row, "buckets");
    double before = 0;
    for (unsigned i = 0; i < h->bound_count; i++) {
        double below = fmax(before, positive(json_number_value(json_array_get(buckets, i))));
        h->counts[i] += (uint64_t)(below - before);
        before = below;
    }
    double count = positive(answer_number(row, total));
    h->counts[h->bound_count] += (uint64_t)positive(count - before);
    h->sum += positive(answer_number(row, "sum_s"));
}

static void add_stage(struct monitor_sums *sums, const json_t *row)
{
    const char *name = answer_text(row, "stage");
    const json_t *path = json_object_get(row, "path");
    struct monitor_port *port = find_port(sums, row);
    unsigned stage = 0;
    while (stage < STAGES && strcmp(stage_names[stage], name) != 0)
        stage++;
    if (port == NULL || stage == STAGES)
        return;
    port->stages[stage].seconds += positive(answer_number(row, "sum_s"));
    port->stages[stage].count += positive(answer_number(row, "count"));
    json_int_t spine = json_integer_value(path);
    if (stage == STAGE_NETWORK && json_is_integer(path) && spine >= 0 && spine < PATH_TOTALS_SPINES_MAX)
        add_histogram(&port->network[spine], row, "count");
}

static struct monitor_operation *find_operation(struct monitor_sums *sums, const char *name)
{
    unsigned i = 0;
    while (i < sums->operation_count && strcmp(sums->operations[i].name, name) != 0)
        i++;
    if (i < sums->operation_count)
        return &sums->operations[i];
    if (i == MONITOR_OPERATIONS_MAX - 1)
        name = "other";
    if (i == MONITOR_OPERATIONS_MAX)
        return &sums->operations[MONITOR_OPERATIONS_MAX - 1];
    snprintf(sums->operations[i].name, MONITOR_OPERATION_BYTES, "%s", name);
    sums->operations[i].durations = empty_histogram(sums);
    sums->operation_count++;
    return &sums->operations[i];
}

static void add_operation(struct monitor_sums *sums, const json_t *row)
{
    char name[MONITOR_OPERATION_BYTES];
    snprintf(name, sizeof(name), "%s", answer_text(row, "operation"));
    if (name[0] == '\0')
        return;
    struct monitor_operation *operation = find_operation(sums, name);
    operation->failed += positive(answer_number(row, "failed"));
    add_histogram(&operation->durations, row, "ended");
}

/* {communicator: the most operations that one of its ranks here has entered}; NULL: no memory. */
static json_t *find_first(const json_t *ranks)
{
    json_t *first = json_object(), *row;
    size_t i;
    json_array_foreach(ranks, i, row)
    {
        const char *communicator = answer_text(row, "communicator");
        double entered = positive(answer_number(row, "entered"));
        if (entered > json_number_value(json_object_get(first, communicator)))
            json_object_set_new(first, communicator, json_real(entered));
    }
    return first;
}

static void add_lags(struct monitor_sums *sums, const json_t *ranks)
{
    json_t *first = find_first(ranks), *row;
    size_t i;
    json_array_foreach(ranks, i, row)
    {
        struct monitor_port *port = find_port(sums, row);
        double most = json_number_value(json_object_get(first, answer_text(row, "communicator")));
        if (port != NULL)
            port->lag_ops = fmax(port->lag_ops, most - positive(answer_number(row, "entered")));
    }
    json_decref(first);
}

/* A hang is that of every port here that has ranks in its communicator, once. */
static void add_hang(struct monitor_sums *sums, const json_t *ranks, const json_t *hang)
{
    bool counted[MONITOR_PORTS_MAX] = {false};
    const char *communicator = answer_text(hang, "communicator");
    size_t i;
    json_t *row;
    json_array_foreach(ranks, i, row)
    {
        struct monitor_port *port =
            strcmp(answer_text(row, "communicator"), communicator) == 0 ? find_port(sums, row) : NULL;
        if (port == NULL || counted[port - sums->ports])
            continue;
        counted[port - sums->ports] = true;
        port->hangs++;
    }
}

struct monitor_sums *monitor_sums_create(const json_t *monitor)
{
    struct monitor_sums *sums = calloc(1, sizeof(*sums));
    const json_t *ranks = json_object_get(monitor, "ranks");
    size_t i;
    json_t *row;
    if (sums == NULL)
        return NULL;
    read_bounds(sums, monitor);
    json_array_foreach(json_object_get(monitor, "ports"), i, row) find_port(sums, row);
    json_array_foreach(json_object_get(monitor, "stages"), i, row) add_stage(sums, row);
    json_array_foreach(json_object_get(monitor, "operations"), i, row) add_operation(sums, row);
    add_lags(sums, ranks);
    json_array_foreach(json_object_get(monitor, "hangs"), i, row) add_hang(sums, ranks, row);
    return sums;
}

void monitor_sums_destroy(struct monitor_sums *sums)
{
    free(sums);
}
