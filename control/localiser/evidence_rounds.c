/* SPDX-License-Identifier: BSD-3-Clause */
/* What rounds add up to: the thresholds that follow from what is usual, and who is beyond them. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "control/localiser/evidence_parts.h"
#include "control/localiser/order.h"

#define TRANSIENT_AT_FIRST  0.01
#define TRANSIENT_MEMORY    (1.0 / 128) /* of a round, in the mean */
#define TRANSIENT_TRUSTED   0.8 /* of components: the rest may be faulty, and must not teach what is normal */
#define TRANSIENT_ALLOWANCE 1.5 /* for the part that was left out */
#define TRANSIENT_MIN       1e-3
#define TOTAL_CAPS          25 /* no round counts for more caps than this when suspects are ranked */

static void derive_thresholds(struct evidence *e, enum evidence_channel channel, double transient)
{
    struct threshold_input input = {.components = e->components,
                                    .rounds = e->config->window_rounds,
                                    .transient = transient,
                                    .false_per_round =
                                        e->config->false_verdicts_per_round / EVIDENCE_CHANNELS,
                                    .round_cap = e->config->round_cap};
    e->thresholds[channel] = threshold_derive(&input);
}

void evidence_begin_thresholds(struct evidence *e)
{
    size_t cells = (size_t)EVIDENCE_CHANNELS * e->components;
    for (size_t i = 0; i < cells; i++)
        e->transient[i] = TRANSIENT_AT_FIRST;
    for (unsigned channel = 0; channel < EVIDENCE_CHANNELS; channel++)
        derive_thresholds(e, channel, TRANSIENT_AT_FIRST);
}

/* ---- rounds ---- */

uint32_t evidence_rounds(const struct evidence *e)
{
    return e->closed;
}

uint32_t evidence_ring_index(const struct evidence *e, uint32_t age)
{
    uint32_t size = e->config->window_rounds + 1;
    return (e->open + size - 1 - age) % size;
}

const struct evidence_round *evidence_round_at(const struct evidence *e, uint32_t age)
{
    return &e->rounds[evidence_ring_index(e, age)];
}

double evidence_prior(const struct evidence *e, enum evidence_channel channel)
{
    bool losses = channel == EVIDENCE_LOSS_LOW || channel == EVIDENCE_LOSS_HIGH;
    return losses ? e->config->round_prior / 2 : e->config->round_prior;
}

/* One round's word on one component. */
static double round_score(const struct evidence *e, const struct evidence_round *r, size_t cell)
{
    return r->sums[cell] - evidence_prior(e, cell / e->components);
}

static bool is_forgotten(const struct evidence *e, uint32_t age, uint32_t component)
{
    return e->round - age <= e->forgotten[component];
}

/* Of the round of this age. */
static void accumulate(struct evidence *e, uint32_t age, enum evidence_channel channel)
{
    const struct evidence_round *r = evidence_round_at(e, age);
    double cap = e->config->round_cap, fade = 1 - 1.0 / (3 * e->config->window_rounds);
    for (uint32_t c = 0; c < e->components; c++) {
        size_t cell = evidence_cell(e, channel, c);
        if (r->sums[cell] == 0 || is_forgotten(e, age, c))
            continue;
        if (channel < EVIDENCE_FLOW_CHANNELS)
            steady_add(&e->steady, channel, c, r->sums[cell]);
        double score = fmax(0, round_score(e, r, cell));
        e->cusum[cell] = fmax(0, e->cusum[cell] + fmin(cap, score) - e->thresholds[channel].drift);
        e->total[cell] = e->total[cell] * fade + fmin(TOTAL_CAPS * cap, score);
    }
}

/* The mean over those components that look bad least often. */
static double learn_transient(struct evidence *e, const struct evidence_round *r,
                              enum evidence_channel channel)
{
    float *rates = malloc(e->components * sizeof(float));
    uint32_t count = 0;
    if (rates == NULL)
        return TRANSIENT_AT_FIRST;
    for (uint32_t c = 0; c < e->components; c++) {
        size_t cell = evidence_cell(e, channel, c);
        if (r->sums[cell] == 0)
            continue;
        bool bad = round_score(e, r, cell) > 0;
        e->transient[cell] += (float)TRANSIENT_MEMORY * ((float)bad - e->transient[cell]);
        rates[count++] = e->transient[cell];
    }
    uint32_t trusted = (uint32_t)(count * TRANSIENT_TRUSTED);
    double mean = trusted > 0 ? order_mean_of_smallest(rates, count, trusted) : TRANSIENT_AT_FIRST;
    free(rates);
    return fmax(TRANSIENT_MIN, TRANSIENT_ALLOWANCE * mean);
}

/* Losses are counted, not compared: what carries more packets has more of those that are lost anyhow, so they
 * must also be unlikely enough in number. */
static bool is_bad_often(const struct evidence *e, enum evidence_channel channel, uint32_t component)
{
    const struct threshold *t = &e->thresholds[channel];
    struct evidence_sum sum = evidence_sum_up(e, channel, component);
    bool losses = channel == EVIDENCE_LOSS_LOW || channel == EVIDENCE_LOSS_HIGH;
    return sum.bad_rounds >= t->bad_rounds && (!losses || sum.gain >= t->gain);
}

static bool has_added_up(const struct evidence *e, enum evidence_channel channel, uint32_t component)
{
    return channel < EVIDENCE_FLOW_CHANNELS && e->steady.sum[evidence_cell(e, channel, component)] >=
                                                   steady_threshold(e->thresholds[channel].gain);
}

static void count_streaks(struct evidence *e, enum evidence_channel channel)
{
    const struct threshold *t = &e->thresholds[channel];
    for (uint32_t c = 0; c < e->components; c++) {
        size_t cell = evidence_cell(e, channel, c);
        bool enough = e->cusum[cell] >= t->cusum || has_added_up(e, channel, c);
        if (!enough && e->total[cell] > 0)
            enough = is_bad_often(e, channel, c);
        e->streak[cell] = enough ? (uint8_t)fmin(e->streak[cell] + 1, UINT8_MAX) : 0;
    }
}

void evidence_accumulate(struct evidence *e, uint32_t age, enum evidence_channel channel)
{
    accumulate(e, age, channel);
    count_streaks(e, channel);
}

static void empty_round(struct evidence *e, struct evidence_round *r)
{
    r->count = r->host_count = 0;
    memset(r->sums, 0, (size_t)EVIDENCE_CHANNELS * e->components * sizeof(float));
}

void evidence_close_round(struct evidence *e)
{
    const struct evidence_round *r = &e->rounds[e->open];
    e->open = (e->open + 1) % (e->config->window_rounds + 1);
    e->closed += e->closed < e->config->window_rounds;
    e->round++;
    for (unsigned channel = 0; channel < EVIDENCE_CHANNELS; channel++) {
        derive_thresholds(e, channel, learn_transient(e, r, channel));
        if (channel < EVIDENCE_FLOW_CHANNELS)
            steady_learn(&e->steady, channel, &r->sums[evidence_cell(e, channel, 0)]);
        evidence_accumulate(e, 0, channel);
    }
    empty_round(e, &e->rounds[e->open]);
}

/* ---- reading ---- */

struct evidence_sum evidence_sum_up(const struct evidence *e, enum evidence_channel channel,
                                    uint32_t component)
{
    struct evidence_sum sum = {0};
    size_t cell = evidence_cell(e, channel, component);
    for (uint32_t age = 0; age < e->closed && !is_forgotten(e, age, component); age++) {
        const struct evidence_round *r = evidence_round_at(e, age);
        double score = round_score(e, r, cell);
        sum.rounds += r->sums[cell] != 0;
        sum.bad_rounds += score > 0;
        sum.gain += fmin(e->config->round_cap, fmax(0, score));
    }
    return sum;
}

bool evidence_is_steady(const struct evidence *e, enum evidence_channel channel, uint32_t component)
{
    size_t cell = evidence_cell(e, channel, component);
    return has_added_up(e, channel, component) && e->cusum[cell] < e->thresholds[channel].cusum &&
           !is_bad_often(e, channel, component);
}

double evidence_bad_from(const struct evidence *e, enum evidence_channel channel, uint32_t component)
{
    return evidence_is_steady(e, channel, component) ? 0 : evidence_prior(e, channel);
}

double evidence_score(const struct evidence *e, uint32_t component)
{
    double score = 0;
    for (unsigned channel = 0; channel < EVIDENCE_CHANNELS && e->closed > 0; channel++) {
        const struct threshold *t = &e->thresholds[channel];
        size_t cell = evidence_cell(e, channel, component);
        score = fmax(score, e->cusum[cell] / t->cusum);
        if (channel < EVIDENCE_FLOW_CHANNELS)
            score = fmax(score, e->steady.sum[cell] / steady_threshold(t->gain));
    }
    return score;
}

float evidence_weight(const struct evidence *e, enum evidence_channel channel, uint32_t component)
{
    size_t cell = evidence_cell(e, channel, component);
    return e->total[cell] + (channel < EVIDENCE_FLOW_CHANNELS ? e->steady.sum[cell] : 0);
}

bool evidence_is_bad_now(const struct evidence *e, enum evidence_channel channel, uint32_t component,
                         bool *loaded)
{
    size_t cell = evidence_cell(e, channel, component);
    const struct evidence_round *r = evidence_round_at(e, 0);
    *loaded = e->closed > 0 && r->sums[cell] != 0;
    return *loaded && round_score(e, r, cell) > 0;
}
