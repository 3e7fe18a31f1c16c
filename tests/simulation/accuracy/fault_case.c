/* SPDX-License-Identifier: BSD-3-Clause */
#include "tests/simulation/accuracy/fault_case.h"

#include <string.h>

#define BIT(kind) (1u << (kind))

enum {
    LINK_SLOW = BIT(VERDICT_REDUCED_RATE),
    LINK_LOSSY = BIT(VERDICT_LOSSY),
    HOST_SLOW = BIT(VERDICT_HOST_SENDING) | BIT(VERDICT_HOST_RECEIVING)
};

const char *fault_kind_name(enum fault_kind kind)
{
    static const char *const names[FAULT_KINDS] = {
        [FAULT_BLACK_HOLE] = "black hole",
        [FAULT_LOSS_1_PERCENT] = "1 % loss",
        [FAULT_LOSS_1_PER_MILLE] = "0.1 % loss",
        [FAULT_HALF_RATE] = "half rate",
        [FAULT_SLOW] = "slow link, 1.3x",
        [FAULT_MILD] = "mild, 1.1x",
        [FAULT_INTERMITTENT] = "intermittent, 1.3x in 3 of 10 steps",
        [FAULT_CABLE] = "cable, both directions 1.5x",
        [FAULT_DOUBLE] = "two links, one 1.5x, one 1 % loss",
        [FAULT_SPINE] = "spine, 1.3x",
        [FAULT_AMONG_JOBS] = "slow link under three jobs, 1.3x",
        [FAULT_RECORDS_LOST] = "slow link, 20 % of records lost",
        [FAULT_HOST_SENDING] = "host sends slowly, 1.3x",
        [FAULT_HOST_RECEIVING] = "host receives slowly, 1.3x",
        [FAULT_NOT_READY] = "host's data not ready, +30 %",
        [FAULT_DRAIN] = "host delivers slowly, +30 %",
        [FAULT_STRAGGLER] = "straggler, 20 % late",
        [FAULT_HANG] = "a host's ranks stop",
        [FAULT_DECOY] = "congestion (decoy)",
        [FAULT_LIAR] = "a host lies about a path",
    };
    return names[kind];
}

/* ---- fabric and jobs ---- */

static void draw_fabric(struct model_config *c, struct random_stream *r)
{
    static const struct {
        uint32_t leaves, spines, hosts;
    } shapes[] = {{4, 4, 4}, {8, 4, 4}, {8, 8, 8}, {4, 8, 8}, {16, 8, 4}, {3, 6, 8}};
    unsigned which = (unsigned)random_below(r, sizeof(shapes) / sizeof(shapes[0]));
    c->leaves = shapes[which].leaves;
    c->spines = shapes[which].spines;
    c->hosts = shapes[which].hosts;
    c->noise = 0.03 + 0.04 * chance_uniform(r);
    c->transient = 0.01;
    c->transient_marks = 0.5;
    c->onset_step = 25 + (uint32_t)random_below(r, 16);
}

static void shuffle(uint32_t *items, uint32_t count, struct random_stream *r)
{
    for (uint32_t i = count; i > 1; i--) {
        uint32_t k = (uint32_t)random_below(r, i), kept = items[k];
        items[k] = items[i - 1];
        items[i - 1] = kept;
    }
}

/* All ports, in any order, dealt to the jobs. */
static void draw_jobs(struct model_config *c, unsigned count, struct random_stream *r)
{
    uint32_t ports = c->leaves * c->hosts, all[MODEL_PORTS_MAX];
    for (uint32_t i = 0; i < ports; i++)
        all[i] = i;
    shuffle(all, ports, r);
    c->job_count = count;
    for (unsigned j = 0; j < count; j++) {
        struct model_job *job = &c->jobs[j];
        job->ranks = ports / count;
        job->pattern = (enum model_pattern)random_below(r, 3);
        job->bytes = 1ull << (18 + random_below(r, 5));
        memcpy(job->ports, &all[j * job->ranks], job->ranks * sizeof(all[0]));
    }
}

void healthy_case_draw(struct model_config *c, uint64_t seed)
{
    struct random_stream r = {.state = seed};
    *c = (struct model_config){.seed = mix64(seed)};
    draw_fabric(c, &r);
    draw_jobs(c, 1 + (unsigned)random_below(&r, 3), &r);
}

/* ---- places ---- */

/* A direction of a link that some job's flows cross, and not the one to be avoided. */
static struct component draw_link(const struct model_config *c, struct random_stream *r,
                                  const struct component *avoided)
{
    for (;;) {
        const struct model_job *job = &c->jobs[random_below(r, c->job_count)];
        uint32_t from = (uint32_t)random_below(r, job->ranks), to = (from + 1) % job->ranks;
        if (job->pattern == MODEL_EXCHANGE)
            to = (from ^ 1) < job->ranks ? from ^ 1 : from;
        uint32_t leaf = job->ports[from] / c->hosts, other = job->ports[to] / c->hosts;
        uint32_t spine = (uint32_t)(mix64_pair(from * 8191 + to, (uint64_t)(job - c->jobs)) % c->spines);
        bool up = chance(r, 0.5);
        struct component drawn = {
            .kind = up ? COMPONENT_UP : COMPONENT_DOWN, .place = up ? leaf : other, .spine = spine};
        bool same = avoided != NULL && avoided->place == drawn.place && avoided->spine == drawn.spine;
        if (leaf != other && !same)
            return drawn;
    }
}

static struct component draw_host(const struct model_config *c, struct random_stream *r,
                                  enum component_kind kind)
{
    const struct model_job *job = &c->jobs[random_below(r, c->job_count)];
    return (struct component){.kind = kind, .place = job->ports[random_below(r, job->ranks)]};
}

/* ---- faults ---- */

static void inject(struct fault_case *c, const struct model_fault *fault, uint32_t kinds)
{
    c->model.faults[c->model.fault_count] = *fault;
    if (c->model.faults[c->model.fault_count].duty == 0)
        c->model.faults[c->model.fault_count].duty = 1;
    c->model.fault_count++;
    c->truths[c->truth_count++] = (struct truth){.component = fault->component,
                                                 .kinds = kinds,
                                                 .host = fault->component.kind == COMPONENT_TX ||
                                                         fault->component.kind == COMPONENT_RX};
}

static void inject_link_fault(struct fault_case *c, struct random_stream *r)
{
    struct model_fault f = {.component = draw_link(&c->model, r, NULL), .slow = 1.3};
    uint32_t kinds = LINK_SLOW;
    if (c->kind == FAULT_BLACK_HOLE) {
        f.black_hole = true;
        kinds = BIT(VERDICT_BLACK_HOLE);
    } else if (c->kind == FAULT_LOSS_1_PERCENT || c->kind == FAULT_LOSS_1_PER_MILLE) {
        f.slow = c->kind == FAULT_LOSS_1_PERCENT ? 1.05 : 1;
        f.loss = c->kind == FAULT_LOSS_1_PERCENT ? 0.01 : 0.001;
        kinds = LINK_LOSSY;
    } else if (c->kind == FAULT_HALF_RATE) {
        f.slow = 2;
    } else if (c->kind == FAULT_MILD) {
        f.slow = 1.1;
    } else if (c->kind == FAULT_INTERMITTENT) {
        f.duty = 0.3;
    } else if (c->kind == FAULT_RECORDS_LOST) {
        c->model.lost_records = 0.2;
    }
    inject(c, &f, kinds);
}

static void inject_two(struct fault_case *c, struct random_stream *r)
{
    struct model_fault f = {.component = draw_link(&c->model, r, NULL), .slow = 1.5};
    inject(c, &f, LINK_SLOW);
    if (c->kind == FAULT_CABLE) {
        f.component.kind = f.component.kind == COMPONENT_UP ? COMPONENT_DOWN : COMPONENT_UP;
        inject(c, &f, LINK_SLOW);
        c->truth_count = 1; /* one link */
        return;
    }
    struct model_fault lossy = {
        .component = draw_link(&c->model, r, &f.component), .slow = 1.05, .loss = 0.01};
    inject(c, &lossy, LINK_LOSSY);
}

static void inject_spine(struct fault_case *c, struct random_stream *r)
{
    struct model_fault f = {.slow = 1.3, .component = {.kind = COMPONENT_SPINE}};
    f.component.place = draw_link(&c->model, r, NULL).spine; /* one that carries something */
    inject(c, &f, LINK_SLOW);
}

static void inject_host_fault(struct fault_case *c, struct random_stream *r)
{
    bool receives = c->kind == FAULT_HOST_RECEIVING || c->kind == FAULT_DRAIN;
    struct model_fault f = {.component = draw_host(&c->model, r, receives ? COMPONENT_RX : COMPONENT_TX)};
    uint32_t kinds = HOST_SLOW;
    if (c->kind == FAULT_HOST_SENDING || c->kind == FAULT_HOST_RECEIVING) {
        f.slow = 1.3;
    } else if (c->kind == FAULT_NOT_READY) {
        f.ready = 0.3;
    } else if (c->kind == FAULT_DRAIN) {
        f.drain = 0.3;
    } else if (c->kind == FAULT_STRAGGLER) {
        f.late = 0.2;
        kinds = BIT(VERDICT_STRAGGLER);
    } else {
        f.silent_host = true;
        kinds = BIT(VERDICT_NEVER_ENTERED);
    }
    inject(c, &f, kinds);
}

static void inject_decoy(struct fault_case *c, struct random_stream *r)
{
    struct model_fault f = {
        .component = draw_link(&c->model, r, NULL), .slow = 1.5, .marks = 0.2, .duty = 0.8};
    inject(c, &f, BIT(VERDICT_CONGESTED));
    c->truths[0].optional = true;
}

static void inject_liar(struct fault_case *c, struct random_stream *r)
{
    struct model_fault f = {.component = draw_host(&c->model, r, COMPONENT_TX), .slow = 2, .lie = true};
    f.lie_spine = (uint32_t)random_below(r, c->model.spines);
    inject(c, &f, HOST_SLOW);
    c->truths[0].optional = true;
}

void fault_case_draw(struct fault_case *c, enum fault_kind kind, uint64_t seed)
{
    struct random_stream r = {.state = mix64_pair(seed, kind)};
    *c = (struct fault_case){.kind = kind};
    healthy_case_draw(&c->model, random_next(&r));
    if (kind == FAULT_AMONG_JOBS)
        draw_jobs(&c->model, 3, &r);
    switch (kind) {
    case FAULT_CABLE:
    case FAULT_DOUBLE:
        inject_two(c, &r);
        break;
    case FAULT_SPINE:
        inject_spine(c, &r);
        break;
    case FAULT_HOST_SENDING:
    case FAULT_HOST_RECEIVING:
    case FAULT_NOT_READY:
    case FAULT_DRAIN:
    case FAULT_STRAGGLER:
    case FAULT_HANG:
        inject_host_fault(c, &r);
        break;
    case FAULT_DECOY:
        inject_decoy(c, &r);
        break;
    case FAULT_LIAR:
        inject_liar(c, &r);
        break;
    case FAULT_BLACK_HOLE:
    case FAULT_LOSS_1_PERCENT:
    case FAULT_LOSS_1_PER_MILLE:
    case FAULT_HALF_RATE:
    case FAULT_SLOW:
    case FAULT_MILD:
    case FAULT_INTERMITTENT:
    case FAULT_AMONG_JOBS:
    case FAULT_RECORDS_LOST:
    case FAULT_KINDS:
        inject_link_fault(c, &r);
        break;
    }
}
