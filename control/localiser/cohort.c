/* SPDX-License-Identifier: BSD-3-Clause */
#include "control/localiser/cohort.h"

#include <math.h>
#include <stdlib.h>

#include "control/localiser/link_load.h"
#include "control/localiser/order.h"

enum {
    COHORT_MIN = 6 /* members: of fewer the median may be the faulty one */
};
#define FLOW_CLIP             4.0
#define LOSS_CLIP             8.0 /* upwards: a lost packet is no noise */
#define LOSS_HIGH_TIMES       100.0
#define LOSS_ABOVE_BACKGROUND 6.0
#define LOSS_MOST             0.2
#define MAD_TO_SIGMA          1.4826

/* A message and what it is compared by. */
struct member {
    const struct sample *sample;
    uint64_t key;  /* of its cohort: members of one lie side by side */
    float time;    /* log of its time a byte */
    float excess;  /* over the cohort's median */
    float rtt;     /* the cohort's median, 0: none */
    bool compared; /* it has a cohort */
};
struct members {
    struct member *items;
    size_t count;
};

static int compare_members(const void *a, const void *b)
{
    const struct member *x = a, *y = b;
    return (x->key > y->key) - (x->key < y->key);
}

/* A quarter of an octave, and whether spines are crossed: intra-leaf paths are shorter. */
static uint64_t size_class(const struct sample *s)
{
    uint64_t size = (uint64_t)lround(4 * log2((double)s->bytes + 1));
    return size << 1 | (s->flow.spine != FLOW_NO_SPINE);
}

/* The octave. Pieces that a transport cuts as paths fill are of all sizes: what is left of them is compared
 * roughly rather than not at all. */
static uint64_t rough_class(const struct sample *s)
{
    uint64_t size = (uint64_t)lround(log2((double)s->bytes + 1));
    return size << 1 | (s->flow.spine != FLOW_NO_SPINE);
}

static struct members collect(const struct open_operation *o)
{
    struct members m = {.items = malloc((o->count + 1) * sizeof(struct member))};
    for (size_t i = 0; m.items != NULL && i < o->count; i++) {
        const struct sample *s = &o->samples[i];
        if (s->kind != TIMING_SENT || s->bytes == 0 || s->network_ns == 0)
            continue;
        m.items[m.count++] = (struct member){.sample = s,
                                             .key = (uint64_t)s->step << 16 | size_class(s),
                                             .time = (float)log((double)s->network_ns / (double)s->bytes)};
    }
    qsort(m.items, m.count, sizeof(struct member), compare_members);
    return m;
}

/* ---- against the cohort ---- */

static float median_rtt(const struct member *first, size_t count, float *scratch)
{
    size_t known = 0;
    for (size_t i = 0; i < count; i++)
        if (first[i].sample->minimum_rtt_ns > 0)
            scratch[known++] = (float)first[i].sample->minimum_rtt_ns;
    return known > 0 ? order_median(scratch, known) : 0;
}

static void compare_cohort(struct member *first, size_t count, float *scratch)
{
    if (count < COHORT_MIN)
        return;
    for (size_t i = 0; i < count; i++)
        scratch[i] = first[i].time;
    float median = order_median(scratch, count);
    float rtt = median_rtt(first, count, scratch);
    for (size_t i = 0; i < count; i++) {
        first[i].excess = first[i].time - median;
        first[i].rtt = rtt;
        first[i].compared = true;
    }
}

static void compare_cohorts(struct members *m, float *scratch)
{
    for (size_t from = 0, to; from < m->count; from = to) {
        for (to = from + 1; to < m->count && m->items[to].key == m->items[from].key;)
            to++;
        compare_cohort(&m->items[from], to - from, scratch);
    }
}

/* Steps with few messages are taken together: those that have no cohort yet, by size alone. */
static void compare_leftovers(struct members *m, uint64_t (*class_of)(const struct sample *), float *scratch)
{
    struct members rest = {.items = &m->items[m->count]};
    for (size_t i = m->count; i-- > 0;) {
        if (m->items[i].compared)
            continue;
        struct member swapped = m->items[i];
        m->items[i] = *--rest.items;
        *rest.items = swapped;
        rest.items->key = class_of(swapped.sample);
        rest.count++;
    }
    qsort(rest.items, rest.count, sizeof(struct member), compare_members);
    compare_cohorts(&rest, scratch);
}

/* ---- when many are slow ---- */

/* In a small job a faulty link may carry half of the messages. Then the median is one of the slow, and those
 * that are well are further below it than usual: by that much it is corrected. Returns the correction. */
static float correct_median(struct members *m, struct habit *habit, float *scratch)
{
    size_t count = 0;
    for (size_t i = 0; i < m->count; i++)
        if (m->items[i].compared)
            scratch[count++] = m->items[i].excess;
    if (count == 0)
        return 0;
    float wider = habit_follow_gap(habit, -order_nth(scratch, count, count / 4));
    for (size_t i = 0; wider > 0 && i < m->count; i++)
        m->items[i].excess += wider;
    return wider;
}

/* ---- what the plan expects ---- */

/* A link that carries more than others of its kind takes longer, as far as links are what limits. */
static void expect_loads(const struct flow_map *map, struct members *m)
{
    struct link_load load;
    if (link_load_create(&load, map) != 0)
        return;
    for (size_t i = 0; i < m->count; i++)
        link_load_add(&load, &m->items[i].sample->flow, m->items[i].sample->bytes);
    bool settled = link_load_settle(&load) == 0;
    for (size_t i = 0; settled && i < m->count; i++)
        if (m->items[i].compared)
            link_load_teach(&load, &m->items[i].sample->flow, m->items[i].excess);
    float effect = link_load_effect(&load);
    for (size_t i = 0; effect > 0 && i < m->count; i++)
        m->items[i].excess -= effect * link_load_above(&load, &m->items[i].sample->flow);
    link_load_destroy(&load);
}

/* ---- noise and level of the operation ---- */

static float noise_of(const struct members *m, float *scratch)
{
    size_t count = 0;
    for (size_t i = 0; i < m->count; i++)
        if (m->items[i].compared)
            scratch[count++] = fabsf(m->items[i].excess);
    return count > 0 ? (float)MAD_TO_SIGMA * order_median(scratch, count) : 0;
}

static bool has_drifted(const struct members *m, struct habit *habit, const struct open_operation *o,
                        float noise, float *scratch)
{
    size_t count = 0;
    for (size_t i = 0; i < m->count; i++)
        if (m->items[i].compared)
            scratch[count++] = m->items[i].time;
    if (count == 0)
        return false;
    float level = order_nth(scratch, count, count / 4);
    uint32_t class = (uint32_t)size_class(m->items[m->count / 2].sample);
    return habit_has_drifted(habit, 1 + (class | (uint32_t)o->name << 16), level, noise);
}

static double clip(double weight)
{
    return fmin(FLOW_CLIP, fmax(-FLOW_CLIP, weight));
}

/* Weights of a packet that was lost, and of one that was not: log of its probability if a share of `sought`
 * is lost over that at `background`. */
struct loss_weights {
    double lost, kept;
};

static struct loss_weights loss_weights_of(double background, double sought)
{
    return (struct loss_weights){.lost = log(sought / background),
                                 .kept = log((1 - sought) / (1 - background))};
}

static float loss_weight(const struct sample *s, const struct loss_weights *w)
{
    double ratio = s->retransmits * w->lost + (s->packets - s->retransmits) * w->kept;
    return (float)fmin(LOSS_CLIP, fmax(-FLOW_CLIP, ratio));
}

/* What is lost anyhow is nobody's fault. */
static double loss_background(const struct members *m, struct loss_level *losses,
                              const struct localiser_config *config)
{
    for (size_t i = 0; i < m->count; i++) {
        const struct sample *s = m->items[i].sample;
        struct loss_report report = {.source = s->flow.source,
                                     .destination = s->flow.destination,
                                     .packets = s->packets,
                                     .lost = s->retransmits};
        loss_level_add(losses, &report);
    }
    return fmin(LOSS_MOST / LOSS_HIGH_TIMES, fmax(config->loss_background, loss_level_background(losses)));
}

/* ---- observations ---- */

struct yardstick {
    double noise;
    struct loss_weights low, high;
    bool common_mode;
};

static void measure_loss(struct yardstick *y, double background, const struct localiser_config *config)
{
    double low = fmax(config->loss_sought, LOSS_ABOVE_BACKGROUND * background);
    double high = fmax(LOSS_HIGH_TIMES * config->loss_sought, LOSS_ABOVE_BACKGROUND / 2 * low);
    y->low = loss_weights_of(background, low);
    y->high = loss_weights_of(background, fmin(LOSS_MOST, high));
}

static struct observation observe(const struct member *m, const struct yardstick *y,
                                  const struct localiser_config *config)
{
    const struct sample *s = m->sample;
    double z = m->excess / y->noise, mu = config->shift;
    bool slow = m->compared && !y->common_mode;
    return (struct observation){
        .flow = s->flow,
        .weight = {[EVIDENCE_SLOW] = slow ? (float)clip(mu * (z - mu / 2)) : 0,
                   [EVIDENCE_LOSS_LOW] = loss_weight(s, &y->low),
                   [EVIDENCE_LOSS_HIGH] = loss_weight(s, &y->high)},
        .excess = m->excess,
        .rtt_ratio = m->rtt > 0 && s->minimum_rtt_ns > 0 ? (float)s->minimum_rtt_ns / m->rtt : 0,
        .packets = s->packets,
        .retransmits = s->retransmits,
        .marks = s->marks};
}

/* What an operation is judged with. */
struct judging {
    struct evidence *evidence;
    struct habit *habit;
    struct loss_level *losses;
    const struct open_operation *operation;
    float *scratch; /* as many as it has samples */
};

static struct cohort_result judge_messages(const struct judging *j, struct members *m)
{
    struct evidence *e = j->evidence;
    float *scratch = j->scratch;
    struct cohort_result result = {0};
    compare_cohorts(m, scratch);
    compare_leftovers(m, size_class, scratch);
    compare_leftovers(m, rough_class, scratch);
    expect_loads(e->map, m);
    float usual_noise = j->habit->noise;
    bool many = correct_median(m, j->habit, scratch) > 0; /* then their scatter is no noise */
    double noise = many ? usual_noise : habit_follow_noise(j->habit, noise_of(m, scratch));
    noise = fmax(e->config->noise_floor, noise);
    result.common_mode = has_drifted(m, j->habit, j->operation, (float)noise, scratch);
    struct yardstick y = {.noise = noise, .common_mode = result.common_mode};
    measure_loss(&y, loss_background(m, j->losses, e->config), e->config);
    for (size_t i = 0; i < m->count; i++) {
        struct observation observation = observe(&m->items[i], &y, e->config);
        result.too_small += !m->items[i].compared;
        evidence_add(e, &observation);
    }
    return result;
}

struct cohort_result cohort_judge(struct evidence *e, struct habit *habit, struct loss_level *losses,
                                  const struct open_operation *o)
{
    struct cohort_result result = {0};
    struct members m = collect(o);
    struct judging j = {.evidence = e,
                        .habit = habit,
                        .losses = losses,
                        .operation = o,
                        .scratch = malloc((o->count + 1) * sizeof(float))};
    if (m.items != NULL && j.scratch != NULL && m.count > 0)
        result = judge_messages(&j, &m);
    free(m.items);
    free(j.scratch);
    return result;
}
