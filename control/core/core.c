/* SPDX-License-Identifier: BSD-3-Clause */
#include "control/core/core.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "control/core/core_state.h"

/* ---- what was kept ---- */

static void load_link(void *context, const struct store_link *kept)
{
    struct core *core = context;
    uint32_t link = topology_link_by_name(core->map->topology, kept->name);
    if (link == TOPOLOGY_NONE)
        return; /* the topology is another one by now */
    struct link_wish wish = {
        .drained = kept->drained, .capacity_ratio = kept->capacity_ratio, .since_ns = kept->at_ns};
    snprintf(wish.by, sizeof(wish.by), "%s", kept->by);
    snprintf(wish.reason, sizeof(wish.reason), "%s", kept->reason);
    core_set_wish(core, link, &wish);
}

static void load_priority(void *context, const struct store_priority *kept)
{
    struct core *core = context;
    if (kept->priority < CORE_PRIORITIES)
        jobs_note_priority(&core->jobs, kept->identity, kept->priority);
}

static void load_path(void *context, const struct store_path *kept)
{
    struct core *core = context;
    path_table_load(&core->paths, kept);
}

static void load_epoch(void *context, uint64_t epoch)
{
    struct core *core = context;
    core->stored_epoch = epoch;
}

static void load_event(void *context, const struct store_event *kept)
{
    struct core *core = context;
    journal_load(&core->journal, kept);
}

static int load(struct core *core, struct core_error *error)
{
    const struct store_visitor visit = {.context = core,
                                        .link = load_link,
                                        .priority = load_priority,
                                        .path = load_path,
                                        .epoch = load_epoch,
                                        .event = load_event};
    char text[STORE_ERROR_BYTES];
    int result = core->config.store->operations->load(core->config.store, CORE_EVENTS_KEPT, &visit, text);
    return result == 0 ? 0 : core_fail(error, result, "store_failed", "%s", text);
}

/* ---- beginning and end ---- */

static int allocate(struct core *core)
{
    const struct fabric_map *m = core->map;
    core->agents = calloc(m->port_count + 1, sizeof(*core->agents));
    core->health = calloc(m->uplink_count + 1, sizeof(*core->health));
    core->wishes = calloc(m->link_count + 1, sizeof(*core->wishes));
    core->wished_bytes_per_s = calloc(m->link_count + 1, sizeof(*core->wished_bytes_per_s));
    core->reporters = calloc(m->port_count + 1, sizeof(*core->reporters));
    core->blocks = calloc(m->port_count + 1, sizeof(*core->blocks));
    if (core->agents == NULL || core->health == NULL || core->wishes == NULL ||
        core->wished_bytes_per_s == NULL || core->reporters == NULL || core->blocks == NULL)
        return -ENOMEM;
    for (uint32_t i = 0; i < m->link_count; i++)
        core_set_wish(core, i, &(struct link_wish){.capacity_ratio = 1});
    int result = journal_create(&core->journal, core->config.store);
    if (result == 0)
        result = jobs_create(&core->jobs);
    if (result == 0)
        result = path_table_create(&core->paths, m);
    return result == 0 ? link_evidence_create(&core->evidence, m) : result;
}

/* Rates that the planner cannot take are found now and not when a plan is due. */
static int check_fabric(const struct core *core, struct core_error *error)
{
    char text[PLANNER_ERROR_BYTES];
    struct planner_fabric *fabric;
    int result = core_make_fabric(core, &fabric, text);
    if (result != 0)
        return core_fail(error, result, "out_of_range", "this topology cannot be planned for: %s", text);
    planner_fabric_destroy(fabric);
    return 0;
}

/* Agents of a control that was there before have the time to report, so that no plan is made without them. */
static void start(struct core *core, uint64_t now_ns)
{
    bool again = core->stored_epoch > 0;
    if (again)
        core->quiet_until_ns = now_ns + 2 * core->config.report_every_ns;
    journal_add(&core->journal, now_ns, &(struct happening){.kind = "control_started"},
                again ? "control has started again; the next plan is epoch %llu"
                      : "control has started: epoch %llu",
                (unsigned long long)core->stored_epoch + 1);
    core_want_plan(core, now_ns, PLAN_JOBS, "control has started");
    diagnosis_start(core, now_ns);
}

int core_create(const struct core_config *config, uint64_t now_ns, struct core **created,
                struct core_error *error)
{
    struct core *core = calloc(1, sizeof(*core));
    if (core == NULL)
        return core_fail_memory(error);
    core->config = *config;
    core->lease_check_ns = core->judge_ns = core->want.due_ns = UINT64_MAX;
    int result = fabric_map_create(config->topology, config->leaf_prefix_bits, &core->map, error);
    if (result == 0 && allocate(core) != 0)
        result = core_fail_memory(error);
    if (result == 0)
        result = check_fabric(core, error);
    if (result == 0 && diagnosis_create(core) != 0)
        result = core_fail_memory(error);
    if (result == 0)
        result = load(core, error);
    if (result != 0) {
        core_destroy(core);
        return result;
    }
    start(core, now_ns);
    *created = core;
    return 0;
}

void core_destroy(struct core *core)
{
    if (core == NULL)
        return;
    for (uint32_t port = 0; core->map != NULL && port < core->map->port_count; port++) {
        if (core->agents != NULL)
            agent_free(core->agents[port]);
        if (core->blocks != NULL)
            free(core->blocks[port]);
    }
    diagnosis_destroy(core->diagnosis);
    plan_result_destroy(core->plan);
    plan_history_clear(&core->history);
    journal_destroy(&core->journal);
    jobs_destroy(&core->jobs);
    link_evidence_destroy(&core->evidence);
    if (core->map != NULL)
        path_table_destroy(&core->paths);
    free(core->agents);
    free(core->blocks);
    free(core->health);
    free(core->wishes);
    free(core->wished_bytes_per_s);
    free(core->reporters);
    fabric_map_destroy(core->map);
    free(core);
}

/* ---- time ---- */

static void end_leases(struct core *core, uint64_t now_ns)
{
    core->lease_check_ns = UINT64_MAX;
    for (uint32_t port = 0; port < core->map->port_count; port++) {
        const struct agent *a = core->agents[port];
        if (a == NULL || !a->present)
            continue;
        uint64_t end_ns = a->seen_ns + core->config.lease_ns;
        if (end_ns <= now_ns)
            core_agent_leave(core, port, now_ns);
        else if (end_ns < core->lease_check_ns)
            core->lease_check_ns = end_ns;
    }
}

static void write_store(struct core *core, uint64_t now_ns)
{
    char error[STORE_ERROR_BYTES];
    if (path_table_write(&core->paths, core->config.store, error) != 0)
        journal_store_failed(&core->journal, now_ns, error);
    journal_flush(&core->journal, now_ns);
    if (core->paths.unwritten_count > 0)
        journal_want_flush(&core->journal, now_ns);
}

void core_tick(struct core *core, uint64_t now_ns)
{
    if (now_ns >= core->lease_check_ns)
        end_leases(core, now_ns);
    core_judge_links(core, now_ns);
    diagnosis_tick(core, now_ns);
    if (now_ns >= core->journal.flush_ns)
        write_store(core, now_ns);
}

static uint64_t earlier(uint64_t a, uint64_t b)
{
    return a < b ? a : b;
}

uint64_t core_next_wakeup(const struct core *core)
{
    uint64_t next_ns = earlier(earlier(core->lease_check_ns, core->judge_ns), core->journal.flush_ns);
    next_ns = earlier(next_ns, diagnosis_wakeup(core));
    return core->planning ? next_ns : earlier(next_ns, core->want.due_ns);
}

uint64_t core_epoch(const struct core *core)
{
    return core->plan != NULL ? core->plan->record->info.epoch : 0;
}

unsigned core_events(const struct core *core, uint64_t sequence, const struct store_event **events,
                     unsigned max)
{
    return journal_after(&core->journal, sequence, events, max);
}
