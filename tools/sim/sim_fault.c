/* SPDX-License-Identifier: BSD-3-Clause */
#include "tools/sim/sim_fault.h"

bool sim_fault_is_of_host(enum sim_fault_kind kind)
{
    return kind == SIM_FAULT_PAUSE || kind == SIM_FAULT_RESTART;
}

const char *sim_fault_kind_name(enum sim_fault_kind kind)
{
    static const char *const names[SIM_FAULT_KINDS] = {[SIM_FAULT_DOWN] = "down",
                                                       [SIM_FAULT_FLAP] = "flap",
                                                       [SIM_FAULT_BLACK_HOLE] = "black_hole",
                                                       [SIM_FAULT_LOSS] = "loss",
                                                       [SIM_FAULT_CORRUPT] = "corrupt",
                                                       [SIM_FAULT_DUPLICATE] = "duplicate",
                                                       [SIM_FAULT_REORDER] = "reorder",
                                                       [SIM_FAULT_RATE] = "rate",
                                                       [SIM_FAULT_DELAY] = "delay",
                                                       [SIM_FAULT_PAUSE] = "pause",
                                                       [SIM_FAULT_RESTART] = "restart"};
    return names[kind];
}

static void change(struct link_fault *state, const struct sim_fault *f, bool begins)
{
    uint32_t amount = begins ? f->amount : 0;
    switch (f->kind) {
    case SIM_FAULT_DOWN:
    case SIM_FAULT_FLAP:
        state->down = begins;
        break;
    case SIM_FAULT_BLACK_HOLE:
        state->black_hole = begins;
        break;
    case SIM_FAULT_LOSS:
        state->loss_ppm = amount;
        break;
    case SIM_FAULT_CORRUPT:
        state->corrupt_ppm = amount;
        break;
    case SIM_FAULT_DUPLICATE:
        state->duplicate_ppm = amount;
        break;
    case SIM_FAULT_REORDER:
        state->reorder_ppm = amount;
        state->reorder_delay_ns = begins ? f->amount_ns : 0;
        break;
    case SIM_FAULT_RATE:
        state->rate_percent = begins ? f->amount : 100;
        break;
    case SIM_FAULT_DELAY:
        state->extra_delay_ns = begins ? f->amount_ns : 0;
        break;
    case SIM_FAULT_PAUSE:
    case SIM_FAULT_RESTART:
    case SIM_FAULT_KINDS:
        break;
    }
}

static void change_link(struct simulation *s, uint32_t number, const struct sim_fault *f, bool begins)
{
    char name[TOPOLOGY_NAME_BYTES];
    struct link_fault state = s->topology.links[number].fault;
    change(&state, f, begins);
    link_set_fault(&s->topology.links[number], &state);
    topology_link_name(&s->topology, number, name);
    simulation_tell(s, "%s: %s %s", name, sim_fault_kind_name(f->kind), begins ? "begins" : "ends");
}

static void converge_call(struct simulation *s, void *context, uint64_t begins)
{
    const struct sim_fault *f = context;
    if (f->direction != SIM_FAULT_ONLY_DOWN)
        topology_withdraw(&s->topology, f->up_link, begins);
    if (f->direction != SIM_FAULT_UP)
        topology_withdraw(&s->topology, f->down_link, begins);
    simulation_tell(s, "routing has noticed");
    planning_make(s);
}

static void change_host(struct simulation *s, const struct sim_fault *f, bool begins)
{
    struct host *host = &s->hosts[f->host];
    if (f->kind == SIM_FAULT_PAUSE)
        (begins ? host_pause : host_resume)(s, host);
    else
        (begins ? host_kill : host_start)(s, host);
}

static void change_links(struct simulation *s, const struct sim_fault *f, bool begins)
{
    if (f->direction != SIM_FAULT_ONLY_DOWN)
        change_link(s, f->up_link, f, begins);
    if (f->direction != SIM_FAULT_UP)
        change_link(s, f->down_link, f, begins);
}

/* Half a cycle later it is the other way round, until it ends, and then the link is up. */
static void flap_call(struct simulation *s, void *context, uint64_t down)
{
    const struct sim_fault *f = context;
    nsec_t now = simulation_now(s), next = now + f->amount_ns / 2 + 1;
    change_links(s, f, down && now < f->until);
    if (now < f->until)
        simulation_call_at(s, next < f->until ? next : f->until, flap_call, context, !down);
}

static void fault_call(struct simulation *s, void *context, uint64_t begins)
{
    const struct sim_fault *f = context;
    if (sim_fault_is_of_host(f->kind)) {
        change_host(s, f, begins);
        return;
    }
    change_links(s, f, begins);
    if (f->kind == SIM_FAULT_DOWN && f->converges_after_ns != NSEC_NEVER)
        simulation_call_at(s, simulation_now(s) + f->converges_after_ns, converge_call, context, begins);
}

void sim_fault_schedule(struct simulation *s, const struct sim_fault *fault)
{
    if (fault->kind == SIM_FAULT_FLAP) {
        simulation_call_at(s, fault->at, flap_call, (void *)fault, true);
        return;
    }
    simulation_call_at(s, fault->at, fault_call, (void *)fault, true);
    if (fault->until != NSEC_NEVER)
        simulation_call_at(s, fault->until, fault_call, (void *)fault, false);
}
