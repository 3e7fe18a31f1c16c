/* SPDX-License-Identifier: BSD-3-Clause */
#include "tests/simulation/accuracy/transport_case.h"

#include <stdio.h>

#include "tests/simulation/accuracy/transport_run.h"
#include "tools/sim/sim_fault.h"

#define STRETCH_NS   (400 * NSEC_PER_USEC) /* of a fault that comes and goes: about a step */
#define BURST_GAP_NS (3 * NSEC_PER_MSEC)   /* between bursts: about one step in ten has one */
#define BURST_BYTES  (256 << 10)           /* of each sender: shorter than a step */
#define STREAM_BYTES (1 << 20)
#define STRETCH_BAD  0.3 /* how many of them */

enum {
    ONSET_STEP_MIN = 25,
    ONSET_STEPS = 16, /* from then on within so many */
    STEPS_AFTER_ONSET = 150,
    STEPS_AFTER_NAMED = 15
};

const char *transport_fault_name(enum transport_fault fault)
{
    static const char *const names[TRANSPORT_FAULTS] = {
        [TRANSPORT_BLACK_HOLE] = "black hole",
        [TRANSPORT_LOSS] = "1 % loss",
        [TRANSPORT_HALF_RATE] = "half rate",
        [TRANSPORT_RATE] = "three quarters of the rate",
        [TRANSPORT_MILD] = "mild: 90 % of the rate",
        [TRANSPORT_INTERMITTENT] = "intermittent: half rate in 3 of 10 steps",
        [TRANSPORT_CABLE] = "cable, half rate both directions",
        [TRANSPORT_DOUBLE] = "two links, one half rate, one 1 % loss",
        [TRANSPORT_TWO_JOBS] = "half rate under two jobs",
        [TRANSPORT_TWO_SPINES] = "half rate where there are two spines",
        [TRANSPORT_HOST] = "host port sends at half rate",
        [TRANSPORT_HOST_RECEIVES] = "host port receives at half rate",
        [TRANSPORT_HOST_LOSS] = "host port loses 1 % of what it receives",
        [TRANSPORT_BURSTS] = "bursts of others onto one link (decoy)",
        [TRANSPORT_CONGESTION] = "others' traffic onto one link, without end (decoy)",
    };
    return names[fault];
}

struct case_run {
    struct transport_run run; /* first: on_tick() finds the rest behind it */
    struct sim_fault faults[TRUTHS_MAX];
    struct truth truths[TRUTHS_MAX];
    unsigned fault_count;
    bool injected, intermittent, congests;
    nsec_t congestion_gap_ns;
    uint64_t congestion_bytes;
    unsigned onset_step;
    nsec_t stretch_ends_at;
    struct random_stream random;
    uint64_t seed;
    unsigned end_step;
    bool verbose;
    struct judgement judgement;
    struct score *score;
};

/* ---- faults ---- */

static struct truth *add_fault(struct case_run *r, const struct sim_fault *fault, const struct truth *truth)
{
    r->faults[r->fault_count] = *fault;
    r->faults[r->fault_count].until = NSEC_NEVER;
    r->truths[r->fault_count] = *truth;
    return &r->truths[r->fault_count++];
}

static struct component draw_link(struct case_run *r)
{
    const struct transport_shape *s = &r->run.shape;
    bool up = random_below(&r->random, 2);
    struct component c = {.kind = up ? COMPONENT_UP : COMPONENT_DOWN,
                          .place = (uint32_t)random_below(&r->random, s->leaves),
                          .spine = (uint32_t)random_below(&r->random, s->spines)};
    if (r->fault_count > 0) /* somewhere else */
        c.spine = (r->truths[0].component.spine + 1 + (uint32_t)random_below(&r->random, s->spines - 1)) %
                  s->spines;
    return c;
}

static void break_link(struct case_run *r, enum sim_fault_kind kind, uint32_t amount, uint32_t kinds)
{
    char name[TOPOLOGY_NAME_BYTES];
    struct truth t = {.kinds = kinds, .component = draw_link(r)};
    bool up = t.component.kind == COMPONENT_UP;
    struct sim_fault f = {
        .kind = kind, .amount = amount, .direction = up ? SIM_FAULT_UP : SIM_FAULT_ONLY_DOWN};
    snprintf(name, sizeof(name), "leaf%u-spine%u", t.component.place, t.component.spine);
    topology_find_link(&r->run.simulation->topology, name, &f.up_link, &f.down_link);
    add_fault(r, &f, &t);
}

static void break_host(struct case_run *r, const struct sim_fault *fault, uint32_t kinds)
{
    char name[TOPOLOGY_NAME_BYTES];
    uint32_t host = (uint32_t)random_below(&r->random, r->run.shape.leaves * r->run.shape.hosts);
    bool sends = fault->direction == SIM_FAULT_UP;
    struct truth t = {.kinds = kinds,
                      .component = {.kind = sends ? COMPONENT_TX : COMPONENT_RX, .place = host},
                      .host = true};
    struct sim_fault f = *fault;
    snprintf(name, sizeof(name), "host%u-leaf%u", host, host / r->run.shape.hosts);
    topology_find_link(&r->run.simulation->topology, name, &f.up_link, &f.down_link);
    add_fault(r, &f, &t);
}

/* A downlink that others overload. */
static void draw_congestion(struct case_run *r)
{
    r->congests = true;
    r->fault_count = 1;
    r->truths[0] =
        (struct truth){.kinds = 1u << VERDICT_CONGESTED,
                       .optional = true,
                       .component = {.kind = COMPONENT_DOWN,
                                     .place = (uint32_t)random_below(&r->random, r->run.shape.leaves),
                                     .spine = (uint32_t)random_below(&r->random, r->run.shape.spines)}};
}

static void draw_faults(struct case_run *r, enum transport_fault fault)
{
    const uint32_t slow = 1u << VERDICT_REDUCED_RATE, lossy = 1u << VERDICT_LOSSY;
    const uint32_t host_slow = 1u << VERDICT_HOST_SENDING | 1u << VERDICT_HOST_RECEIVING;
    switch (fault) {
    case TRANSPORT_BLACK_HOLE:
        break_link(r, SIM_FAULT_BLACK_HOLE, 0, 1u << VERDICT_BLACK_HOLE);
        break;
    case TRANSPORT_LOSS:
        break_link(r, SIM_FAULT_LOSS, 10000, lossy);
        break;
    case TRANSPORT_INTERMITTENT:
        r->intermittent = true;
        break_link(r, SIM_FAULT_RATE, 50, slow);
        break;
    case TRANSPORT_HALF_RATE:
    case TRANSPORT_TWO_JOBS:
    case TRANSPORT_TWO_SPINES:
        break_link(r, SIM_FAULT_RATE, 50, slow);
        break;
    case TRANSPORT_RATE:
        break_link(r, SIM_FAULT_RATE, 75, slow);
        break;
    case TRANSPORT_MILD:
        break_link(r, SIM_FAULT_RATE, 90, slow);
        break;
    case TRANSPORT_CABLE:
        break_link(r, SIM_FAULT_RATE, 50, slow);
        r->faults[0].direction = SIM_FAULT_BOTH;
        break;
    case TRANSPORT_DOUBLE:
        break_link(r, SIM_FAULT_RATE, 50, slow);
        break_link(r, SIM_FAULT_LOSS, 10000, lossy);
        break;
    case TRANSPORT_HOST:
        break_host(r, &(struct sim_fault){.kind = SIM_FAULT_RATE, .amount = 50, .direction = SIM_FAULT_UP},
                   host_slow);
        break;
    case TRANSPORT_HOST_RECEIVES:
        break_host(
            r, &(struct sim_fault){.kind = SIM_FAULT_RATE, .amount = 50, .direction = SIM_FAULT_ONLY_DOWN},
            host_slow);
        break;
    case TRANSPORT_HOST_LOSS:
        break_host(
            r, &(struct sim_fault){.kind = SIM_FAULT_LOSS, .amount = 10000, .direction = SIM_FAULT_ONLY_DOWN},
            lossy);
        break;
    case TRANSPORT_BURSTS:
        r->congestion_gap_ns = BURST_GAP_NS;
        r->congestion_bytes = BURST_BYTES;
        draw_congestion(r);
        break;
    case TRANSPORT_CONGESTION:
    case TRANSPORT_FAULTS:
        r->congestion_bytes = STREAM_BYTES;
        draw_congestion(r);
        break;
    }
}

/* ---- time ---- */

static void schedule(struct case_run *r, nsec_t until)
{
    for (unsigned i = 0; i < r->fault_count; i++) {
        r->faults[i].at = simulation_now(r->run.simulation) + 1;
        r->faults[i].until = until;
        sim_fault_schedule(r->run.simulation, &r->faults[i]);
    }
}

/* Others' hosts of all other leaves send to that leaf over the one spine. */
static void congest(struct case_run *r)
{
    const struct component *down = &r->truths[0].component;
    for (uint32_t i = 1; i < r->run.shape.leaves; i++) {
        uint32_t from = (down->place + i) % r->run.shape.leaves;
        uint32_t hosts[2] = {transport_run_other(&r->run, down->place, i - 1),
                             transport_run_other(&r->run, from, 0)};
        struct transport_foreign f = {
            .workload = {.kind = WORKLOAD_INCAST, .ranks = 2, .bytes = r->congestion_bytes},
            .hosts = hosts,
            .hash_seed = witness_seed_for(&r->run.witness, hosts[1], hosts[0], down->spine),
            .gap_ns = r->congestion_gap_ns,
            .iterations = 100000};
        transport_run_add_foreign(&r->run, &f);
    }
}

static void inject(struct case_run *r)
{
    nsec_t now = simulation_now(r->run.simulation);
    if (r->intermittent && now >= r->stretch_ends_at) {
        r->stretch_ends_at = now + STRETCH_NS;
        if (chance(&r->random, STRETCH_BAD))
            schedule(r, r->stretch_ends_at - NSEC_PER_USEC);
    } else if (!r->intermittent && !r->injected) {
        r->congests ? congest(r) : schedule(r, NSEC_NEVER);
    }
    r->injected = true;
}

static void take_verdicts(struct case_run *r)
{
    struct verdict v;
    char text[VERDICT_TEXT_BYTES];
    while (localiser_next_verdict(r->run.localiser, &v)) {
        bool named = judgement_is_complete(&r->judgement);
        unsigned step = r->run.witness.iteration;
        verdict_explain(&v, text);
        if (r->verbose)
            fprintf(stderr, "  seed %llu, step %u: %s\n", (unsigned long long)r->seed, step, text);
        score_take(r->score, &r->judgement, &v, step > r->onset_step ? step - r->onset_step : 0);
        if (!named && judgement_is_complete(&r->judgement) && step + STEPS_AFTER_NAMED < r->end_step)
            r->end_step = step + STEPS_AFTER_NAMED;
    }
}

static bool on_tick(struct transport_run *run)
{
    struct case_run *r = (struct case_run *)run;
    if (run->witness.iteration >= r->onset_step)
        inject(r);
    take_verdicts(r);
    return run->witness.iteration < r->end_step;
}

/* ---- a run ---- */

/* Links between leaves and spines limit an all-to-all, to within a tenth. */
static struct transport_shape draw_shape(enum transport_fault fault, struct random_stream *random)
{
    static const struct transport_shape shapes[] = {{.leaves = 4, .spines = 4, .hosts = 4},
                                                    {.leaves = 3, .spines = 4, .hosts = 4},
                                                    {.leaves = 4, .spines = 3, .hosts = 3},
                                                    {.leaves = 3, .spines = 6, .hosts = 4},
                                                    {.leaves = 4, .spines = 4, .hosts = 6}};
    struct transport_shape s = shapes[random_below(random, sizeof(shapes) / sizeof(shapes[0]))];
    if (fault == TRANSPORT_TWO_SPINES)
        s = (struct transport_shape){
            .leaves = 3 + (uint32_t)random_below(random, 2), .spines = 2, .hosts = 2};
    double all = HOST_RATE_BYTES_PER_S * s.hosts * (s.leaves - 1) / s.leaves;
    s.fabric_rate_bytes_per_s = (uint64_t)(all / s.spines * (0.9 + 0.2 * chance_uniform(random)));
    s.others = fault == TRANSPORT_BURSTS || fault == TRANSPORT_CONGESTION ? s.leaves - 1 : 0;
    return s;
}

static void add_jobs(struct case_run *r, enum transport_fault fault)
{
    unsigned count = fault == TRANSPORT_TWO_JOBS ? 2 : 1;
    for (unsigned i = 0; i < count; i++) {
        uint64_t bytes = (24ull + random_below(&r->random, 48)) << 10;
        bytes *= count * (fault == TRANSPORT_TWO_SPINES ? 4 : 1);
        transport_run_add_job(&r->run, &(struct transport_job){.number = i,
                                                               .count = count,
                                                               .bytes = bytes,
                                                               .seed = random_next(&r->random),
                                                               .steps = r->end_step + 1});
    }
}

static void tell_truths(const struct case_run *r)
{
    char name[COMPONENT_NAME_BYTES];
    for (unsigned i = 0; i < r->fault_count; i++) {
        component_name(&r->truths[i].component, name);
        fprintf(stderr, "  seed %llu: it was %s, %s\n", (unsigned long long)r->seed, name,
                r->judgement.named[i] ? "named" : "not named");
    }
}

void transport_case_run(enum transport_fault fault, uint64_t seed, bool verbose, struct score *score,
                        struct transport_result *result)
{
    static struct case_run r;
    r = (struct case_run){
        .seed = seed, .random = {.state = mix64_pair(seed, fault)}, .score = score, .verbose = verbose};
    struct transport_shape shape = draw_shape(fault, &r.random);
    r.onset_step = ONSET_STEP_MIN + (unsigned)random_below(&r.random, ONSET_STEPS);
    r.end_step = r.onset_step + STEPS_AFTER_ONSET;
    transport_run_create(&r.run, &shape, random_next(&r.random));
    r.run.on_tick = on_tick;
    draw_faults(&r, fault);
    r.judgement = (struct judgement){.truths = r.truths, .truth_count = r.fault_count};
    add_jobs(&r, fault);
    transport_run_go(&r.run);
    if (verbose)
        tell_truths(&r);
    score_end_run(score, &r.judgement);
    result->steps += r.run.witness.iteration;
    result->records += r.run.witness.records;
    result->complaints += r.run.simulation->complaints.count;
    transport_run_destroy(&r.run);
}
