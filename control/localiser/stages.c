/* SPDX-License-Identifier: BSD-3-Clause */
#include "control/localiser/stages.h"

#include <math.h>
#include <stdlib.h>

#include "control/localiser/order.h"

enum {
    STAGES_PORTS_MIN = 4 /* fewer cannot say which of them is unusual */
};
#define STAGE_CLIP 8.0 /* one figure a round stands for a whole host */
#define STAGE_MATERIAL                                                                                       \
    0.025 /* of the operation's time: thrice that, again and again, is what can be found                     \
           */
#define STAGE_MAD_TO_SIGMA 1.4826

/* One stage time of each port of the operation. */
struct port_values {
    const struct evidence *evidence;
    double *sum; /* [port] */
    uint32_t *count;
    float *scratch;
    uint32_t ports; /* that have a value */
};

static void clear(struct port_values *v)
{
    uint32_t all = v->evidence->map->shape.port_count;
    for (uint32_t port = 0; port < all; port++) {
        v->sum[port] = 0;
        v->count[port] = 0;
    }
    v->ports = 0;
}

static void add_value(struct port_values *v, uint32_t port, uint64_t value_ns)
{
    v->ports += v->count[port]++ == 0;
    v->sum[port] += (double)value_ns;
}

static float mean_of(const struct port_values *v, uint32_t port)
{
    return (float)(v->sum[port] / v->count[port]);
}

/* Median and scatter over the ports that have a value. */
static void spread_of(struct port_values *v, float *median, float *scatter)
{
    uint32_t all = v->evidence->map->shape.port_count, n = 0;
    for (uint32_t port = 0; port < all; port++)
        if (v->count[port] > 0)
            v->scratch[n++] = mean_of(v, port);
    *median = order_median(v->scratch, n);
    n = 0;
    for (uint32_t port = 0; port < all; port++)
        if (v->count[port] > 0)
            v->scratch[n++] = fabsf(mean_of(v, port) - *median);
    *scatter = (float)STAGE_MAD_TO_SIGMA * order_median(v->scratch, n);
}

/* How a channel reads the values. */
struct reading {
    enum evidence_channel channel;
    enum component_kind component;
    double sign;     /* -1: unusually small ones are suspect */
    double whole_ns; /* of the operation: what is material is a share of it */
};

static void judge_values(struct evidence *e, struct port_values *v, const struct reading *r)
{
    const struct component_shape *shape = &e->map->shape;
    float median, scatter;
    if (v->ports < STAGES_PORTS_MIN || r->whole_ns <= 0)
        return;
    spread_of(v, &median, &scatter);
    double unit = fmax(scatter, STAGE_MATERIAL * r->whole_ns), mu = e->config->shift;
    for (uint32_t port = 0; port < shape->port_count; port++) {
        if (v->count[port] == 0)
            continue;
        struct component c = {.kind = r->component, .place = port};
        double off = r->sign * (mean_of(v, port) - median), weight = mu * (off / unit - mu / 2);
        struct host_observation o = {.channel = r->channel,
                                     .component = component_number(shape, &c),
                                     .weight = (float)fmin(STAGE_CLIP, fmax(-STAGE_CLIP, weight)),
                                     .excess = (float)(1 + off / r->whole_ns)};
        evidence_add_host(e, &o);
    }
}

/* ---- what the operation says ---- */

static double median_message(struct port_values *v, const struct open_operation *o)
{
    float median = 0, scatter;
    clear(v);
    for (size_t i = 0; i < o->count; i++)
        if (o->samples[i].kind == TIMING_SENT)
            add_value(v, o->samples[i].flow.source, o->samples[i].network_ns);
    if (v->ports > 0)
        spread_of(v, &median, &scatter);
    return median;
}

/* For how much less time than others each port was in the operation, at least 0. Returns the median of their
 * times. */
static double find_shortfalls(struct port_values *v, const struct open_operation *o, float *shortfalls)
{
    float median = 0, scatter;
    clear(v);
    for (size_t i = 0; i < o->count; i++)
        if (o->samples[i].kind == TIMING_ENDED)
            add_value(v, o->samples[i].flow.source, o->samples[i].network_ns);
    if (v->ports > 0)
        spread_of(v, &median, &scatter);
    for (uint32_t port = 0; port < v->evidence->map->shape.port_count; port++)
        shortfalls[port] = v->count[port] > 0 ? fmaxf(0, median - mean_of(v, port)) : 0;
    return median;
}

/* Who comes late because it was itself held up in the operation before is nobody's straggler: it must have
 * been away for longer than others, too. */
static void judge_late(struct evidence *e, struct port_values *v, const struct open_operation *o,
                       const float *shortfalls, double whole_ns)
{
    struct reading late = {
        .channel = EVIDENCE_LATE, .component = COMPONENT_TX, .sign = 1, .whole_ns = whole_ns};
    float median, scatter;
    clear(v);
    for (size_t i = 0; i < o->count; i++)
        if (o->samples[i].kind == TIMING_ENDED && o->samples[i].away_ns > 0)
            add_value(v, o->samples[i].flow.source, o->samples[i].away_ns);
    if (v->ports < STAGES_PORTS_MIN)
        return;
    spread_of(v, &median, &scatter);
    for (uint32_t port = 0; port < e->map->shape.port_count; port++)
        if (v->count[port] > 0) {
            v->sum[port] = fmin(shortfalls[port], mean_of(v, port) - median);
            v->count[port] = 1;
        }
    judge_values(e, v, &late);
}

/* Only the first step: later ones wait for what others send. */
static bool is_first_sent(const struct sample *s)
{
    return s->kind == TIMING_SENT && s->step == 0;
}

/* How long ranks usually need from their entry until their data is ready. */
static float usual_entry(struct port_values *v, const struct open_operation *o)
{
    float median = 0, scatter;
    clear(v);
    for (size_t i = 0; i < o->count; i++)
        if (is_first_sent(&o->samples[i]))
            add_value(v, o->samples[i].flow.source, o->samples[i].entry_to_ready_ns);
    if (v->ports > 0)
        spread_of(v, &median, &scatter);
    return median;
}

/* A credit waited for the data, and the rank had been in the operation for longer than others need: who
 * enters late has credits waiting, and nothing wrong with its data. */
static void judge_ready(struct evidence *e, struct port_values *v, const struct open_operation *o,
                        double whole_ns)
{
    struct reading reading = {
        .channel = EVIDENCE_READY, .component = COMPONENT_TX, .sign = 1, .whole_ns = whole_ns};
    double usual_ns = usual_entry(v, o);
    clear(v);
    for (size_t i = 0; i < o->count; i++) {
        const struct sample *s = &o->samples[i];
        double longer_ns = fmax(0, (double)s->entry_to_ready_ns - usual_ns);
        if (is_first_sent(s))
            add_value(v, s->flow.source, (uint64_t)fmin((double)s->ready_ns, longer_ns));
    }
    judge_values(e, v, &reading);
}

static void judge_drain(struct evidence *e, struct port_values *v, const struct open_operation *o,
                        double whole_ns)
{
    struct reading reading = {
        .channel = EVIDENCE_DRAIN, .component = COMPONENT_RX, .sign = 1, .whole_ns = whole_ns};
    clear(v);
    for (size_t i = 0; i < o->count; i++)
        if (o->samples[i].kind == TIMING_RECEIVED)
            add_value(v, o->samples[i].flow.destination, o->samples[i].drain_ns);
    judge_values(e, v, &reading);
}

void stages_judge(struct evidence *e, struct habit *habit, const struct open_operation *o)
{
    uint32_t ports = e->map->shape.port_count;
    struct port_values v = {.evidence = e,
                            .sum = malloc(ports * sizeof(double)),
                            .count = malloc(ports * sizeof(uint32_t)),
                            .scratch = malloc(ports * sizeof(float))};
    float *shortfalls = malloc(ports * sizeof(float));
    if (v.sum != NULL && v.count != NULL && v.scratch != NULL && shortfalls != NULL) {
        double message_ns = habit_follow_message(habit, median_message(&v, o));
        double duration_ns = find_shortfalls(&v, o, shortfalls);
        judge_late(e, &v, o, shortfalls, fmax(duration_ns, message_ns));
        judge_ready(e, &v, o, message_ns);
        judge_drain(e, &v, o, message_ns);
    }
    free(v.sum);
    free(v.count);
    free(v.scratch);
    free(shortfalls);
}
