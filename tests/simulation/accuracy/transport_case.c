/* SPDX-License-Identifier: BSD-3-Clause */
#include "tests/simulation/accuracy/transport_case.h"

#include <stdio.h>
#include <stdlib.h>

#include "dataplane/transport/congestion.h"
#include "tests/simulation/accuracy/witness.h"
#include "tools/sim/experiment.h"
#include "tools/sim/memory.h"
#include "tools/sim/sim_fault.h"

#define TICK_NS     (20 * NSEC_PER_USEC)
#define GAP_NS      (200 * NSEC_PER_USEC) /* computing */
#define HOST_RATE   12500000000ull        /* 100 Gb/s */
#define FABRIC_RATE 8750000000ull         /* leaf-spine links are what limits a step */

enum {
    LEAVES = 4,
    SPINES = 4,
    HOSTS = 4, /* of a leaf */
    ALL_HOSTS = LEAVES * HOSTS,
    ONSET_STEP = 25,
    STEPS_AFTER_NAMED = 15
};

const char *transport_fault_name(enum transport_fault fault)
{
    static const char *const names[TRANSPORT_FAULTS] = {
        [TRANSPORT_HEALTHY] = "healthy",
        [TRANSPORT_BLACK_HOLE] = "black hole",
        [TRANSPORT_LOSS] = "1 % loss",
        [TRANSPORT_HALF_RATE] = "half rate",
        [TRANSPORT_RATE] = "three quarters of the rate",
        [TRANSPORT_CABLE] = "cable, half rate both directions",
        [TRANSPORT_DOUBLE] = "two links, one half rate, one 1 % loss",
        [TRANSPORT_TWO_JOBS] = "half rate under two jobs",
        [TRANSPORT_HOST] = "host port sends at half rate",
        [TRANSPORT_HOST_LOSS] = "host port loses 1 % of what it receives",
    };
    return names[fault];
}

struct run {
    struct simulation *simulation;
    struct localiser *localiser;
    struct witness witness;
    struct workload workloads[2];
    uint32_t hosts[2][ALL_HOSTS];
    struct sim_fault faults[TRUTHS_MAX];
    struct truth truths[TRUTHS_MAX];
    unsigned fault_count;
    bool injected;
    uint64_t seed;
    unsigned end_step;
    bool verbose;
    struct judgement judgement;
    struct score *score;
};

/* ---- the fabric ---- */

static struct simulation_config configure(uint64_t seed)
{
    struct link_config host = {.rate_bytes_per_s = HOST_RATE,
                               .delay_ns = 500,
                               .queue_limit_bytes = 1 << 20,
                               .mark_from_bytes = 64 << 10,
                               .mark_full_bytes = 64 << 10};
    struct simulation_config c = {.seed = seed};
    c.topology =
        (struct topology_config){.shape = {.pods = 1, .leaves = LEAVES, .spines = SPINES, .hosts = HOSTS},
                                 .host_link = host,
                                 .fabric_link = host,
                                 .seed = seed,
                                 .turnaround_ns = 1000};
    c.topology.fabric_link.rate_bytes_per_s = FABRIC_RATE;
    c.base_rtt_ns = simulation_base_rtt_ns(&c.topology, 4096 + 100);
    transport_config_default(&c.transport, HOST_RATE, c.base_rtt_ns);
    c.transport.peers_max = ALL_HOSTS;
    c.transport.paths_max = SPINES;
    c.transport.messages_max = 1024;
    c.transport.pieces_max = 8192;
    c.transport.communicators_max = WITNESS_PROBES_MAX + 4;
    return c;
}

static struct localiser *create_localiser(const struct simulation *s)
{
    struct localiser_port ports[ALL_HOSTS];
    struct localiser_config config;
    char error[LOCALISER_ERROR_BYTES];
    struct localiser *l;
    for (uint32_t i = 0; i < ALL_HOSTS; i++)
        ports[i] = (struct localiser_port){.address = s->hosts[i].address, .leaf = i / HOSTS};
    struct localiser_fabric fabric = {
        .leaf_count = LEAVES, .spine_count = SPINES, .port_count = ALL_HOSTS, .ports = ports};
    localiser_config_default(&config);
    config.round_ns_min = TICK_NS;
    config.settle_ns = 5 * NSEC_PER_MSEC;
    config.probe_timeout_ns = 20 * NSEC_PER_MSEC;
    config.silence_settle_ns = 500 * NSEC_PER_USEC;
    config.hang_ns = 100 * NSEC_PER_MSEC;
    if (localiser_create(&fabric, &config, &l, error) != 0)
        abort();
    return l;
}

/* ---- jobs ---- */

static void add_job(struct run *r, unsigned number, unsigned count, unsigned steps,
                    struct random_stream *random)
{
    uint32_t ranks = ALL_HOSTS / count;
    struct workload *w = &r->workloads[number];
    *w = (struct workload){
        .kind = WORKLOAD_ALL_TO_ALL, .ranks = ranks, .bytes = 32 << random_below(random, 2)};
    w->bytes <<= 10;
    if (count == 2)
        w->bytes *= 2;
    for (uint32_t i = 0; i < ranks; i++) /* every second host of each leaf, if there are two jobs */
        r->hosts[number][i] = i * count + number;
    job_add(r->simulation, &(struct job_config){.name = "job",
                                                .identity = 1 + number,
                                                .rank_hosts = r->hosts[number],
                                                .rank_count = ranks,
                                                .path_mode = PATH_MODE_WRAP,
                                                .iterations = steps,
                                                .open_at = NSEC_PER_USEC,
                                                .start_at = EXPERIMENT_START_NS,
                                                .gap_ns = GAP_NS,
                                                .deadline_at = NSEC_NEVER,
                                                .may_fail = true,
                                                .workload = w});
}

/* ---- faults ---- */

static void add_fault(struct run *r, const struct sim_fault *fault, const struct truth *truth)
{
    r->faults[r->fault_count] = *fault;
    r->faults[r->fault_count].until = NSEC_NEVER;
    r->truths[r->fault_count++] = *truth;
}

static void break_link(struct run *r, enum sim_fault_kind kind, uint32_t amount, uint32_t kinds,
                       struct random_stream *random)
{
    char name[TOPOLOGY_NAME_BYTES];
    bool up = random_below(random, 2);
    struct truth t = {.kinds = kinds,
                      .component = {.kind = up ? COMPONENT_UP : COMPONENT_DOWN,
                                    .place = (uint32_t)random_below(random, LEAVES),
                                    .spine = (uint32_t)random_below(random, SPINES)}};
    if (r->fault_count > 0) /* somewhere else */
        t.component.spine =
            (r->truths[0].component.spine + 1 + (uint32_t)random_below(random, SPINES - 1)) % SPINES;
    struct sim_fault f = {
        .kind = kind, .amount = amount, .direction = up ? SIM_FAULT_UP : SIM_FAULT_ONLY_DOWN};
    snprintf(name, sizeof(name), "leaf%u-spine%u", t.component.place, t.component.spine);
    topology_find_link(&r->simulation->topology, name, &f.up_link, &f.down_link);
    add_fault(r, &f, &t);
}

static void break_cable(struct run *r, struct random_stream *random)
{
    break_link(r, SIM_FAULT_RATE, 50, 1u << VERDICT_REDUCED_RATE, random);
    r->faults[0].direction = SIM_FAULT_BOTH;
}

static void break_host(struct run *r, bool loses, struct random_stream *random)
{
    char name[TOPOLOGY_NAME_BYTES];
    uint32_t host = (uint32_t)random_below(random, ALL_HOSTS);
    struct truth t = {.kinds = loses ? 1u << VERDICT_LOSSY
                                     : 1u << VERDICT_HOST_SENDING | 1u << VERDICT_HOST_RECEIVING,
                      .component = {.kind = loses ? COMPONENT_RX : COMPONENT_TX, .place = host},
                      .host = true};
    struct sim_fault f = {.kind = loses ? SIM_FAULT_LOSS : SIM_FAULT_RATE,
                          .amount = loses ? 10000 : 50,
                          .direction = loses ? SIM_FAULT_ONLY_DOWN : SIM_FAULT_UP};
    snprintf(name, sizeof(name), "host%u-leaf%u", host, host / HOSTS);
    topology_find_link(&r->simulation->topology, name, &f.up_link, &f.down_link);
    add_fault(r, &f, &t);
}

static void draw_faults(struct run *r, enum transport_fault fault, struct random_stream *random)
{
    const uint32_t slow = 1u << VERDICT_REDUCED_RATE, lossy = 1u << VERDICT_LOSSY;
    switch (fault) {
    case TRANSPORT_HEALTHY:
    case TRANSPORT_FAULTS:
        break;
    case TRANSPORT_BLACK_HOLE:
        break_link(r, SIM_FAULT_BLACK_HOLE, 0, 1u << VERDICT_BLACK_HOLE, random);
        break;
    case TRANSPORT_LOSS:
        break_link(r, SIM_FAULT_LOSS, 10000, lossy, random);
        break;
    case TRANSPORT_HALF_RATE:
    case TRANSPORT_TWO_JOBS:
        break_link(r, SIM_FAULT_RATE, 50, slow, random);
        break;
    case TRANSPORT_RATE:
        break_link(r, SIM_FAULT_RATE, 75, slow, random);
        break;
    case TRANSPORT_CABLE:
        break_cable(r, random);
        break;
    case TRANSPORT_DOUBLE:
        break_link(r, SIM_FAULT_RATE, 50, slow, random);
        break_link(r, SIM_FAULT_LOSS, 10000, lossy, random);
        break;
    case TRANSPORT_HOST:
    case TRANSPORT_HOST_LOSS:
        break_host(r, fault == TRANSPORT_HOST_LOSS, random);
        break;
    }
}

/* ---- time ---- */

static void inject(struct run *r)
{
    for (unsigned i = 0; i < r->fault_count; i++) {
        r->faults[i].at = simulation_now(r->simulation) + 1;
        sim_fault_schedule(r->simulation, &r->faults[i]);
    }
    r->injected = true;
}

static void take_verdicts(struct run *r)
{
    struct verdict v;
    while (localiser_next_verdict(r->localiser, &v)) {
        bool named = judgement_is_complete(&r->judgement);
        unsigned step = r->witness.iteration;
        if (r->verbose) {
            char text[VERDICT_TEXT_BYTES];
            verdict_explain(&v, text);
            fprintf(stderr, "  seed %llu, step %u: %s\n", (unsigned long long)r->seed, step, text);
        }
        score_take(r->score, &r->judgement, &v, step > ONSET_STEP ? step - ONSET_STEP : 0);
        if (!named && r->judgement.truth_count > 0 && judgement_is_complete(&r->judgement))
            r->end_step = step + STEPS_AFTER_NAMED < r->end_step ? step + STEPS_AFTER_NAMED : r->end_step;
    }
}

static void tick_call(struct simulation *s, void *context, uint64_t argument)
{
    (void)argument;
    struct run *r = context;
    if (!r->injected && r->witness.iteration >= ONSET_STEP)
        inject(r);
    localiser_tick(r->localiser, simulation_now(s));
    witness_serve_probes(&r->witness);
    take_verdicts(r);
    if (r->witness.iteration >= r->end_step || s->jobs[0]->ranks_left == 0)
        simulation_stop(s);
    else
        simulation_call_at(s, simulation_now(s) + TICK_NS, tick_call, r, 0);
}

static void tell_truths(const struct run *r)
{
    char name[COMPONENT_NAME_BYTES];
    for (unsigned i = 0; i < r->fault_count; i++) {
        component_name(&r->truths[i].component, name);
        fprintf(stderr, "  seed %llu: it was %s, %s\n", (unsigned long long)r->seed, name,
                r->judgement.named[i] ? "named" : "not named");
    }
}

void transport_case_run(enum transport_fault fault, uint64_t seed, unsigned steps, bool verbose,
                        struct score *score, struct transport_result *result)
{
    static struct run run;
    struct random_stream random = {.state = mix64_pair(seed, fault)};
    struct simulation_config config = configure(random_next(&random));
    unsigned jobs = fault == TRANSPORT_TWO_JOBS ? 2 : 1;
    run = (struct run){.seed = seed, .score = score, .verbose = verbose, .end_step = steps};
    run.simulation = simulation_create(&config);
    run.localiser = create_localiser(run.simulation);
    draw_faults(&run, fault, &random);
    run.judgement = (struct judgement){.truths = run.truths, .truth_count = run.fault_count};
    for (unsigned i = 0; i < jobs; i++)
        add_job(&run, i, jobs, steps + 1, &random);
    witness_begin(&run.witness, run.simulation, run.localiser, jobs);
    simulation_call_at(run.simulation, EXPERIMENT_START_NS, tick_call, &run, 0);
    simulation_run(run.simulation, NSEC_NEVER);
    if (verbose)
        tell_truths(&run);
    score_end_run(score, &run.judgement);
    result->steps += run.witness.iteration;
    result->records += run.witness.records;
    result->complaints += run.simulation->complaints.count;
    simulation_destroy(run.simulation);
    localiser_destroy(run.localiser);
}
