/* SPDX-License-Identifier: BSD-3-Clause */
#include "tools/sim/planning.h"

#include <stdio.h>
#include <stdlib.h>

#include "control/planner/plan_block.h"
#include "tools/sim/job.h"
#include "tools/sim/memory.h"
#include "tools/sim/path_reports.h"

enum {
    STEPS_MAX = 65536 /* of plans: beyond, flows are split locally */
};

/* What happens at one time: a step of every job. */
struct step {
    struct planner_demand *demands;
    struct plan_block_flow *flows; /* [demand] */
    size_t count, demand_capacity, flow_capacity;
    size_t exchanges, crossing; /* of halving and doubling, by the job that is being added; between leaves */
    struct planner_plan *plan;
};

struct steps {
    struct step *steps;
    size_t count, capacity;
    struct planner_fabric *fabric;
};

static void give_up(const char *error)
{
    fprintf(stderr, "weft-sim: planned: %s\n", error);
    exit(1);
}

/* ---- the fabric as control sees it ---- */

static uint64_t *rates_of(const struct simulation *s, uint32_t first, bool down)
{
    const struct topology *t = &s->topology;
    uint32_t leaves = t->leaf_count, spines = t->shape.spines;
    uint64_t *rates = memory_take((size_t)leaves * spines, sizeof(*rates));
    for (uint32_t leaf = 0; leaf < leaves; leaf++) {
        for (uint32_t spine = 0; spine < spines; spine++) {
            uint32_t i = leaf * spines + spine;
            const struct link *link = &t->links[first + (down ? spine * leaves + leaf : i)];
            rates[i] = link->fault.down || s->planning.accused[i] ? 0 : link->config.rate_bytes_per_s;
        }
    }
    return rates;
}

static struct planner_fabric *see_fabric(const struct simulation *s)
{
    const struct topology *t = &s->topology;
    struct planner_port *ports = memory_take(t->host_count, sizeof(*ports));
    uint64_t *up = rates_of(s, t->first_leaf_to_spine, false),
             *down = rates_of(s, t->first_spine_to_leaf, true);
    for (uint32_t i = 0; i < t->host_count; i++)
        ports[i] = (struct planner_port){topology_leaf_of(t, i), t->links[i].config.rate_bytes_per_s};
    const struct planner_fabric_config config = {.leaf_count = t->leaf_count,
                                                 .spine_count = t->shape.spines,
                                                 .port_count = t->host_count,
                                                 .ports = ports,
                                                 .up_bytes_per_s = up,
                                                 .down_bytes_per_s = down};
    struct planner_fabric *fabric;
    char error[PLANNER_ERROR_BYTES];
    if (planner_fabric_create(&config, &fabric, error) != 0)
        give_up(error);
    free(ports);
    free(up);
    free(down);
    return fabric;
}

/* ---- the demand, step by step ---- */

static struct step *step_at(struct steps *all, size_t number)
{
    while (all->count <= number) {
        all->steps = memory_grow(all->steps, all->count, &all->capacity, sizeof(*all->steps));
        all->steps[all->count++] = (struct step){0};
    }
    return &all->steps[number];
}

static void add_flow(struct step *step, const struct job *job, const struct workload_turn *turn,
                     const struct schedule_send *send)
{
    step->demands = memory_grow(step->demands, step->count, &step->demand_capacity, sizeof(*step->demands));
    step->flows = memory_grow(step->flows, step->count, &step->flow_capacity, sizeof(*step->flows));
    step->demands[step->count] = (struct planner_demand){.source_port = job->rank_hosts[turn->at.rank],
                                                         .destination_port = job->rank_hosts[send->peer],
                                                         .bytes = send->bytes};
    step->flows[step->count++] =
        (struct plan_block_flow){job->config.identity, turn->at.rank, send->peer, turn->shape};
}

static void count_exchange(struct step *step, const struct job *job, const struct workload_turn *turn,
                           const struct schedule_send *send)
{
    const struct topology *t = &job->simulation->topology;
    if (turn->shape != STEP_SHAPE_HALVING_DOUBLING)
        return;
    step->exchanges++;
    step->crossing += topology_leaf_of(t, job->rank_hosts[turn->at.rank]) !=
                      topology_leaf_of(t, job->rank_hosts[send->peer]);
}

/* As control does it (control/core/plan_tables.c): where some flows of a step stay inside leaves, the job's
 * exchanges are left to its hosts. */
static void leave_to_hosts(struct steps *all, const struct job *job)
{
    bool keeps_step = true;
    for (size_t i = 0; i < all->count; i++)
        keeps_step &= all->steps[i].crossing == 0 || all->steps[i].crossing == all->steps[i].exchanges;
    for (size_t i = 0; i < all->count; i++) {
        struct step *step = &all->steps[i];
        size_t kept = 0;
        for (size_t k = 0; k < step->count; k++) {
            bool left = !keeps_step && step->flows[k].identity == job->config.identity &&
                        step->flows[k].shape == STEP_SHAPE_HALVING_DOUBLING;
            if (left)
                continue;
            step->demands[kept] = step->demands[k];
            step->flows[kept++] = step->flows[k];
        }
        step->count = kept;
        step->exchanges = step->crossing = 0;
    }
}

/* Adds what the rank does in this step and has not been planned for; a bit of `known` for each shape and
 * pair. */
static void add_step_of_rank(struct steps *all, size_t number, const struct job *job,
                             struct workload_turn *turn, unsigned step, uint8_t *known)
{
    struct schedule_step *what = &job->simulation->step;
    for (unsigned lane = 0; lane < turn->lanes; lane++) {
        workload_step(turn, lane, step, what);
        for (unsigned i = 0; i < what->send_count; i++) {
            uint8_t *bits = &known[(size_t)turn->at.rank * job->config.rank_count + what->sends[i].peer];
            if ((*bits >> turn->shape & 1) == 0) {
                add_flow(step_at(all, number), job, turn, &what->sends[i]);
                count_exchange(step_at(all, number), job, turn, &what->sends[i]);
            }
            *bits |= 1u << turn->shape;
        }
    }
}

/* Adds a phase of the job, from the given step of the plan on; returns the step after it. */
static size_t add_phase(struct steps *all, size_t number, const struct job *job, struct workload_place place,
                        uint8_t *known)
{
    struct workload_turn turn;
    workload_begin(&turn, job->config.workload, place);
    unsigned steps = turn.steps;
    for (unsigned step = 0; step < steps && number < STEPS_MAX; step++) {
        for (place.rank = 0; place.rank < job->config.rank_count; place.rank++) {
            workload_begin(&turn, job->config.workload, place);
            if (step < turn.steps)
                add_step_of_rank(all, number, job, &turn, step, known);
        }
        number += number < all->count && all->steps[number].count > 0;
    }
    return number;
}

/* What its first iteration does. Patterns that are drawn anew for every iteration are nothing that control
 * could know: of later ones it plans what happens to be the same. */
static void add_job(struct steps *all, const struct job *job)
{
    uint32_t ranks = job->config.rank_count;
    uint8_t *known = memory_take((size_t)ranks * ranks, 1);
    size_t number = 0;
    for (unsigned phase = 0; phase < workload_phases(job->config.workload); phase++)
        number = add_phase(all, number, job, (struct workload_place){.phase = phase}, known);
    leave_to_hosts(all, job);
    free(known);
}

static bool is_planned(const struct simulation *s, const struct job *job)
{
    return job->config.path_mode == PATH_MODE_PLANNED && job->config.open_at <= simulation_now(s) &&
           job->ranks_left > 0;
}

/* ---- the plans ---- */

static void plan_step(const struct simulation *s, const struct planner_fabric *fabric, struct step *step)
{
    struct planner_options options;
    char error[PLANNER_ERROR_BYTES];
    const struct planner_demands demands = {.demands = step->demands, .count = (uint32_t)step->count};
    planner_options_default(&options, s->config.transport.payload_bytes_max);
    if (planner_plan_create(fabric, &demands, &options, &step->plan, error) != 0)
        give_up(error);
}

static struct plan_blocks *arrange_blocks(struct simulation *s, const struct steps *all,
                                          const uint32_t *addresses, const struct plan_block_step *steps)
{
    static const uint32_t
        spines[PLAN_SPINES_MAX]; /* paths are spines here: nobody looks for them by address */
    const struct plan_blocks_config config = {.epoch = ++s->planning.epoch,
                                              .leaf_prefix_bits = 32, /* hosts' addresses are not by leaf */
                                              .fabric = all->fabric,
                                              .port_addresses = addresses,
                                              .spine_addresses = spines,
                                              .steps = steps,
                                              .step_count = (unsigned)all->count};
    struct plan_blocks *blocks;
    char error[PLANNER_ERROR_BYTES];
    if (plan_blocks_create(&config, &blocks, error) != 0)
        give_up(error);
    return blocks;
}

/* The host's plan, through the gate that a dataplane has. */
static struct planned_host read_block(const struct plan_blocks *blocks, const struct host *host)
{
    struct planned_host p = {.plan = memory_take(1, sizeof(*p.plan))};
    char error[PLANNER_ERROR_BYTES];
    if (plan_blocks_write(blocks, host->number, &p.block, error) != 0 ||
        plan_check(p.block, p.block->bytes, host->address, &p.plan->view, error) != 0)
        give_up(error);
    for (uint32_t i = 0; i < PLAN_SPINES_MAX; i++)
        p.plan->path_of_spine[i] = (uint8_t)i;
    return p;
}

static void publish(struct simulation *s, const struct plan_blocks *blocks)
{
    for (uint32_t i = 0; i < s->topology.host_count; i++) {
        struct planned_host *p = &s->planning.hosts[i], old = *p;
        *p = read_block(blocks, &s->hosts[i]);
        planning_follow(s, &s->hosts[i]);
        free(old.plan);
        free(old.block);
    }
    simulation_tell(s, "control: plan of epoch %llu", (unsigned long long)s->planning.epoch);
}

static void plan_all(struct simulation *s, struct steps *all)
{
    struct plan_block_step *steps = memory_take(all->count, sizeof(*steps));
    uint32_t *addresses = memory_take(s->topology.host_count, sizeof(*addresses));
    for (size_t i = 0; i < all->count; i++) {
        plan_step(s, all->fabric, &all->steps[i]);
        steps[i] = (struct plan_block_step){all->steps[i].plan, all->steps[i].flows};
    }
    for (uint32_t i = 0; i < s->topology.host_count; i++)
        addresses[i] = s->hosts[i].address;
    struct plan_blocks *blocks = arrange_blocks(s, all, addresses, steps);
    publish(s, blocks);
    plan_blocks_destroy(blocks);
    free(steps);
    free(addresses);
}

static void give_steps(struct steps *all)
{
    for (size_t i = 0; i < all->count; i++) {
        planner_plan_destroy(all->steps[i].plan);
        free(all->steps[i].demands);
        free(all->steps[i].flows);
    }
    free(all->steps);
}

static void begin(struct simulation *s)
{
    const struct topology *t = &s->topology;
    s->planning.hosts = memory_take(t->host_count, sizeof(*s->planning.hosts));
    s->planning.reports = path_reports_create(t);
    s->planning.accused = memory_take((size_t)t->leaf_count * t->shape.spines, sizeof(*s->planning.accused));
}

/* ---- what the simulation calls ---- */

void planning_make(struct simulation *s)
{
    struct steps all = {0};
    if (s->topology.shape.pods > 1)
        return;
    for (size_t i = 0; i < s->job_count; i++) {
        if (is_planned(s, s->jobs[i]))
            add_job(&all, s->jobs[i]);
    }
    if (all.count > 0) {
        if (s->planning.hosts == NULL)
            begin(s);
        all.fabric = see_fabric(s);
        plan_all(s, &all);
        planner_fabric_destroy(all.fabric);
    }
    give_steps(&all);
}

void planning_follow(struct simulation *s, struct host *host)
{
    if (s->planning.hosts != NULL && host->transport != NULL)
        transport_use_plan(host->transport, s->planning.hosts[host->number].plan);
}

static void judge_call(struct simulation *s, void *context, uint64_t argument)
{
    (void)context;
    (void)argument;
    s->planning.reported = false;
    if (path_reports_judge(s->planning.reports, s->planning.accused))
        planning_make(s);
}

static void report_soon(struct simulation *s)
{
    if (!s->planning.reported)
        simulation_call_at(s, simulation_now(s) + s->config.control_delay_ns, judge_call, NULL, 0);
    s->planning.reported = true;
}

void planning_on_report(struct simulation *s, const struct path_report *report)
{
    if (s->planning.reports == NULL)
        return;
    path_reports_note(s->planning.reports, report);
    report_soon(s);
}

void planning_on_host_killed(struct simulation *s, const struct host *host)
{
    if (s->planning.reports == NULL)
        return;
    path_reports_forget_host(s->planning.reports, host->number);
    report_soon(s);
}

void planning_destroy(struct simulation *s)
{
    for (uint32_t i = 0; s->planning.hosts != NULL && i < s->topology.host_count; i++) {
        free(s->planning.hosts[i].plan);
        free(s->planning.hosts[i].block);
    }
    path_reports_destroy(s->planning.reports);
    free(s->planning.accused);
    free(s->planning.hosts);
}
