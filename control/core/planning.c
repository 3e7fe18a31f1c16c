/* SPDX-License-Identifier: BSD-3-Clause */
/* When a plan is made, and what becomes of it. */
#include "control/core/planning.h"

#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "control/core/core_state.h"

/* After a plan that could not be made or kept: twice as long each time. */
#define PLAN_RETRY_MIN_NS 1000000000ull
#define PLAN_RETRY_MAX_NS 60000000000ull

void core_want_plan(struct core *core, uint64_t now_ns, enum plan_change change, const char *format, ...)
{
    struct plan_want *w = &core->want;
    if (w->causes++ == 0) {
        va_list arguments;
        va_start(arguments, format);
        vsnprintf(w->cause, sizeof(w->cause), format, arguments);
        va_end(arguments);
    }
    w->changes |= change;
    bool waits = change != PLAN_LINKS; /* links have waited when they were judged */
    uint64_t due_ns = now_ns + (waits ? core->config.plan_delay_ns : 0);
    if (due_ns < w->due_ns)
        w->due_ns = due_ns;
    if (w->due_ns < core->quiet_until_ns)
        w->due_ns = core->quiet_until_ns;
}

/* ---- begin ---- */

static void planning_free(struct core_planning *p)
{
    for (unsigned i = 0; p->jobs != NULL && i < p->job_count; i++)
        geometry_release(p->jobs[i].geometry);
    free(p->jobs);
    planner_fabric_destroy(p->fabric);
    if (p->result != NULL)
        plan_record_destroy(p->result->record);
    plan_result_destroy(p->result);
    free(p);
}

static int take_jobs(struct core_planning *p, const struct jobs *jobs)
{
    p->jobs = calloc(jobs->count + 1, sizeof(*p->jobs));
    if (p->jobs == NULL)
        return -ENOMEM;
    for (unsigned i = 0; i < jobs->count; i++) {
        const struct job *job = jobs->jobs[i];
        if (!job->planned || job->unplannable)
            continue;
        struct planning_job *taken = &p->jobs[p->job_count++];
        taken->identity = job->identity;
        taken->priority = job->priority;
        taken->geometry = geometry_keep(job->geometry);
        memcpy(taken->flow_bytes, job->flow_bytes, sizeof(taken->flow_bytes));
    }
    return 0;
}

static int take_all(struct core *core, struct core_planning *p)
{
    const struct plan_want *w = &core->want;
    p->map = core->map;
    p->previous = core->plan;
    p->refine = w->changes == PLAN_REFINE;
    p->revise = core->plan != NULL && !(w->changes & PLAN_JOBS) && !p->refine;
    if (w->causes > 1)
        snprintf(p->cause, sizeof(p->cause), "%.120s, and %u changes more", w->cause, w->causes - 1);
    else
        snprintf(p->cause, sizeof(p->cause), "%s", w->cause);
    int result = take_jobs(p, &core->jobs);
    return result != 0 ? result : core_make_fabric(core, &p->fabric, p->error);
}

/* Said once, until a plan succeeds. */
static void try_later(struct core *core, uint64_t now_ns, const char *why)
{
    uint64_t *retry_ns = &core->plan_retry_ns;
    if (*retry_ns == 0)
        journal_add(&core->journal, now_ns, &(struct happening){.level = STORE_ERROR, .kind = "plan_failed"},
                    "the plan in force is kept: %s", why);
    *retry_ns = *retry_ns == 0 ? PLAN_RETRY_MIN_NS : *retry_ns * 2;
    if (*retry_ns > PLAN_RETRY_MAX_NS)
        *retry_ns = PLAN_RETRY_MAX_NS;
    core_want_plan(core, now_ns, PLAN_JOBS, "the plan before it could not be made");
    core->want.due_ns = now_ns + *retry_ns;
}

struct core_planning *core_plan_begin(struct core *core, uint64_t now_ns)
{
    core_judge_links(core, now_ns);
    if (core->planning || now_ns < core->want.due_ns)
        return NULL;
    struct core_planning *p = calloc(1, sizeof(*p));
    if (p == NULL || take_all(core, p) != 0) {
        try_later(core, now_ns, p != NULL && p->error[0] != '\0' ? p->error : "out of memory");
        if (p != NULL)
            planning_free(p);
        return NULL;
    }
    core->planning = true;
    core->want = (struct plan_want){.due_ns = UINT64_MAX};
    return p;
}

/* ---- compute ---- */

void plan_result_destroy(struct plan_result *r)
{
    if (r == NULL)
        return;
    for (unsigned i = 0; r->layers != NULL && i < r->layer_count; i++) {
        planner_plan_destroy(r->layers[i].plan);
        free(r->layers[i].flows);
    }
    planner_fabric_destroy(r->fabric);
    free(r->layers);
    free(r->entries);
    free(r->jobs);
    free(r->link_flows);
    free(r->link_share);
    free(r);
}

void core_plan_compute(struct core_planning *p)
{
    struct plan_result *r = calloc(1, sizeof(*r));
    int result = r != NULL ? planning_make_tables(p, r) : -ENOMEM;
    if (result == 0)
        result = planning_make_layers(p, r);
    if (result == 0)
        result = planning_make_record(p, r);
    p->unwanted = result == 0 && p->refine && !planning_is_worth_it(p, r);
    if (result == 0) {
        r->record->info.hash = planning_hash(p, r);
        r->fabric = p->fabric;
        p->fabric = NULL;
        p->result = r;
        return;
    }
    if (p->error[0] == '\0')
        snprintf(p->error, sizeof(p->error), "out of memory");
    if (r != NULL)
        plan_record_destroy(r->record);
    plan_result_destroy(r);
}

/* ---- publish ---- */

static void forget_blocks(struct core *core)
{
    for (uint32_t port = 0; port < core->map->port_count; port++) {
        free(core->blocks[port]);
        core->blocks[port] = NULL;
    }
}

/* Hosts would see no difference: what is known of the plan is renewed, its epoch stays. */
static void take_equal(struct core *core, struct core_planning *p)
{
    struct plan_record *kept = core->plan->record;
    for (unsigned i = 0; i < kept->table_count; i++)
        kept->tables[i].flow_bytes = p->result->record->tables[i].flow_bytes;
    kept->info.ratio = p->result->record->info.ratio;
    plan_record_destroy(p->result->record);
    p->result->record = kept;
    plan_result_destroy(core->plan);
    core->plan = p->result;
    p->result = NULL;
}

static void tell_published(struct core *core, uint64_t now_ns)
{
    const struct core_plan_info *info = &core->plan->record->info;
    char *evidence = NULL;
    if (asprintf(&evidence,
                 "{\"epoch\": %" PRIu64 ", \"hash\": \"0x%" PRIx64 "\", \"flows\": %" PRIu64
                 ", \"moved_flows\": %" PRIu64 ", \"ratio\": %.4f}",
                 info->epoch, info->hash, info->flows, info->moved_flows, info->ratio) < 0)
        evidence = NULL;
    journal_add(&core->journal, now_ns, &(struct happening){.kind = "plan_published", .evidence = evidence},
                "epoch %" PRIu64 ": %.160s", info->epoch, info->reason);
}

static void put_in_force(struct core *core, struct core_planning *p, uint64_t duration_ns, uint64_t now_ns)
{
    struct plan_record *record = p->result->record;
    record->info.epoch = core->stored_epoch;
    record->info.at_ns = now_ns;
    record->info.duration_ns = duration_ns;
    snprintf(record->info.reason, sizeof(record->info.reason), "%s", p->cause);
    record->info.change = p->refine ? CORE_PLAN_REFINED : p->revise ? CORE_PLAN_LINKS : CORE_PLAN_JOBS;
    plan_record_adopt(record);
    forget_blocks(core);
    plan_result_destroy(core->plan);
    core->plan = p->result;
    p->result = NULL;
    plan_history_add(&core->history, record);
    tell_published(core, now_ns);
}

static bool publish(struct core *core, struct core_planning *p, uint64_t duration_ns, uint64_t now_ns)
{
    char error[STORE_ERROR_BYTES];
    if (p->unwanted)
        return false;
    if (p->result == NULL) {
        try_later(core, now_ns, p->error);
        return false;
    }
    if (p->result->refine)
        core_want_plan(core, now_ns, PLAN_REFINE, "a better plan for %s", p->cause);
    if (core->plan != NULL && core->plan->record->info.hash == p->result->record->info.hash) {
        take_equal(core, p);
        core->plan_retry_ns = 0;
        return false;
    }
    if (core->config.store->operations->put_epoch(core->config.store, core->stored_epoch + 1, error) != 0) {
        journal_store_failed(&core->journal, now_ns, error);
        try_later(core, now_ns, error);
        return false;
    }
    core->stored_epoch++;
    core->plan_retry_ns = 0;
    put_in_force(core, p, duration_ns, now_ns);
    return true;
}

bool core_plan_publish(struct core *core, struct core_planning *p, uint64_t duration_ns, uint64_t now_ns)
{
    core->planning = false;
    bool published = publish(core, p, duration_ns, now_ns);
    planning_free(p);
    return published;
}
