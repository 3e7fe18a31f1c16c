/* SPDX-License-Identifier: BSD-3-Clause */
#include "control/localiser/accusation.h"

#include <string.h>

#include "control/localiser/syndrome.h"

enum {
    SUSPECTS_MAX = 16,    /* looked at in a round */
    AFTERMATH_ROUNDS = 5, /* since it last showed */
    PROBE_SETS_MAX = 16   /* one a round, until it is decided */
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

static void tell(struct accusations *a, struct accusation *x, enum verdict_state state, uint64_t now_ns)
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

/* What others are accused of stays so. */
static void accuse_all(struct accusations *a, const struct suspicion *s, bool accused)
{
    mark(a, s, accused);
    for (unsigned i = 0; i < ACCUSATIONS_MAX && !accused; i++)
        if (a->items[i].in_use && &a->items[i].suspicion != s)
            mark(a, &a->items[i].suspicion, true);
    evidence_settle(a->evidence);
}

static void release(struct accusations *a, struct accusation *x)
{
    accuse_all(a, &x->suspicion, false);
    for (uint32_t i = 0; i < x->suspicion.count; i++) {
        evidence_forget(a->evidence, x->suspicion.components[i]);
        if (x->need.silence)
            silence_forget(a->silence, x->suspicion.components[i]);
    }
    x->in_use = false;
}

static void withdraw(struct accusations *a, struct accusation *x, uint64_t now_ns)
{
    if (x->told)
        tell(a, x, VERDICT_WITHDRAWN, now_ns);
    release(a, x);
}

/* ---- probing ---- */

static void ask_probe(struct accusations *a, const struct accusation *x, uint32_t index)
{
    const struct probe *p = &x->probing.probes[index];
    struct probe_queue *q = &a->probes;
    if (q->head - q->tail == ACCUSATION_QUEUE)
        q->tail++;
    q->items[q->head++ % ACCUSATION_QUEUE] =
        (struct probe_request){.number = x->probing.first_number + index,
                               .verdict = x->verdict.number,
                               .source = a->ports[p->flow.source].address,
                               .destination = a->ports[p->flow.destination].address,
                               .path = p->flow.spine == FLOW_NO_SPINE ? TIMING_PATH_NONE : p->flow.spine,
                               .turns_at_spine = p->flow.turns,
                               .packets = p->packets,
                               .repeats = p->repeats};
    a->counters->probes_requested++;
}

static void shadow_probes(struct accusations *a, const struct accusation *x)
{
    for (uint32_t i = 0; i < x->probing.count; i++)
        evidence_note_probe(a->evidence, &x->probing.probes[i].flow);
}

static bool ask_probes(struct accusations *a, struct accusation *x, uint64_t now_ns)
{
    probing_plan(&x->probing, a->evidence, &a->leaf_ports, &x->suspicion, &x->need);
    x->rounds_waited = 0;
    x->probing.first_number = 0;
    if (x->probing.count == 0)
        return false;
    x->probing.first_number = a->last_probe + 1;
    x->probing.asked_at_ns = now_ns;
    a->last_probe += x->probing.count;
    for (uint32_t i = 0; i < x->probing.count; i++)
        ask_probe(a, x, i);
    shadow_probes(a, x);
    return true;
}

/* Its own word, or that of two hosts, is enough; one host's about others is not. */
static bool is_corroborated(const struct suspicion *s)
{
    return s->reporters >= 2 || s->channel >= EVIDENCE_FLOW_CHANNELS || s->components[0] == s->sole_reporter;
}

/* Told if it can be. What one host alone says of others, and no probe bears out, is forgotten. */
static void settle(struct accusations *a, struct accusation *x, bool convicted, uint64_t now_ns)
{
    if (x->suspicion.count == 1 && (convicted || is_corroborated(&x->suspicion)))
        tell(a, x, VERDICT_CONFIRMED, now_ns);
    else if (x->suspicion.reporters >= 2)
        tell(a, x, VERDICT_SUSPECTED, now_ns);
    else
        release(a, x);
}

/* Only these are in doubt any longer. */
static void narrow(struct accusations *a, struct accusation *x, const bool keep[VERDICT_COMPONENTS_MAX])
{
    struct suspicion before = x->suspicion;
    accuse_all(a, &x->suspicion, false);
    probing_tally_keep(&x->tally, before.count, keep);
    x->suspicion.count = 0;
    for (uint32_t i = 0; i < before.count; i++) {
        if (!keep[i]) {
            evidence_forget(a->evidence, before.components[i]);
            continue;
        }
        x->suspicion.components[x->suspicion.count++] = before.components[i];
    }
    accuse_all(a, &x->suspicion, true);
}

static enum verdict_kind kind_after_probes(const struct accusations *a, const struct accusation *x)
{
    struct component c = component_at(&a->evidence->map->shape, x->suspicion.components[0]);
    if (x->verdict.kind != VERDICT_REDUCED_RATE && x->verdict.kind != VERDICT_HOST_SENDING &&
        x->verdict.kind != VERDICT_HOST_RECEIVING)
        return x->verdict.kind;
    if (c.kind == COMPONENT_TX)
        return VERDICT_HOST_SENDING;
    return c.kind == COMPONENT_RX ? VERDICT_HOST_RECEIVING : VERDICT_REDUCED_RATE;
}

/* A member that probes convict is the one; else those remain that they have not cleared. Returns whether one
 * was convicted. */
static bool sift(struct accusations *a, struct accusation *x)
{
    bool keep[VERDICT_COMPONENTS_MAX] = {false}, convicted = false;
    for (uint32_t i = 0; i < x->suspicion.count && !convicted; i++)
        keep[i] = convicted = probing_word(&x->tally, &x->need, i) == PROBE_CONVICTS;
    for (uint32_t i = 0; i < x->suspicion.count && !convicted; i++)
        keep[i] = probing_word(&x->tally, &x->need, i) == PROBE_UNDECIDED;
    narrow(a, x, keep);
    return convicted;
}

static void judge_probes(struct accusations *a, struct accusation *x, uint64_t now_ns)
{
    uint32_t answered = x->tally.answered;
    probing_tally(&x->probing, a->evidence->map, &x->suspicion, &x->need, &x->tally);
    shadow_probes(a, x);
    x->probing.first_number = 0;
    x->verdict.evidence.probes = x->tally.answered;
    x->verdict.evidence.bad_probes = x->tally.failed;
    bool convicted = sift(a, x), heard = x->tally.answered > answered;
    if (x->suspicion.count == 0) {
        withdraw(a, x, now_ns);
        return;
    }
    x->verdict.kind = kind_after_probes(a, x);
    bool decided = x->suspicion.count == 1 && (convicted || is_corroborated(&x->suspicion));
    if (decided || !heard || x->tally.sets >= PROBE_SETS_MAX)
        settle(a, x, convicted, now_ns);
}

void accusations_on_probe(struct accusations *a, const struct timing_record *r, uint64_t now_ns)
{
    for (unsigned i = 0; i < ACCUSATIONS_MAX; i++) {
        struct accusation *x = &a->items[i];
        if (!x->in_use || !probing_on_answer(&x->probing, r->sequence, r))
            continue;
        a->counters->probes_answered++;
        if (probing_is_complete(&x->probing))
            judge_probes(a, x, now_ns);
        return;
    }
}

void accusations_tick(struct accusations *a, uint64_t now_ns)
{
    for (unsigned i = 0; i < ACCUSATIONS_MAX; i++) {
        struct accusation *x = &a->items[i];
        if (!x->in_use || x->probing.first_number == 0 ||
            now_ns < x->probing.asked_at_ns + a->config->probe_timeout_ns)
            continue;
        for (uint32_t k = 0; k < x->probing.count; k++)
            a->counters->probes_lost += x->probing.probes[k].repeats - x->probing.probes[k].answered;
        judge_probes(a, x, now_ns);
    }
}

uint64_t accusations_wakeup(const struct accusations *a)
{
    uint64_t at = UINT64_MAX;
    for (unsigned i = 0; i < ACCUSATIONS_MAX; i++) {
        const struct accusation *x = &a->items[i];
        uint64_t until = x->probing.asked_at_ns + a->config->probe_timeout_ns;
        if (x->in_use && x->probing.first_number != 0 && until < at)
            at = until;
    }
    return at;
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
    accuse_all(a, &x->suspicion, true);
    bool plain = x->suspicion.count == 1 && is_corroborated(&x->suspicion);
    if (plain || !ask_probes(a, x, now_ns))
        settle(a, x, false, now_ns);
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
            continue;
        }
        if (syndrome.kind == VERDICT_LOSSY)
            s.channel = EVIDENCE_LOSS_HIGH; /* which explains the slowness */
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
    ask_probes(a, x, now_ns);
}

/* Rounds without traffic over it say nothing. */
static void watch(struct accusations *a, struct accusation *x, uint64_t now_ns)
{
    if (x->probing.first_number != 0)
        shadow_probes(a, x);
    count_clean(a, x);
    if (x->clean_rounds >= a->config->clean_rounds) {
        if (x->told)
            tell(a, x, VERDICT_CLEARED, now_ns);
        release(a, x);
    } else if (x->probing.first_number == 0 && (!x->told || x->verdict.state != VERDICT_CONFIRMED)) {
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
                release(a, x);
    }
    evidence_forget(a->evidence, component);
}
