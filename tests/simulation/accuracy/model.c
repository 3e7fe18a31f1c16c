/* SPDX-License-Identifier: BSD-3-Clause */
#include "tests/simulation/accuracy/model.h"

#include <string.h>

#define STEP_NS         1000000000ull
#define RATE_BYTES_NS   12.5 /* 100 Gb/s */
#define BASE_RTT_NS     20000.0
#define PACKET_BYTES    4096
#define LOSS_EVERYWHERE 1e-6

int model_create(struct model *m, const struct model_config *config, const struct localiser_config *judge)
{
    char error[LOCALISER_ERROR_BYTES];
    *m = (struct model){.config = *config, .random = {.state = config->seed}};
    uint32_t ports = config->leaves * config->hosts;
    for (uint32_t port = 0; port < ports; port++) {
        uint32_t leaf = port / config->hosts;
        m->port_leaf[port] = leaf;
        m->ports[port] = (struct localiser_port){
            .address = 10u << 24 | (leaf + 1) << 16 | (port % config->hosts + 1), .leaf = leaf};
    }
    m->map = (struct flow_map){
        .shape = {.leaf_count = config->leaves, .spine_count = config->spines, .port_count = ports},
        .port_leaf = m->port_leaf};
    struct localiser_fabric fabric = {
        .leaf_count = config->leaves, .spine_count = config->spines, .port_count = ports, .ports = m->ports};
    return localiser_create(&fabric, judge, &m->localiser, error);
}

void model_destroy(struct model *m)
{
    localiser_destroy(m->localiser);
}

/* ---- what happens to a flow ---- */

struct course {
    double factor; /* of its time */
    double loss, marks, rtt;
    bool silent;
};

static const struct model_fault *fault_showing(const struct model *m, unsigned index)
{
    return m->showing[index] ? &m->config.faults[index] : NULL;
}

static void suffer_fault(const struct model *m, const struct model_fault *f, const struct flow *flow,
                         struct course *c)
{
    bool hosts_own = f->late > 0 || f->ready > 0 || f->drain > 0 || f->lie || f->silent_host;
    if (hosts_own || !flow_crosses(&m->map, flow, component_number(&m->map.shape, &f->component)))
        return;
    c->factor *= f->slow > 0 ? f->slow : 1;
    c->loss += f->loss;
    c->marks += f->marks;
    c->rtt *= f->marks > 0 ? 1.5 : 1;
    c->silent |= f->black_hole;
}

static void suffer_link(const struct model *m, uint32_t link, struct course *c)
{
    if (m->congested[link] == 0)
        return;
    c->factor *= m->congested[link];
    if (m->congestion_marked[link]) {
        c->marks += 0.2;
        c->rtt *= 1.3;
    }
}

static struct course course_of(const struct model *m, const struct flow *flow)
{
    struct course c = {.factor = 1, .loss = LOSS_EVERYWHERE, .rtt = 1};
    uint32_t spines = m->config.spines, links = m->config.leaves * spines;
    if (flow->spine != FLOW_NO_SPINE) {
        uint32_t from = m->port_leaf[flow->source], to = m->port_leaf[flow->destination];
        suffer_link(m, from * spines + flow->spine, &c);
        suffer_link(m, links + (flow->turns ? from : to) * spines + flow->spine, &c);
    }
    for (unsigned i = 0; i < m->config.fault_count; i++)
        if (fault_showing(m, i) != NULL)
            suffer_fault(m, fault_showing(m, i), flow, &c);
    return c;
}

/* ---- records ---- */

static void deliver(struct model *m, const struct timing_record *r, uint64_t now_ns)
{
    if (m->config.lost_records > 0 && chance(&m->random, m->config.lost_records))
        return;
    m->records++;
    localiser_take_record(m->localiser, r->kind == TIMING_RECEIVED ? r->destination : r->source, r, now_ns);
}

struct message {
    const struct model_job *job;
    uint32_t job_number, step;
    uint32_t from, to; /* ranks */
    uint64_t now_ns;
    double entered_ns; /* by the sender, since the step began */
};

/* Spread over spines as a plan would, the same in every operation; away from what swallows packets, once
 * that has been noticed. */
static struct flow flow_of(const struct model *m, const struct message *x)
{
    struct flow flow = {
        .source = x->job->ports[x->from], .destination = x->job->ports[x->to], .spine = FLOW_NO_SPINE};
    if (m->port_leaf[flow.source] != m->port_leaf[flow.destination])
        flow.spine = (uint16_t)(mix64_pair(x->from * 8191 + x->to, x->job_number) % m->config.spines);
    if (flow.spine != FLOW_NO_SPINE && m->step > m->config.onset_step && course_of(m, &flow).silent)
        flow.spine = (uint16_t)((flow.spine + 1) % m->config.spines);
    return flow;
}

/* What the sender tells, not what is true. */
static double told_factor(const struct model *m, const struct flow *flow)
{
    double factor = 1;
    for (unsigned i = 0; i < m->config.fault_count; i++) {
        const struct model_fault *f = fault_showing(m, i);
        if (f != NULL && f->lie && f->component.place == flow->source && f->lie_spine == flow->spine)
            factor *= f->slow;
    }
    return factor;
}

static double host_share(const struct model *m, uint32_t port, enum component_kind kind,
                         double (*share)(const struct model_fault *f))
{
    double sum = 0;
    for (unsigned i = 0; i < m->config.fault_count; i++) {
        const struct model_fault *f = fault_showing(m, i);
        if (f != NULL && f->component.kind == kind && f->component.place == port)
            sum += share(f);
    }
    return sum;
}

static double ready_share(const struct model_fault *f)
{
    return f->ready;
}
static double drain_share(const struct model_fault *f)
{
    return f->drain;
}
static double late_share(const struct model_fault *f)
{
    return f->late;
}
static double gone_share(const struct model_fault *f)
{
    return f->silent_host;
}

static struct timing_record record_of(const struct model *m, const struct message *x, const struct flow *flow)
{
    return (struct timing_record){.communicator = 100 + x->job_number,
                                  .sequence = m->step,
                                  .bytes = x->job->bytes,
                                  .source = m->ports[flow->source].address,
                                  .destination = m->ports[flow->destination].address,
                                  .rank = x->from,
                                  .peer_rank = x->to,
                                  .rank_count = x->job->ranks,
                                  .step = x->step,
                                  .path = flow->spine,
                                  .operation = 1,
                                  .pieces = 1};
}

static double time_of(struct model *m, uint64_t bytes, const struct course *c)
{
    double ideal = BASE_RTT_NS + (double)bytes / RATE_BYTES_NS;
    return ideal * c->factor * exp(m->config.noise * chance_normal(&m->random));
}

static void send_silence(struct model *m, struct timing_record *r, uint64_t now_ns)
{
    r->kind = TIMING_SILENT;
    r->network_ns = 3000000;
    r->retransmits = 3;
    r->bytes = 0;
    deliver(m, r, now_ns);
}

static void send_message(struct model *m, const struct message *x)
{
    struct flow flow = flow_of(m, x);
    struct course c = course_of(m, &flow);
    struct timing_record r = record_of(m, x, &flow);
    if (c.silent) {
        send_silence(m, &r, x->now_ns);
        return;
    }
    double time = time_of(m, x->job->bytes, &c);
    r.kind = TIMING_SENT;
    r.network_ns = (uint64_t)(time * told_factor(m, &flow));
    r.ready_ns = (uint64_t)(time * (0.05 * chance_uniform(&m->random) +
                                    host_share(m, flow.source, COMPONENT_TX, ready_share)));
    r.at_ns =
        (uint64_t)(m->step + 1) * STEP_NS + (uint64_t)x->entered_ns + r.ready_ns + r.network_ns + x->from;
    r.packets = (uint32_t)(x->job->bytes / PACKET_BYTES + 1);
    r.retransmits = chance_binomial(&m->random, r.packets, c.loss);
    r.marks = chance_binomial(&m->random, r.packets, fmin(0.9, c.marks + 0.001));
    r.minimum_rtt_ns = (uint64_t)(BASE_RTT_NS * c.rtt * exp(0.03 * chance_normal(&m->random)));
    deliver(m, &r, x->now_ns);
    r.kind = TIMING_RECEIVED;
    r.drain_ns = (uint64_t)(time * (0.05 * chance_uniform(&m->random) +
                                    host_share(m, flow.destination, COMPONENT_RX, drain_share)));
    deliver(m, &r, x->now_ns);
}

static void send_step(struct model *m, struct message *x, const double *late, double operation_ns)
{
    for (x->from = 0; x->from < x->job->ranks; x->from++) {
        x->entered_ns = operation_ns * late[x->from];
        switch (x->job->pattern) {
        case MODEL_RING:
            x->to = (x->from + 1) % x->job->ranks;
            send_message(m, x);
            break;
        case MODEL_EXCHANGE:
            x->to = x->from ^ 1u << x->step;
            if (x->to < x->job->ranks)
                send_message(m, x);
            break;
        case MODEL_ALL_TO_ALL:
            for (x->to = 0; x->to < x->job->ranks; x->to++)
                if (x->to != x->from)
                    send_message(m, x);
            break;
        }
    }
}

/* Steps of an operation; of a ring's many, eight stand for all. */
static uint32_t steps_of(const struct model_job *job)
{
    uint32_t steps = 0;
    if (job->pattern == MODEL_ALL_TO_ALL)
        return 1;
    if (job->pattern == MODEL_RING)
        return 8;
    while (1u << steps < job->ranks)
        steps++;
    return steps;
}

/* When a rank does something, and for how long it did. */
struct moment {
    double at_ns, duration_ns; /* at_ns: since the step began */
};

static void tell_rank(struct model *m, const struct message *x, enum timing_kind kind, struct moment moment)
{
    struct flow own = {
        .source = x->job->ports[x->from], .destination = x->job->ports[x->from], .spine = FLOW_NO_SPINE};
    struct timing_record r = record_of(m, x, &own);
    r.kind = (uint8_t)kind;
    r.bytes = 0;
    r.peer_rank = x->from;
    r.network_ns = (uint64_t)moment.duration_ns;
    r.at_ns =
        (uint64_t)(m->step + 1) * STEP_NS + (uint64_t)moment.at_ns + x->from; /* each on its own clock */
    if (host_share(m, own.source, COMPONENT_TX, gone_share) == 0)
        deliver(m, &r, x->now_ns);
}

/* All end when the last has come and done its part; who came later was in it for less time. */
static void tell_ends(struct model *m, struct message *x, const double *late, double operation_ns)
{
    double last = 0;
    for (uint32_t i = 0; i < x->job->ranks; i++)
        last = fmax(last, late[i]);
    for (x->from = 0; x->from < x->job->ranks; x->from++)
        tell_rank(m, x, TIMING_ENDED,
                  (struct moment){.at_ns = operation_ns * (1 + last),
                                  .duration_ns = operation_ns * (1 + last - late[x->from])});
}

static void tell_entries(struct model *m, struct message *x, const double *late, double operation_ns)
{
    for (x->from = 0; x->from < x->job->ranks; x->from++)
        tell_rank(m, x, TIMING_ENTERED, (struct moment){.at_ns = operation_ns * late[x->from]});
}

static void draw_lateness(struct model *m, const struct model_job *job, double *late)
{
    for (uint32_t i = 0; i < job->ranks; i++)
        late[i] =
            fabs(0.01 * chance_normal(&m->random)) + host_share(m, job->ports[i], COMPONENT_TX, late_share);
}

static bool hangs(const struct model *m, const struct model_job *job)
{
    for (uint32_t i = 0; i < job->ranks; i++)
        if (host_share(m, job->ports[i], COMPONENT_TX, gone_share) > 0)
            return true;
    return false;
}

static void run_job(struct model *m, uint32_t number, uint64_t now_ns)
{
    struct message x = {.job = &m->config.jobs[number], .job_number = number, .now_ns = now_ns};
    uint32_t steps = steps_of(x.job);
    bool hung = hangs(m, x.job);
    if (hung && m->step > m->config.onset_step)
        return;
    static double late[MODEL_PORTS_MAX];
    double operation_ns = steps * (BASE_RTT_NS + (double)x.job->bytes / RATE_BYTES_NS);
    draw_lateness(m, x.job, late);
    tell_entries(m, &x, late, operation_ns);
    if (hung)
        return;
    for (x.step = 0; x.step < steps; x.step++)
        send_step(m, &x, late, operation_ns);
    x.step = 0;
    tell_ends(m, &x, late, operation_ns);
}

/* ---- probes ---- */

static void answer_probe(struct model *m, const struct probe_request *p, uint64_t now_ns)
{
    struct flow flow = {.spine = p->path, .turns = p->turns_at_spine};
    for (uint32_t port = 0; port < m->map.shape.port_count; port++) {
        flow.source = m->ports[port].address == p->source ? port : flow.source;
        flow.destination = m->ports[port].address == p->destination ? port : flow.destination;
    }
    struct course c = course_of(m, &flow);
    for (uint32_t i = 0; i < p->repeats; i++) {
        struct timing_record r = {.sequence = p->number,
                                  .step = i,
                                  .source = p->source,
                                  .destination = p->destination,
                                  .path = p->path,
                                  .packets = p->packets,
                                  .kind = TIMING_PROBE};
        r.network_ns = (uint64_t)time_of(m, (uint64_t)p->packets * PACKET_BYTES, &c);
        r.retransmits = c.silent ? p->packets : chance_binomial(&m->random, p->packets, c.loss);
        deliver(m, &r, now_ns);
    }
}

/* ---- time ---- */

static void draw_congestion(struct model *m)
{
    uint32_t links = 2 * m->config.leaves * m->config.spines;
    for (uint32_t link = 0; link < links; link++) {
        bool now = chance(&m->random, m->config.transient);
        m->congested[link] = now ? (float)(1.2 + chance_uniform(&m->random)) : 0;
        m->congestion_marked[link] = now && chance(&m->random, m->config.transient_marks);
    }
    for (unsigned i = 0; i < m->config.fault_count; i++)
        m->showing[i] = m->step >= m->config.onset_step && chance(&m->random, m->config.faults[i].duty);
}

void model_step(struct model *m)
{
    uint64_t now_ns = (uint64_t)(m->step + 1) * STEP_NS;
    struct probe_request probe;
    draw_congestion(m);
    while (localiser_next_probe(m->localiser, &probe))
        answer_probe(m, &probe, now_ns);
    for (unsigned i = 0; i < m->config.job_count; i++)
        run_job(m, i, now_ns);
    localiser_tick(m->localiser, now_ns + STEP_NS / 4);
    localiser_tick(m->localiser, now_ns + 4 * STEP_NS / 5); /* lost ends: what is settled, and its round */
    m->step++;
}
