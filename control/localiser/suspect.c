/* SPDX-License-Identifier: BSD-3-Clause */
#include "control/localiser/suspect.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define OVERLAP_MIN                                                                                          \
    0.5 /* of what speaks against the best must go for it too, or it is about something else */

static bool find_best(const struct evidence *e, uint32_t *component, enum evidence_channel *channel)
{
    float most = 0;
    for (unsigned ch = 0; ch < EVIDENCE_CHANNELS; ch++)
        for (uint32_t c = 0; c < e->components; c++) {
            size_t cell = evidence_cell(e, ch, c);
            if (e->streak[cell] < SUSPECT_ROUNDS_NEEDED || e->total[cell] <= most ||
                evidence_is_accused(e, c, ch))
                continue;
            most = e->total[cell];
            *component = c;
            *channel = ch;
        }
    return most > 0;
}

/* What the window's flows that speak against the best say of all others that they cross, and who says so. */
struct echo {
    float *shared;    /* [component] */
    float *reporters; /* [port] */
    float all;
};

static void hear(const struct evidence *e, const struct suspicion *s, const struct evidence_round *r,
                 struct echo *echo)
{
    for (size_t i = 0; i < r->count; i++) {
        const struct observation *o = &r->observations[i];
        uint32_t crossed[FLOW_COMPONENTS_MAX];
        if (o->weight[s->channel] <= 0 || !flow_crosses(e->map, &o->flow, s->components[0]))
            continue;
        unsigned count = flow_components(e->map, &o->flow, crossed);
        for (unsigned k = 0; k < count; k++)
            echo->shared[crossed[k]] += o->weight[s->channel];
        echo->reporters[o->flow.source] += o->weight[s->channel];
        echo->all += o->weight[s->channel];
    }
}

static void count_reporters(const struct evidence *e, const struct echo *echo, struct suspicion *s)
{
    s->reporters = 0;
    for (uint32_t port = 0; port < e->map->shape.port_count; port++)
        if (echo->reporters[port] > 0) {
            s->reporters++;
            s->sole_reporter = port;
        }
}

/* Everybody who is about as suspect for the same flows. */
static void find_class(const struct evidence *e, const struct echo *echo, struct suspicion *s)
{
    for (uint32_t c = 0; c < e->components; c++) {
        float total = e->total[evidence_cell(e, s->channel, c)];
        if (c == s->components[0] || echo->shared[c] < OVERLAP_MIN * echo->all || echo->all <= 0 ||
            evidence_is_accused(e, c, s->channel))
            continue;
        if (total > s->total - e->config->margin && s->count < VERDICT_COMPONENTS_MAX)
            s->components[s->count++] = c;
        else if (total > s->runner_up)
            s->runner_up = total;
    }
}

/* Against the runner-up, and against nobody being to blame at all. */
static double confidence_of(const struct evidence *e, const struct suspicion *s)
{
    double others = exp(fmax(-700, s->runner_up - s->total));
    double chance = e->config->false_verdicts_per_round;
    return 1 / (1 + others + chance);
}

static bool is_listed(const struct suspicion *s, uint32_t component)
{
    for (uint32_t i = 0; i < s->count; i++)
        if (s->components[i] == component)
            return true;
    return false;
}

/* The word of one host alone, about what is not its own: the host itself is as suspect. */
static void doubt_sole_reporter(struct suspicion *s)
{
    if (s->reporters == 1 && !is_listed(s, s->sole_reporter) && s->count < VERDICT_COMPONENTS_MAX)
        s->components[s->count++] = s->sole_reporter; /* the number of a TX component is its port's */
}

bool suspect_find(const struct evidence *e, struct suspicion *s)
{
    uint32_t best = 0;
    enum evidence_channel channel = EVIDENCE_SLOW;
    if (!find_best(e, &best, &channel))
        return false;
    *s = (struct suspicion){.channel = channel,
                            .count = 1,
                            .components = {best},
                            .total = e->total[evidence_cell(e, channel, best)],
                            .reporters = 1};
    struct echo echo = {.shared = calloc(e->components, sizeof(float)),
                        .reporters = calloc(e->map->shape.port_count, sizeof(float))};
    bool heard = echo.shared != NULL && echo.reporters != NULL;
    if (heard && channel < EVIDENCE_FLOW_CHANNELS) {
        for (uint32_t age = 0; age < evidence_rounds(e); age++)
            hear(e, s, evidence_round_at(e, age), &echo);
        count_reporters(e, &echo, s);
        find_class(e, &echo, s);
        doubt_sole_reporter(s);
    }
    s->confidence = confidence_of(e, s);
    free(echo.shared);
    free(echo.reporters);
    return heard;
}
