/* SPDX-License-Identifier: BSD-3-Clause */
#include "control/core/jobs.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- geometry ---- */

struct geometry *geometry_keep(struct geometry *g)
{
    g->users++;
    return g;
}

void geometry_release(struct geometry *g)
{
    if (g == NULL || --g->users > 0)
        return;
    free(g->addresses);
    free(g->ports);
    free(g->by_port);
    free(g);
}

static int compare_by_port(const void *a, const void *b, void *ports)
{
    uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
    uint32_t x_port = ((const uint32_t *)ports)[x], y_port = ((const uint32_t *)ports)[y];
    if (x_port != y_port)
        return x_port < y_port ? -1 : 1;
    return x < y ? -1 : x > y;
}

uint32_t geometry_ranks_at(const struct geometry *g, uint32_t port, uint32_t *first)
{
    uint32_t low = 0, high = g->rank_count;
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        if (g->ports[g->by_port[middle]] < port)
            low = middle + 1;
        else
            high = middle;
    }
    *first = low;
    while (high < g->rank_count && g->ports[g->by_port[high]] == port)
        high++;
    return high - low;
}

static struct geometry *geometry_make(const struct fabric_map *map, const struct core_communicator *c)
{
    struct geometry *g = calloc(1, sizeof(*g));
    if (g == NULL)
        return NULL;
    g->users = 1;
    g->rank_count = c->rank_count;
    g->addresses = calloc(c->rank_count, sizeof(*g->addresses));
    g->ports = calloc(c->rank_count, sizeof(*g->ports));
    g->by_port = calloc(c->rank_count, sizeof(*g->by_port));
    if (g->addresses == NULL || g->ports == NULL || g->by_port == NULL) {
        geometry_release(g);
        return NULL;
    }
    for (uint32_t i = 0; i < c->rank_count; i++) {
        g->addresses[i] = c->addresses[i];
        g->ports[i] = fabric_map_port(map, c->addresses[i]);
        g->by_port[i] = i;
    }
    qsort_r(g->by_port, g->rank_count, sizeof(*g->by_port), compare_by_port, g->ports);
    return g;
}

static bool geometry_is_known(const struct geometry *g)
{
    for (uint32_t i = 0; i < g->rank_count; i++) {
        if (g->ports[i] == TOPOLOGY_NONE)
            return false;
    }
    return true;
}

/* ---- one job ---- */

static void job_free(struct job *job)
{
    geometry_release(job->geometry);
    free(job->holders);
    free(job);
}

static struct job *job_make(const struct fabric_map *map, const struct core_communicator *c)
{
    struct job *job = calloc(1, sizeof(*job));
    if (job == NULL)
        return NULL;
    job->identity = c->identity;
    job->priority = CORE_PRIORITY_DEFAULT;
    snprintf(job->name, sizeof(job->name), "%s", c->name);
    job->geometry = geometry_make(map, c);
    job->holders = calloc(c->rank_count, sizeof(*job->holders));
    if (job->geometry == NULL || job->holders == NULL) {
        job_free(job);
        return NULL;
    }
    job->unplannable = !geometry_is_known(job->geometry);
    return job;
}

bool job_agrees(const struct job *job, const struct core_communicator *c)
{
    return job->geometry->rank_count == c->rank_count &&
           memcmp(job->geometry->addresses, c->addresses, c->rank_count * sizeof(*c->addresses)) == 0;
}

uint64_t job_size_class(uint64_t bytes)
{
    if (bytes >= JOB_SIZE_CLASS_MAX)
        return JOB_SIZE_CLASS_MAX;
    return bytes <= 1 ? bytes : 1ull << (64 - __builtin_clzll(bytes - 1));
}

bool job_take_demands(struct job *job, const struct core_communicator *c)
{
    bool changed = c->planned && !job->planned;
    job->planned |= c->planned;
    for (unsigned i = 0; i < c->demand_count; i++) {
        uint64_t *known = &job->flow_bytes[c->demands[i].shape], bytes = c->demands[i].flow_bytes;
        if (bytes <= *known)
            continue;
        changed |= job->planned && job_size_class(bytes) != job_size_class(*known);
        *known = bytes;
    }
    return changed;
}

/* ---- all of them ---- */

int jobs_create(struct jobs *jobs)
{
    *jobs = (struct jobs){.jobs = calloc(CORE_JOBS_MAX, sizeof(*jobs->jobs))};
    return jobs->jobs != NULL ? 0 : -ENOMEM;
}

void jobs_destroy(struct jobs *jobs)
{
    for (unsigned i = 0; i < jobs->count; i++)
        job_free(jobs->jobs[i]);
    free(jobs->jobs);
    free(jobs->priorities);
}

/* The first whose identity is not below. */
static unsigned jobs_position(const struct jobs *jobs, uint64_t identity)
{
    unsigned low = 0, high = jobs->count;
    while (low < high) {
        unsigned middle = low + (high - low) / 2;
        if (jobs->jobs[middle]->identity < identity)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

unsigned jobs_find(const struct jobs *jobs, uint64_t identity)
{
    unsigned at = jobs_position(jobs, identity);
    return at < jobs->count && jobs->jobs[at]->identity == identity ? at : UINT_MAX;
}

static unsigned priority_position(const struct jobs *jobs, uint64_t identity)
{
    unsigned low = 0, high = jobs->priority_count;
    while (low < high) {
        unsigned middle = low + (high - low) / 2;
        if (jobs->priorities[middle].identity < identity)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

struct job *jobs_open(struct jobs *jobs, const struct fabric_map *map, const struct core_communicator *c)
{
    unsigned at = jobs_position(jobs, c->identity);
    if (at < jobs->count && jobs->jobs[at]->identity == c->identity)
        return jobs->jobs[at];
    struct job *job = jobs->count < CORE_JOBS_MAX ? job_make(map, c) : NULL;
    if (job == NULL)
        return NULL;
    unsigned kept = priority_position(jobs, c->identity);
    if (kept < jobs->priority_count && jobs->priorities[kept].identity == c->identity)
        job->priority = jobs->priorities[kept].priority;
    memmove(&jobs->jobs[at + 1], &jobs->jobs[at], (jobs->count - at) * sizeof(*jobs->jobs));
    jobs->jobs[at] = job;
    jobs->count++;
    return job;
}

void jobs_close(struct jobs *jobs, struct job *job)
{
    unsigned at = jobs_position(jobs, job->identity);
    memmove(&jobs->jobs[at], &jobs->jobs[at + 1], (jobs->count - at - 1) * sizeof(*jobs->jobs));
    jobs->count--;
    job_free(job);
}

int jobs_note_priority(struct jobs *jobs, uint64_t identity, unsigned priority)
{
    unsigned at = priority_position(jobs, identity);
    if (at == jobs->priority_count || jobs->priorities[at].identity != identity) {
        if (jobs->priority_count == jobs->priority_capacity) {
            unsigned capacity = jobs->priority_capacity * 2 + 16;
            struct store_priority *more = reallocarray(jobs->priorities, capacity, sizeof(*more));
            if (more == NULL)
                return -ENOMEM;
            jobs->priorities = more;
            jobs->priority_capacity = capacity;
        }
        memmove(&jobs->priorities[at + 1], &jobs->priorities[at],
                (jobs->priority_count - at) * sizeof(*jobs->priorities));
        jobs->priority_count++;
    }
    jobs->priorities[at] = (struct store_priority){identity, priority};
    unsigned open = jobs_find(jobs, identity);
    if (open != UINT_MAX)
        jobs->jobs[open]->priority = priority;
    return 0;
}
