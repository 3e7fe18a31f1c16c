/* SPDX-License-Identifier: BSD-3-Clause */
#include "control/localiser/syndrome.h"

#include <math.h>
#include <stdlib.h>

#include "control/localiser/order.h"
#include "control/localiser/part.h"

#define MARKS_UP      0.05 /* more of its packets are marked than elsewhere, by this share of all */
#define RTT_UP        1.15 /* its least round trips are that much longer: the queue never empties */
#define RTT_MOST      0.9  /* flows that start beside others wait: the spread of healthy ones is allowed */
#define SLOW_MATERIAL 0.14 /* log 1.15 */
#define NOISE_MEMBERS 1.4826
enum {
    SLOW_ROUNDS_MIN = 3
};

/* Values of the window's flows that cross the component, and counts of all. */
struct reading {
    float *excesses, *rtts; /* of bad flows that cross it */
    float *others, *other_rtts;
    size_t excess_count, rtt_count, other_count, other_rtt_count;
    uint64_t packets, retransmits, marks, other_packets, other_marks;
    uint32_t flows, bad_flows, bad_and_lossy;
};

static size_t window_flows(const struct evidence *e)
{
    size_t count = 0;
    for (uint32_t age = 0; age < evidence_rounds(e); age++)
        count += evidence_round_at(e, age)->count;
    return count;
}

static void read_crossing(struct reading *r, const struct observation *o, enum evidence_channel channel)
{
    bool bad = o->weight[channel] > 0;
    r->packets += o->packets;
    r->retransmits += o->retransmits;
    r->marks += o->marks;
    r->flows++;
    r->bad_flows += bad;
    r->bad_and_lossy += bad && o->retransmits > 0;
    if (bad)
        r->excesses[r->excess_count++] = o->excess;
    if (bad && o->rtt_ratio > 0)
        r->rtts[r->rtt_count++] = o->rtt_ratio;
}

static void read_other(struct reading *r, const struct observation *o)
{
    r->other_packets += o->packets;
    r->other_marks += o->marks;
    r->others[r->other_count++] = fabsf(o->excess);
    if (o->rtt_ratio > 0)
        r->other_rtts[r->other_rtt_count++] = o->rtt_ratio;
}

/* What crosses somebody who is accused already shows that one's troubles, too. */
static bool is_explained(const struct evidence *e, const struct flow *flow, enum evidence_channel channel)
{
    uint32_t crossed[FLOW_COMPONENTS_MAX];
    unsigned count = flow_components(e->map, flow, crossed);
    for (unsigned i = 0; i < count; i++)
        if (evidence_is_accused(e, crossed[i], channel))
            return true;
    return false;
}

static void read_window(const struct evidence *e, const struct suspicion *s, struct reading *r)
{
    for (uint32_t age = 0; age < evidence_rounds(e); age++) {
        const struct evidence_round *round = evidence_round_at(e, age);
        for (size_t i = 0; i < round->count; i++) {
            const struct observation *o = &round->observations[i];
            if (is_explained(e, &o->flow, s->channel))
                continue;
            if (flow_crosses(e->map, &o->flow, s->components[0]))
                read_crossing(r, o, s->channel);
            else
                read_other(r, o);
        }
    }
}

static double share(uint64_t part, uint64_t whole)
{
    return whole > 0 ? (double)part / (double)whole : 0;
}

static void fill_flows(struct reading *r, struct verdict_evidence *e)
{
    e->flows = r->flows;
    e->bad_flows = r->bad_flows;
    e->packets = r->packets;
    e->retransmits = r->retransmits;
    e->marks = r->marks;
    e->mark_share_elsewhere = share(r->other_marks, r->other_packets);
    e->excess = r->excess_count > 0 ? exp(order_median(r->excesses, r->excess_count)) : 1;
    e->rtt_floor_ratio = r->rtt_count > 0 ? order_median(r->rtts, r->rtt_count) : 0;
}

static void fill_rounds(const struct evidence *e, const struct suspicion *s, struct verdict_evidence *out)
{
    const struct threshold *t = &e->thresholds[s->channel];
    struct evidence_sum sum = evidence_sum_up(e, s->channel, s->components[0]);
    out->rounds = sum.rounds;
    out->bad_rounds = sum.bad_rounds;
    out->bad_rounds_needed = t->bad_rounds;
    out->gain = sum.gain;
    out->gain_needed = t->gain;
    out->runner_up_gain = s->runner_up;
    out->cusum = e->cusum[evidence_cell(e, s->channel, s->components[0])];
    out->reporters = s->reporters;
}

/* Of a steady trickle of losses many rounds see none: only what is rarer than that shows now and then. */
static double steady_share(const struct suspicion *s, const struct verdict_evidence *v)
{
    if (s->channel == EVIDENCE_SLOW || s->channel >= EVIDENCE_FLOW_CHANNELS || v->rounds == 0)
        return 1;
    return -expm1(-(double)v->retransmits / v->rounds);
}

/* Rounds with traffic since the first bad one of the window. */
static uint32_t bad_span(const struct evidence *e, const struct suspicion *s)
{
    size_t cell = evidence_cell(e, s->channel, s->components[0]);
    uint32_t seen = 0, span = 0;
    for (uint32_t age = 0; age < evidence_rounds(e); age++) {
        float sum = evidence_round_at(e, age)->sums[cell];
        seen += sum != 0;
        if (sum > evidence_prior(e, s->channel))
            span = seen;
    }
    return span;
}

/* What else the flows tell of the kind. */
struct flow_word {
    bool mostly_lossy;    /* most that are slow have lost packets */
    bool slow_anyhow;     /* those that have lost none are, too */
    double rtt_elsewhere; /* which most flows' round trips, over their cohorts', do not exceed */
};

static enum verdict_kind kind_of_flows(const struct evidence *e, const struct suspicion *s,
                                       const struct verdict_evidence *v, const struct flow_word *word)
{
    struct component c = component_at(&e->map->shape, s->components[0]);
    bool marked = share(v->marks, v->packets) > v->mark_share_elsewhere + MARKS_UP;
    bool losses = s->channel != EVIDENCE_SLOW || word->mostly_lossy;
    bool lossy = losses && !word->slow_anyhow; /* then slowness is of the losses */
    if (marked && v->rtt_floor_ratio > RTT_UP * word->rtt_elsewhere)
        return VERDICT_CONGESTED;
    if (lossy)
        return VERDICT_LOSSY;
    if (c.kind == COMPONENT_TX)
        return VERDICT_HOST_SENDING;
    return c.kind == COMPONENT_RX ? VERDICT_HOST_RECEIVING : VERDICT_REDUCED_RATE;
}

static enum verdict_kind kind_of(const struct evidence *e, const struct suspicion *s,
                                 const struct verdict_evidence *v, const struct flow_word *word)
{
    switch (s->channel) {
    case EVIDENCE_READY:
        return VERDICT_HOST_SENDING;
    case EVIDENCE_DRAIN:
        return VERDICT_HOST_RECEIVING;
    case EVIDENCE_LATE:
        return VERDICT_STRAGGLER;
    case EVIDENCE_SLOW:
    case EVIDENCE_LOSS_LOW:
    case EVIDENCE_LOSS_HIGH:
    case EVIDENCE_CHANNELS:
        break;
    }
    return kind_of_flows(e, s, v, word);
}

/* Of hosts' stages: the median of what the bad rounds say. */
static void fill_host(const struct evidence *e, const struct suspicion *s, struct verdict_evidence *out)
{
    float values[256];
    size_t count = 0;
    for (uint32_t age = 0; age < evidence_rounds(e); age++) {
        const struct evidence_round *r = evidence_round_at(e, age);
        for (size_t i = 0; i < r->host_count; i++) {
            const struct host_observation *o = &r->hosts[i];
            if (o->channel == s->channel && o->component == s->components[0] && o->weight > 0 && count < 256)
                values[count++] = o->excess;
        }
    }
    out->excess = count > 0 ? order_median(values, count) : 1;
    out->bad_flows = out->flows = (uint32_t)count;
}

static double rtt_elsewhere(const struct reading *r)
{
    size_t most = (size_t)(RTT_MOST * (double)r->other_rtt_count);
    return r->other_rtt_count > 0 ? fmax(1, order_nth(r->other_rtts, r->other_rtt_count, most)) : 1;
}

static uint32_t bad_rounds(const struct evidence *e, enum evidence_channel channel, uint32_t component)
{
    return evidence_sum_up(e, channel, component).bad_rounds;
}

/* Where there is no room before a slow link packets are lost, but in fewer rounds than it is slow, and the
 * messages that lost none are slow, too. */
static bool is_slow_anyhow(const struct evidence *e, uint32_t component)
{
    uint32_t slow = bad_rounds(e, EVIDENCE_SLOW, component);
    return slow >= SLOW_ROUNDS_MIN && slow > bad_rounds(e, EVIDENCE_LOSS_LOW, component) &&
           slow > bad_rounds(e, EVIDENCE_LOSS_HIGH, component) &&
           part_excess_without_losses(e, component) >= SLOW_MATERIAL;
}

static struct flow_word read_flows(const struct evidence *e, const struct suspicion *s, struct syndrome *out)
{
    struct flow_word word = {.rtt_elsewhere = 1};
    size_t room = window_flows(e) + 1;
    struct reading r = {.excesses = malloc(room * sizeof(float)),
                        .rtts = malloc(room * sizeof(float)),
                        .others = malloc(room * sizeof(float)),
                        .other_rtts = malloc(room * sizeof(float))};
    if (r.excesses != NULL && r.rtts != NULL && r.others != NULL && r.other_rtts != NULL) {
        read_window(e, s, &r);
        fill_flows(&r, &out->evidence);
        double noise = r.other_count > 0 ? NOISE_MEMBERS * order_median(r.others, r.other_count) : 0;
        out->need.noise = fmax(e->config->noise_floor, noise);
        word.rtt_elsewhere = rtt_elsewhere(&r);
    }
    free(r.excesses);
    free(r.rtts);
    free(r.others);
    free(r.other_rtts);
    word.mostly_lossy = 2 * r.bad_and_lossy > r.bad_flows;
    word.slow_anyhow =
        (s->channel != EVIDENCE_SLOW || word.mostly_lossy) && is_slow_anyhow(e, s->components[0]);
    return word;
}

void syndrome_read(const struct evidence *e, const struct suspicion *s, struct syndrome *out)
{
    *out = (struct syndrome){.need = {.channel = s->channel}};
    struct flow_word word = {0};
    fill_rounds(e, s, &out->evidence);
    if (s->channel < EVIDENCE_FLOW_CHANNELS)
        word = read_flows(e, s, out);
    else
        fill_host(e, s, &out->evidence);
    bool steady = s->channel < EVIDENCE_FLOW_CHANNELS && evidence_is_steady(e, s->channel, s->components[0]);
    out->need.duty =
        steady ? 1 : share(out->evidence.bad_rounds, bad_span(e, s)) / steady_share(s, &out->evidence);
    out->need.loss = share(out->evidence.retransmits, out->evidence.packets);
    out->need.excess = log(out->evidence.excess);
    out->kind = kind_of(e, s, &out->evidence, &word);
    if (s->channel < EVIDENCE_FLOW_CHANNELS)
        out->need.channel = out->kind == VERDICT_LOSSY ? EVIDENCE_LOSS_HIGH : EVIDENCE_SLOW;
}
