/* SPDX-License-Identifier: BSD-3-Clause */
/* From jobs to what is planned: tables of flows, steps, and in which layer each step is. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "control/core/planning.h"

static bool crosses(const struct core_planning *p, const struct geometry *g, uint32_t from, uint32_t to)
{
    return fabric_map_leaf(p->map, g->ports[from]) != fabric_map_leaf(p->map, g->ports[to]);
}

/* ---- which tables ---- */

/* Jobs by priority, the higher first; those alike by identity. */
static int compare_priorities(const void *a, const void *b)
{
    const struct planning_job *x = *(const struct planning_job *const *)a;
    const struct planning_job *y = *(const struct planning_job *const *)b;
    if (x->priority != y->priority)
        return x->priority > y->priority ? -1 : 1;
    return x->identity < y->identity ? -1 : x->identity > y->identity;
}

static bool wants(const struct planning_job *job, enum step_shape shape, struct step_pattern *pattern)
{
    return job->flow_bytes[shape] > 0 && step_pattern_make(shape, job->geometry->rank_count, pattern);
}

/* Shapes beyond the limit are forgotten, of the least important jobs first. */
static int keep_within_limit(struct core_planning *p)
{
    struct planning_job **order = calloc(p->job_count + 1, sizeof(*order));
    uint64_t flows = 0;
    if (order == NULL)
        return -ENOMEM;
    for (unsigned i = 0; i < p->job_count; i++)
        order[i] = &p->jobs[i];
    qsort(order, p->job_count, sizeof(*order), compare_priorities);
    for (unsigned i = 0; i < p->job_count; i++) {
        for (unsigned shape = 0; shape < STEP_SHAPES; shape++) {
            struct step_pattern pattern;
            if (!wants(order[i], (enum step_shape)shape, &pattern))
                order[i]->flow_bytes[shape] = 0;
            else if (flows + step_pattern_flow_count(&pattern) > CORE_PLAN_FLOWS_MAX)
                order[i]->flow_bytes[shape] = 0;
            else
                flows += step_pattern_flow_count(&pattern);
        }
    }
    free(order);
    return 0;
}

/* ---- steps ---- */

struct step_sums {
    uint64_t flows[PATTERN_STEPS_MAX]; /* between leaves */
    uint64_t all[PATTERN_STEPS_MAX];
};

static void count_crossing(const struct core_planning *p, struct plan_table *t, struct step_sums *sums)
{
    *sums = (struct step_sums){0};
    for (uint32_t rank = 0; rank < t->pattern.rank_count; rank++) {
        uint32_t count =
            step_pattern_first_flow(&t->pattern, rank + 1) - step_pattern_first_flow(&t->pattern, rank);
        for (uint32_t i = 0; i < count; i++) {
            uint32_t peer = step_pattern_peer(&t->pattern, rank, i);
            unsigned step = step_pattern_step(&t->pattern, rank, peer);
            bool far = crosses(p, t->geometry, rank, peer);
            sums->all[step]++;
            sums->flows[step] += far;
            t->crossing += far;
        }
    }
}

/* Steps of one job follow one another without a barrier. Where in one of them some flows stay inside leaves,
 * their ranks are in the next one before the others, and whole flows of two steps meet on a link that is each
 * step's own: flows that are cut over all links feel that less. (In weft-sim, 4 leaves of 8 hosts, random
 * ranks: whole flows take 1.78 x the bound, flows cut by their hosts 1.34; where all flows of a step cross,
 * or none, 1.05 and 1.06.) */
static bool keeps_step(const struct plan_table *t, const struct step_sums *sums)
{
    unsigned steps = step_pattern_steps(&t->pattern);
    for (unsigned step = 0; step < steps; step++) {
        if (steps > 1 && sums->flows[step] > 0 && sums->flows[step] < sums->all[step])
            return false;
    }
    return true;
}

static void add_entries(struct core_planning *p, struct plan_result *r, unsigned job,
                        struct plan_table *table, unsigned table_number)
{
    struct step_sums sums;
    count_crossing(p, table, &sums);
    table->local = !keeps_step(table, &sums);
    for (unsigned step = 0; step < step_pattern_steps(&table->pattern) && !table->local; step++) {
        uint64_t bytes = step_pattern_bytes(&table->pattern, step, job_size_class(table->flow_bytes));
        if (sums.flows[step] > 0)
            r->entries[r->entry_count++] = (struct plan_entry){.job = job,
                                                               .table = table_number,
                                                               .step = step,
                                                               .bytes = bytes,
                                                               .crossing_bytes = sums.flows[step] * bytes};
    }
}

/* Of one job, the heaviest first. */
static int compare_entries(const void *a, const void *b)
{
    const struct plan_entry *x = a, *y = b;
    if (x->crossing_bytes != y->crossing_bytes)
        return x->crossing_bytes > y->crossing_bytes ? -1 : 1;
    if (x->table != y->table)
        return x->table < y->table ? -1 : 1;
    return x->step < y->step ? -1 : x->step > y->step;
}

static void add_job(struct core_planning *p, struct plan_result *r, unsigned job, struct plan_table *tables,
                    unsigned *table_count, uint32_t *flow_count)
{
    struct planning_job *j = &p->jobs[job];
    unsigned first_entry = r->entry_count;
    for (unsigned shape = 0; shape < STEP_SHAPES; shape++) {
        struct plan_table *table = &tables[*table_count];
        *table = (struct plan_table){.identity = j->identity,
                                     .geometry = j->geometry,
                                     .flow_bytes = j->flow_bytes[shape],
                                     .first_flow = *flow_count};
        if (!wants(j, (enum step_shape)shape, &table->pattern))
            continue;
        add_entries(p, r, job, table, *table_count);
        *flow_count += step_pattern_flow_count(&table->pattern);
        ++*table_count;
    }
    unsigned count = r->entry_count - first_entry;
    qsort(&r->entries[first_entry], count, sizeof(*r->entries), compare_entries);
    for (unsigned i = 0; i < count; i++)
        r->entries[first_entry + i].layer = i;
    r->layer_count = count > r->layer_count ? count : r->layer_count;
}

/* ---- the same again ---- */

/* Takes over the table of a job's shape from the previous plan, with what has been sent since; false: it had
 * none like it. */
static bool copy_table(const struct core_planning *p, unsigned job, enum step_shape shape,
                       struct plan_table *tables, unsigned *table_count)
{
    const struct planning_job *j = &p->jobs[job];
    const struct plan_record *old = p->previous->record;
    struct plan_table *table = &tables[*table_count];
    struct step_pattern pattern;
    if (!wants(j, shape, &pattern))
        return true;
    if (*table_count == old->table_count)
        return false;
    *table = old->tables[(*table_count)++];
    if (table->identity != j->identity || table->pattern.shape != shape || table->geometry != j->geometry ||
        job_size_class(table->flow_bytes) != job_size_class(j->flow_bytes[shape]))
        return false;
    table->flow_bytes = j->flow_bytes[shape];
    return true;
}

static bool same_jobs(const struct core_planning *p, const struct plan_table *tables)
{
    for (unsigned i = 0; i < p->previous->entry_count; i++) {
        const struct plan_entry *e = &p->previous->entries[i];
        if (e->job >= p->job_count || p->jobs[e->job].identity != tables[e->table].identity)
            return false;
    }
    return true;
}

/* Copies the previous plan's tables and entries if it was for the very same steps. */
static bool copy_all(const struct core_planning *p, struct plan_result *r, struct plan_table *tables,
                     unsigned *table_count)
{
    if (!p->revise || p->previous == NULL)
        return false;
    for (unsigned job = 0; job < p->job_count; job++) {
        for (unsigned shape = 0; shape < STEP_SHAPES; shape++) {
            if (!copy_table(p, job, (enum step_shape)shape, tables, table_count))
                return false;
        }
    }
    if (*table_count != p->previous->record->table_count || !same_jobs(p, tables))
        return false;
    r->entry_count = p->previous->entry_count;
    r->layer_count = p->previous->layer_count;
    memcpy(r->entries, p->previous->entries, r->entry_count * sizeof(*r->entries));
    return true;
}

int planning_make_tables(struct core_planning *p, struct plan_result *r)
{
    struct plan_table *tables = calloc((size_t)p->job_count * STEP_SHAPES + 1, sizeof(*tables));
    unsigned table_count = 0;
    uint32_t flow_count = 0;
    r->entries = calloc((size_t)p->job_count * (PATTERN_STEPS_MAX + 2) + 1, sizeof(*r->entries));
    if (tables == NULL || r->entries == NULL || keep_within_limit(p) != 0) {
        free(tables);
        return -ENOMEM;
    }
    r->follows = copy_all(p, r, tables, &table_count);
    if (r->follows)
        flow_count = p->previous->record->flow_count;
    else
        table_count = 0;
    for (unsigned job = 0; job < p->job_count && !r->follows; job++)
        add_job(p, r, job, tables, &table_count, &flow_count);
    r->record = plan_record_create(tables, table_count, flow_count);
    if (r->record == NULL)
        free(tables);
    return r->record != NULL ? 0 : -ENOMEM;
}
