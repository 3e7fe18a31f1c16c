/* SPDX-License-Identifier: BSD-3-Clause */
#include "control/localiser/accusation_parts.h"
#include "control/localiser/syndrome.h"

enum {
    SUSPECTS_MAX = 16,   /* looked at in a round */
    AFTERMATH_ROUNDS = 5 /* since it last showed */
};

#define UNEVEN 1.15 /* what is so besides */

/* ---- telling ---- */

uint64_t accusations_next_number(struct accusations *a)
{
    return ++a->last_verdict;
}

void accusations_tell(struct accusations *a, struct verdict *v, uint64_t now_ns)
{
    struct verdict_queue *q = &a->verdicts;
    v->at_ns = now_ns;
    if (q->head - q->tail == ACCUSATION_QUEUE)
        q->tail++;
    q->items[q->head++ % ACCUSATION_QUEUE] = *v;
    a->counters->verdicts[v->kind] += v->state == VERDICT_CONFIRMED;
}

static void copy_components(const struct accusations *a, struct accusation *x)
{
    const struct component_shape *shape = &a->evidence->map->shape;
    x->verdict.component_count = x->suspicion.count;
    for (uint32_t i = 0; i < x->suspicion.count; i++)
        x->verdict.components[i] = component_at(shape, x->suspicion.components[i]);
}

void accusation_tell(struct accusations *a, struct accusation *x, enum verdict_state state, uint64_t now_ns)
{
    if (x->told && x->verdict.state == state && x->verdict.component_count == x->suspicion.count)
        return;
    copy_components(a, x);
    x->verdict.state = state;
    x->told = true;
    accusations_tell(a, &x->verdict, now_ns);
}

/* ---- ending ---- */

/* With the other directions of its cables, on whose flows the fault shows, too. */
static void mark(struct accusations *a, const struct suspicion *s, bool accused)
{
    const struct component_shape *shape = &a->evidence->map->shape;
    for (uint32_t i = 0; i < s->count; i++) {
        evidence_accuse(a->evidence, s->components[i], s->channel, accused);
        if (s->channel < EVIDENCE_FLOW_CHANNELS)
            evidence_accuse(a->evidence, component_twin(shape, s->components[i]), s->channel, accused);
    }
}

void accusation_mark_all(struct accusations *a, const struct suspicion *s, bool accused)
{
    mark(a, s, accused);
    for (unsigned i = 0; i < ACCUSATIONS_MAX && !accused; i++)
        if (a->items[i].in_use && &a->items[i].suspicion != s)
            mark(a, &a->items[i].suspicion, true);
    evidence_settle(a->evidence);
}

void accusation_release(struct accusations *a, struct accusation *x)
{
    accusation_mark_all(a, &x->suspicion, false);
    for (uint32_t i = 0; i < x->suspicion.count; i++) {
        evidence_forget(a->evidence, x->suspicion.components[i]);
        if (x->need.silence)
            silence_forget(a->silence, x->suspicion.components[i]);
    }
    x->in_use = false;
}

void accusation_withdraw(struct accusations *a, struct accusation *x, uint64_t now_ns)
{
    if (x->told)
        accusation_tell(a, x, VERDICT_WITHDRAWN, now_ns);
    accusation_release(a, x);
}

/* ---- new ones ---- */

static struct accusation *take_free(struct accusations *a)
{
    for (unsigned i = 0; i < ACCUSATIONS_MAX; i++)
        if (!a->items[i].in_use)
            return &a->items[i];
    return NULL;
}

static void begin(struct accusations *a, struct accusation *x, uint64_t now_ns)
{
    x->verdict.number = accusations_next_number(a);
    x->verdict.confidence = x->suspicion.confidence;
    accusation_mark_all(a, &x->suspicion, true);
    bool plain = x->suspicion.count == 1 && accusation_is_corroborated(&x->suspicion);
    if (plain || !accusation_ask_probes(a, x, now_ns))
        accusation_settle(a, x, false, now_ns);
}

/* A fault that still shows slows others, too: queues grow beside it, receivers wait for what it holds. What
 * is no slower than that is not believed to be another one before it is gone. */
static bool is_aftermath(const struct accusations *a, const struct suspicion *s,
                         const struct syndrome *syndrome)
{
    if (s->channel == EVIDENCE_LOSS_LOW || s->channel == EVIDENCE_LOSS_HIGH)
        return false;
    for (unsigned i = 0; i < ACCUSATIONS_MAX; i++) {
        const struct accusation *x = &a->items[i];
        bool slow = x->in_use && x->suspicion.channel == EVIDENCE_SLOW;
        if (slow && x->ill_rounds_ago < AFTERMATH_ROUNDS &&
            syndrome->evidence.excess <= x->verdict.evidence.excess)
            return true;
    }
    return false;
}

/* What a dead link does not carry any more is on others: of n spines n - 1 take n / (n - 1) times as long,
 * here more and there less, through no other fault, until all is planned anew. */
static bool is_of_missing_link(const struct accusations *a, const struct suspicion *s,
                               const struct syndrome *syndrome)
{
    double spines = a->evidence->map->shape.spine_count, missing = spines > 1 ? spines / (spines - 1) : 1;
    if (s->channel != EVIDENCE_SLOW || syndrome->evidence.excess > missing * UNEVEN)
        return false;
    for (unsigned i = 0; i < ACCUSATIONS_MAX; i++) {
        const struct accusation *x = &a->items[i];
        if (x->in_use && x->told && x->verdict.kind == VERDICT_BLACK_HOLE)
            return true;
    }
    return false;
}

static void find_suspects(struct accusations *a, uint64_t now_ns)
{
    struct suspicion s;
    struct accusation *x;
    for (unsigned i = 0; i < SUSPECTS_MAX && (x = take_free(a)) != NULL && suspect_find(a->evidence, &s);
         i++) {
        struct syndrome syndrome;
        syndrome_read(a->evidence, &s, &syndrome);
        if (is_aftermath(a, &s, &syndrome) || is_of_missing_link(a, &s, &syndrome)) {
            evidence_forget(a->evidence, s.components[0]);
            evidence_forget(a->evidence, s.origin);
            continue;
        }
        s.channel = syndrome.need.channel; /* of losses, if they explain the slowness */
        *x = (struct accusation){.in_use = true,
                                 .suspicion = s,
                                 .need = syndrome.need,
                                 .verdict = {.kind = syndrome.kind, .evidence = syndrome.evidence}};
        begin(a, x, now_ns);
    }
}

void accusations_on_silence(struct accusations *a, uint64_t now_ns)
{
    struct suspicion s;
    struct silence_evidence told;
    struct accusation *x;
    for (unsigned i = 0; i < SUSPECTS_MAX; i++) {
        x = take_free(a);
        if (x == NULL || !silence_find(a->silence, a->evidence, now_ns, &s, &told))
            return;
        *x = (struct accusation){.in_use = true,
                                 .suspicion = s,
                                 .need = {.channel = s.channel, .silence = true},
                                 .verdict = {.kind = VERDICT_BLACK_HOLE,
                                             .evidence = {.silent_flows = told.silent,
                                                          .answering_flows = told.answering,
                                                          .silent_ns = told.longest_ns,
                                                          .reporters = s.reporters}}};
        begin(a, x, now_ns);
    }
}

/* ---- watching ---- */

enum health {
    HEALTH_UNSEEN, /* nothing crossed it in this round */
    HEALTH_WELL,
    HEALTH_ILL
};

static enum health health_on(const struct accusations *a, uint32_t component, enum evidence_channel channel)
{
    bool loaded, bad = evidence_is_bad_now(a->evidence, channel, component, &loaded);
    return bad ? HEALTH_ILL : loaded ? HEALTH_WELL : HEALTH_UNSEEN;
}

static enum health component_health(const struct accusations *a, uint32_t component,
                                    enum evidence_channel channel)
{
    if (channel >= EVIDENCE_FLOW_CHANNELS)
        return health_on(a, component, channel);
    enum health worst = silence_count(a->silence, component) > 0 ? HEALTH_ILL : HEALTH_UNSEEN;
    for (unsigned ch = 0; ch < EVIDENCE_FLOW_CHANNELS; ch++) {
        enum health health = health_on(a, component, ch);
        worst = health > worst ? health : worst;
    }
    return worst;
}

static void count_clean(const struct accusations *a, struct accusation *x)
{
    enum health worst = HEALTH_UNSEEN;
    for (uint32_t i = 0; i < x->suspicion.count; i++) {
        enum health health = component_health(a, x->suspicion.components[i], x->suspicion.channel);
        worst = health > worst ? health : worst;
    }
    x->ill_rounds_ago = worst == HEALTH_ILL ? 0 : x->ill_rounds_ago + 1;
    if (worst == HEALTH_WELL)
        x->clean_rounds++;
    else if (worst == HEALTH_ILL)
        x->clean_rounds /= 2; /* what is well has a bad round, too, now and then */
}

/* Probes go on round by round until all is decided; what they could not decide is tried again later. */
static void probe_again(struct accusations *a, struct accusation *x, uint64_t now_ns)
{
    bool in_doubt = x->told && x->verdict.state == VERDICT_SUSPECTED;
    if (in_doubt && ++x->rounds_waited < a->config->window_rounds)
        return;
    if (in_doubt)
        x->tally = (struct probe_tally){0};
    if (!accusation_ask_probes(a, x, now_ns) && !x->told)
        accusation_settle(a, x, false, now_ns);
}

/* Rounds without traffic over it say nothing. */
static void watch(struct accusations *a, struct accusation *x, uint64_t now_ns)
{
    if (x->probing.first_number != 0)
        accusation_shadow_probes(a, x);
    count_clean(a, x);
    if (x->clean_rounds >= a->config->clean_rounds) {
        if (x->told)
            accusation_tell(a, x, VERDICT_CLEARED, now_ns);
        accusation_release(a, x);
    } else if (x->probing.first_number == 0 && !x->kept_quiet &&
               (!x->told || x->verdict.state != VERDICT_CONFIRMED)) {
        probe_again(a, x, now_ns);
    }
}

void accusations_on_round(struct accusations *a, uint64_t now_ns)
{
    for (unsigned i = 0; i < ACCUSATIONS_MAX; i++)
        if (a->items[i].in_use)
            watch(a, &a->items[i], now_ns);
    find_suspects(a, now_ns);
}

void accusations_forget(struct accusations *a, uint32_t component)
{
    for (unsigned i = 0; i < ACCUSATIONS_MAX; i++) {
        struct accusation *x = &a->items[i];
        for (uint32_t k = 0; x->in_use && k < x->suspicion.count; k++)
            if (x->suspicion.components[k] == component)
                accusation_release(a, x);
    }
    evidence_forget(a->evidence, component);
}
