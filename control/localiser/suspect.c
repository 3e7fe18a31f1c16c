/* SPDX-License-Identifier: BSD-3-Clause */
#include "control/localiser/suspect.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "control/localiser/part.h"

/* Of what speaks against the best so much must go for another, too, or that is about something else. */
#define OVERLAP_MIN     0.5
#define SHARED_MATERIAL 0.14 /* log 1.15 */
enum {
    UNFOUNDED_MAX = 8 /* passed over in a round */
};

/* What was looked at, and is not founded. */
struct passed_over {
    size_t cells[UNFOUNDED_MAX];
    unsigned count;
};

static bool is_passed_over(const struct passed_over *p, size_t cell)
{
    for (unsigned i = 0; i < p->count; i++)
        if (p->cells[i] == cell)
            return true;
    return false;
}

/* The one against which most speaks. */
static bool find_best(const struct evidence *e, const struct passed_over *passed, uint32_t *component,
                      enum evidence_channel *channel)
{
    float most = 0;
    for (unsigned ch = 0; ch < EVIDENCE_CHANNELS; ch++)
        for (uint32_t c = 0; c < e->components; c++) {
            size_t cell = evidence_cell(e, ch, c);
            float weight = evidence_weight(e, ch, c);
            if (e->streak[cell] < SUSPECT_ROUNDS_NEEDED || weight <= most || evidence_is_accused(e, c, ch) ||
                is_passed_over(passed, cell))
                continue;
            most = weight;
            *component = c;
            *channel = ch;
        }
    return most > 0;
}

static bool is_link(const struct evidence *e, uint32_t component)
{
    enum component_kind kind = component_at(&e->map->shape, component).kind;
    return kind == COMPONENT_UP || kind == COMPONENT_DOWN;
}

/* Losses that are no more frequent over it than elsewhere speak against nobody; nor do a port's or a switch's
 * flows that are all but as fast as others: they have more in common than a link's, their ranks' phase above
 * all. */
static bool is_founded(const struct evidence *e, enum evidence_channel channel, uint32_t component)
{
    if (channel == EVIDENCE_SLOW && !is_link(e, component))
        return part_excess(e, component) >= SHARED_MATERIAL;
    bool losses = channel == EVIDENCE_LOSS_LOW || channel == EVIDENCE_LOSS_HIGH;
    return !losses || part_loses_more(e, component);
}

/* What is found, and what is blamed for it. */
struct finding {
    enum evidence_channel channel;
    uint32_t origin, component;
};

/* The best that is founded, among the first few. */
static bool find_founded(const struct evidence *e, struct finding *f)
{
    struct passed_over passed = {0};
    while (passed.count < UNFOUNDED_MAX && find_best(e, &passed, &f->origin, &f->channel)) {
        passed.cells[passed.count++] = evidence_cell(e, f->channel, f->origin);
        f->component = part_prefer(e, f->channel, f->origin);
        if (is_founded(e, f->channel, f->component))
            return true;
    }
    return false;
}

/* ---- whoever is not told from it ---- */

/* What the window says of the first suspect, in rounds in which it looked bad. */
struct echo {
    float *shared;    /* [component]: of what speaks against the first, what is about this one too */
    float *reporters; /* [port]: what its own records say of the first, good and bad */
    float all;
};

static void hear_flow(const struct evidence *e, const struct observation *o, float weight, struct echo *echo)
{
    uint32_t crossed[FLOW_COMPONENTS_MAX];
    echo->reporters[o->flow.source] += weight;
    if (weight <= 0)
        return;
    unsigned count = flow_components(e->map, &o->flow, crossed);
    for (unsigned k = 0; k < count; k++)
        echo->shared[crossed[k]] += weight;
    echo->all += weight;
}

static void hear(const struct evidence *e, const struct suspicion *s, const struct evidence_round *r,
                 struct echo *echo)
{
    if (r->sums[evidence_cell(e, s->channel, s->components[0])] <=
        evidence_bad_from(e, s->channel, s->components[0]))
        return;
    for (size_t i = 0; i < r->count; i++)
        if (flow_crosses(e->map, &r->observations[i].flow, s->components[0]))
            hear_flow(e, &r->observations[i], r->observations[i].weight[s->channel], echo);
}

static void count_reporters(const struct evidence *e, const struct echo *echo, struct suspicion *s)
{
    double from = evidence_bad_from(e, s->channel, s->components[0]);
    float most = 0;
    s->reporters = 0;
    for (uint32_t port = 0; port < e->map->shape.port_count; port++) {
        s->reporters += echo->reporters[port] > from;
        if (echo->reporters[port] > most) {
            most = echo->reporters[port];
            s->sole_reporter = port;
        }
    }
    if (s->reporters == 0)
        s->reporters = 1;
}

/* A switch that explains less than the first suspect's cable is not in doubt. */
static bool is_diluted(const struct evidence *e, const struct suspicion *s, uint32_t component)
{
    struct component first = component_at(&e->map->shape, s->components[0]);
    struct component c = component_at(&e->map->shape, component);
    return flow_map_is_switch(&c) && flow_map_is_part(e->map, &first, &c) &&
           part_cable_sum(e, s->channel, s->components[0], s->components[0]) >
               part_sum_when_bad(e, s->channel, s->components[0], component) + e->config->margin;
}

/* Everybody who is about as suspect for the same flows. */
static void find_class(const struct evidence *e, const struct echo *echo, struct suspicion *s)
{
    uint32_t first = s->components[0];
    s->total = part_sum_when_bad(e, s->channel, first, first);
    for (uint32_t c = 0; c < e->components; c++) {
        if (c == first || echo->shared[c] < OVERLAP_MIN * echo->all || echo->all <= 0 ||
            evidence_is_accused(e, c, s->channel) || is_diluted(e, s, c))
            continue;
        double sum = part_sum_when_bad(e, s->channel, first, c);
        if (sum > s->total - e->config->margin && s->count < VERDICT_COMPONENTS_MAX)
            s->components[s->count++] = c;
        else if (sum > s->runner_up)
            s->runner_up = sum;
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

static void add_member(struct suspicion *s, uint32_t component)
{
    if (!is_listed(s, component) && s->count < VERDICT_COMPONENTS_MAX)
        s->components[s->count++] = component;
}

/* The word of one host alone, about what is not its own: the host itself is as suspect. */
static void doubt_sole_reporter(struct suspicion *s)
{
    if (s->reporters == 1)
        add_member(s, s->sole_reporter); /* the number of a TX component is its port's */
}

bool suspect_find(const struct evidence *e, struct suspicion *s)
{
    struct finding found = {0};
    if (!find_founded(e, &found))
        return false;
    enum evidence_channel channel = found.channel;
    uint32_t best = found.component;
    *s = (struct suspicion){.channel = channel,
                            .count = 1,
                            .components = {best},
                            .origin = found.origin,
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
        add_member(s, part_rival(e, channel, best));
        doubt_sole_reporter(s);
    }
    s->confidence = confidence_of(e, s);
    free(echo.shared);
    free(echo.reporters);
    return heard;
}
