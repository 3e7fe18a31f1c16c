/* SPDX-License-Identifier: BSD-3-Clause */
#include "control/localiser/silence.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum {
    ANSWERING_MAX = 4096
};
#define ALONE_SETTLES   4 /* after so many waits a flow that stays the only one is looked at: by probes */
#define WEIGHT_SILENT   4.0f
#define WEIGHT_IN_USE   -1.0f /* it was used lately and is not silent; perhaps it has not been tried since */
#define WEIGHT_ANSWERED -4.0f

int silence_create(struct silence *s, const struct flow_map *map, const struct localiser_config *config)
{
    *s = (struct silence){.map = map, .config = config};
    s->answering = calloc(ANSWERING_MAX, sizeof(*s->answering));
    s->of_source = calloc(map->shape.port_count, sizeof(*s->of_source));
    s->forgiven_at_ns = calloc(component_count(&map->shape), sizeof(*s->forgiven_at_ns));
    if (s->answering != NULL && s->of_source != NULL && s->forgiven_at_ns != NULL)
        return 0;
    silence_destroy(s);
    return -ENOMEM;
}

void silence_destroy(struct silence *s)
{
    free(s->flows);
    free(s->of_source);
    free(s->answering);
    free(s->forgiven_at_ns);
}

static struct silent_flow *find(const struct silence *s, const struct flow *flow)
{
    for (uint32_t i = 0; s->of_source[flow->source] > 0 && i < s->count; i++)
        if (flow_equals(&s->flows[i].flow, flow))
            return &s->flows[i];
    return NULL;
}

static struct silent_flow *add(struct silence *s, const struct flow *flow)
{
    if (s->count == s->capacity) {
        uint32_t wanted = s->capacity > 0 ? 2 * s->capacity : 64;
        struct silent_flow *grown =
            wanted <= SILENT_FLOWS_MAX ? realloc(s->flows, wanted * sizeof(*grown)) : NULL;
        if (grown == NULL)
            return NULL;
        s->flows = grown;
        s->capacity = wanted;
    }
    s->flows[s->count] = (struct silent_flow){.flow = *flow};
    s->of_source[flow->source]++;
    return &s->flows[s->count++];
}

static bool is_forgiven(const struct silence *s, const struct flow *flow, uint64_t began_ns)
{
    uint32_t crossed[FLOW_COMPONENTS_MAX];
    unsigned count = flow_components(s->map, flow, crossed);
    for (unsigned i = 0; i < count; i++)
        if (began_ns < s->forgiven_at_ns[crossed[i]])
            return true;
    return false;
}

void silence_on_silent(struct silence *s, const struct flow *flow, uint64_t silent_ns, uint64_t now_ns)
{
    if (is_forgiven(s, flow, now_ns > silent_ns ? now_ns - silent_ns : 0))
        return;
    struct silent_flow *f = find(s, flow);
    if (f == NULL) {
        f = add(s, flow);
        s->newest_at_ns = now_ns;
    }
    if (f == NULL)
        return;
    f->heard_at_ns = now_ns;
    if (silent_ns > f->silent_ns)
        f->silent_ns = silent_ns;
}

void silence_on_answer(struct silence *s, const struct flow *flow)
{
    if (s->count == 0)
        return;
    struct silent_flow *f = find(s, flow);
    if (f != NULL) {
        s->count--;
        s->of_source[flow->source]--;
        memmove(f, f + 1, (size_t)(&s->flows[s->count] - f) * sizeof(*f));
    }
    if (s->count == 0)
        s->answering_count = 0;
    else
        s->answering[s->answering_count++ % ANSWERING_MAX] = *flow;
}

uint64_t silence_wakeup(const struct silence *s)
{
    return s->count > 0 ? s->newest_at_ns + s->config->silence_settle_ns : UINT64_MAX;
}

/* ---- whose ---- */

struct tally {
    float *score;      /* [component] */
    uint32_t *silent;  /* [component] */
    uint32_t *answers; /* [component] */
};

static void count_flow(const struct silence *s, const struct flow *flow, float weight, struct tally *t)
{
    uint32_t crossed[FLOW_COMPONENTS_MAX];
    unsigned count = flow_components(s->map, flow, crossed);
    for (unsigned i = 0; i < count; i++) {
        t->score[crossed[i]] += weight;
        t->silent[crossed[i]] += weight > 0;
        t->answers[crossed[i]] += weight < 0;
    }
}

/* A flow that crosses what is accused already says nothing of anybody else. */
static bool is_explained(const struct silence *s, const struct evidence *e, const struct flow *flow)
{
    uint32_t crossed[FLOW_COMPONENTS_MAX];
    unsigned count = flow_components(s->map, flow, crossed);
    for (unsigned i = 0; i < count; i++)
        if (evidence_is_accused(e, crossed[i], EVIDENCE_SLOW))
            return true;
    return false;
}

static int compare_flows(const void *a, const void *b)
{
    const struct flow *x = *(const struct flow *const *)a, *y = *(const struct flow *const *)b;
    if (x->source != y->source)
        return x->source < y->source ? -1 : 1;
    if (x->destination != y->destination)
        return x->destination < y->destination ? -1 : 1;
    return (x->spine > y->spine) - (x->spine < y->spine);
}

/* Each flow of the newest round once. */
static void count_in_use(const struct silence *s, const struct evidence *e, struct tally *t)
{
    const struct evidence_round *r = evidence_rounds(e) > 0 ? evidence_round_at(e, 0) : NULL;
    const struct flow **sorted = r != NULL ? malloc((r->count + 1) * sizeof(*sorted)) : NULL;
    if (sorted == NULL)
        return;
    for (size_t i = 0; i < r->count; i++)
        sorted[i] = &r->observations[i].flow;
    qsort(sorted, r->count, sizeof(*sorted), compare_flows);
    for (size_t i = 0; i < r->count; i++)
        if ((i == 0 || compare_flows(&sorted[i - 1], &sorted[i]) != 0) && find(s, sorted[i]) == NULL)
            count_flow(s, sorted[i], WEIGHT_IN_USE, t);
    free(sorted);
}

static void count_all(const struct silence *s, const struct evidence *e, struct tally *t)
{
    uint32_t answers = s->answering_count < ANSWERING_MAX ? s->answering_count : ANSWERING_MAX;
    for (uint32_t i = 0; i < s->count; i++)
        if (!is_explained(s, e, &s->flows[i].flow))
            count_flow(s, &s->flows[i].flow, WEIGHT_SILENT, t);
    for (uint32_t i = 0; i < answers; i++)
        count_flow(s, &s->answering[i], WEIGHT_ANSWERED, t);
    count_in_use(s, e, t);
}

static bool find_best(const struct silence *s, const struct evidence *e, const struct tally *t,
                      uint64_t now_ns, uint32_t *best)
{
    uint32_t least = now_ns >= s->newest_at_ns + ALONE_SETTLES * s->config->silence_settle_ns
                         ? 1
                         : s->config->silent_flows_min;
    float most = 0;
    for (uint32_t c = 0; c < e->components; c++)
        if (t->score[c] > most && t->silent[c] >= least && !evidence_is_accused(e, c, EVIDENCE_SLOW)) {
            most = t->score[c];
            *best = c;
        }
    return most > 0;
}

/* ---- a whole switch, or one of its cables ---- */

/* What is explained if the part's whole cable is silent: no flow crosses both of its directions. */
static float cable_score(const struct evidence *e, const struct tally *t, uint32_t part)
{
    float other = t->score[component_twin(&e->map->shape, part)];
    return t->score[part] + (other > 0 ? other : 0);
}

/* The most silent part of the switch, if its cable explains as much as the switch does; else the switch. */
static uint32_t prefer_part(const struct evidence *e, const struct tally *t, uint32_t whole)
{
    struct component w = component_at(&e->map->shape, whole);
    uint32_t best = whole;
    float most = 0;
    for (uint32_t c = 0; flow_map_is_switch(&w) && c < e->components; c++) {
        struct component part = component_at(&e->map->shape, c);
        if (t->score[c] > most && flow_map_is_part(e->map, &part, &w) &&
            !evidence_is_accused(e, c, EVIDENCE_SLOW) && cable_score(e, t, c) >= t->score[whole]) {
            best = c;
            most = t->score[c];
        }
    }
    return best;
}

/* A switch that explains less than the first suspect's cable is not in doubt. */
static bool is_diluted(const struct evidence *e, const struct tally *t, uint32_t first, uint32_t component)
{
    struct component part = component_at(&e->map->shape, first);
    struct component c = component_at(&e->map->shape, component);
    return flow_map_is_switch(&c) && flow_map_is_part(e->map, &part, &c) &&
           cable_score(e, t, first) > t->score[component] + e->config->margin;
}

/* ---- whoever is not told from it ---- */

static void add_class(const struct silence *s, const struct evidence *e, const struct tally *t,
                      struct suspicion *out)
{
    float best = t->score[out->components[0]];
    uint32_t *shared = calloc(e->components, sizeof(*shared)), crossed[FLOW_COMPONENTS_MAX];
    for (uint32_t i = 0; shared != NULL && i < s->count; i++) {
        if (!flow_crosses(s->map, &s->flows[i].flow, out->components[0]))
            continue;
        unsigned count = flow_components(s->map, &s->flows[i].flow, crossed);
        for (unsigned k = 0; k < count; k++)
            shared[crossed[k]]++;
    }
    for (uint32_t c = 0; shared != NULL && c < e->components; c++)
        if (c != out->components[0] && 2 * shared[c] >= t->silent[out->components[0]] &&
            t->score[c] > best - e->config->margin && !is_diluted(e, t, out->components[0], c) &&
            out->count < VERDICT_COMPONENTS_MAX)
            out->components[out->count++] = c;
    free(shared);
}

static void note_reporters(const struct silence *s, struct suspicion *out, struct silence_evidence *told)
{
    out->reporters = 0;
    for (uint32_t i = 0; i < s->count; i++) {
        const struct silent_flow *f = &s->flows[i];
        if (!flow_crosses(s->map, &f->flow, out->components[0]))
            continue;
        if (out->reporters == 0 || f->flow.source != out->sole_reporter)
            out->reporters++; /* two at least, if there are two: which is all that is asked */
        out->sole_reporter = f->flow.source;
        if (f->silent_ns > told->longest_ns)
            told->longest_ns = f->silent_ns;
    }
}

bool silence_find(const struct silence *s, const struct evidence *e, uint64_t now_ns, struct suspicion *out,
                  struct silence_evidence *told)
{
    struct tally t = {.score = calloc(e->components, sizeof(float)),
                      .silent = calloc(e->components, sizeof(uint32_t)),
                      .answers = calloc(e->components, sizeof(uint32_t))};
    bool found = false;
    if (now_ns >= silence_wakeup(s) && t.score != NULL && t.silent != NULL && t.answers != NULL) {
        *out = (struct suspicion){.channel = EVIDENCE_LOSS_HIGH, .count = 1};
        count_all(s, e, &t);
        found = find_best(s, e, &t, now_ns, &out->components[0]);
    }
    if (found) {
        uint32_t best = out->components[0] = prefer_part(e, &t, out->components[0]);
        *told = (struct silence_evidence){.silent = t.silent[best], .answering = t.answers[best]};
        out->total = t.score[best];
        add_class(s, e, &t, out);
        note_reporters(s, out, told);
        out->confidence = 1 - exp(-t.score[best]);
    }
    free(t.score);
    free(t.silent);
    free(t.answers);
    return found;
}

void silence_forget(struct silence *s, uint32_t component)
{
    uint32_t kept = 0;
    for (uint32_t i = 0; i < s->count; i++) {
        bool gone = flow_crosses(s->map, &s->flows[i].flow, component);
        s->of_source[s->flows[i].flow.source] -= gone;
        if (!gone)
            s->flows[kept++] = s->flows[i];
    }
    s->count = kept;
    if (kept == 0)
        s->answering_count = 0;
}

void silence_forgive(struct silence *s, uint32_t component, uint64_t now_ns)
{
    silence_forget(s, component);
    s->forgiven_at_ns[component] = now_ns;
}

uint32_t silence_count(const struct silence *s, uint32_t component)
{
    uint32_t count = 0;
    for (uint32_t i = 0; i < s->count; i++)
        count += flow_crosses(s->map, &s->flows[i].flow, component);
    return count;
}
