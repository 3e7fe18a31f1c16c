/* SPDX-License-Identifier: BSD-3-Clause */
/* Probes for an accusation: asked for, answered or given up, and what follows for those in doubt. */
#include "control/localiser/accusation_parts.h"

enum {
    PROBE_SETS_MAX = 16 /* one a round, until it is decided */
};

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
                               .repeats = p->repeats,
                               .lone = x->asks_queue};
    a->counters->probes_requested++;
}

/* Lone packets are in nobody's way. */
void accusation_shadow_probes(struct accusations *a, const struct accusation *x)
{
    for (uint32_t i = 0; !x->asks_queue && i < x->probing.count; i++)
        evidence_note_probe(a->evidence, &x->probing.probes[i].flow);
}

/* Those that are planned. False: there are none. */
static bool ask_planned(struct accusations *a, struct accusation *x, uint64_t now_ns)
{
    x->rounds_waited = 0;
    x->probing.first_number = 0;
    if (x->probing.count == 0)
        return false;
    x->probing.first_number = a->last_probe + 1;
    x->probing.asked_at_ns = now_ns;
    a->last_probe += x->probing.count;
    for (uint32_t i = 0; i < x->probing.count; i++)
        ask_probe(a, x, i);
    accusation_shadow_probes(a, x);
    return true;
}

bool accusation_ask_probes(struct accusations *a, struct accusation *x, uint64_t now_ns)
{
    x->asks_queue = false;
    probing_plan(&x->probing, a->evidence, &a->leaf_ports, &x->suspicion, &x->need);
    return ask_planned(a, x, now_ns);
}

bool accusation_is_corroborated(const struct suspicion *s)
{
    return s->reporters >= 2 || s->channel >= EVIDENCE_FLOW_CHANNELS || s->components[0] == s->sole_reporter;
}

/* ---- a reduced rate, or others' traffic ---- */

static enum queue_word queue_word(const struct accusation *x)
{
    return standing_queue_word(&x->queue, x->verdict.evidence.excess);
}

static bool is_slow_link(const struct accusations *a, const struct accusation *x)
{
    struct component c = component_at(&a->evidence->map->shape, x->suspicion.components[0]);
    return (x->verdict.kind == VERDICT_REDUCED_RATE || x->verdict.kind == VERDICT_CONGESTED) &&
           c.kind != COMPONENT_TX && c.kind != COMPONENT_RX;
}

/* False: nothing more is to be learnt. */
static bool ask_queue(struct accusations *a, struct accusation *x, uint64_t now_ns)
{
    if (!a->config->lone_probes || !is_slow_link(a, x) || queue_word(x) != QUEUE_ASK ||
        pauses_share(a->pauses) < STANDING_QUEUE_SILENCE_MIN)
        return false;
    x->asks_queue = true;
    standing_queue_plan(&x->queue, &x->probing, a->evidence->map, &a->leaf_ports, x->suspicion.components[0]);
    return ask_planned(a, x, now_ns);
}

/* Others' traffic is nobody's fault: of a link it is told, so that it may be relieved; of a switch it is only
 * remembered, so that nobody else is blamed for it. */
static void confirm(struct accusations *a, struct accusation *x, uint64_t now_ns)
{
    struct component c = component_at(&a->evidence->map->shape, x->suspicion.components[0]);
    bool slow = is_slow_link(a, x), congested = slow && queue_word(x) == QUEUE_STANDS;
    if (congested)
        x->verdict.kind = VERDICT_CONGESTED;
    else if (slow && queue_word(x) == QUEUE_PASSES)
        x->verdict.kind = VERDICT_REDUCED_RATE;
    x->kept_quiet = congested && flow_map_is_switch(&c);
    if (!x->kept_quiet)
        accusation_tell(a, x, VERDICT_CONFIRMED, now_ns);
}

static void judge_queue(struct accusations *a, struct accusation *x, uint64_t now_ns)
{
    standing_queue_count(&x->queue, &x->probing);
    x->probing.first_number = 0;
    if (!ask_queue(a, x, now_ns))
        confirm(a, x, now_ns);
}

void accusation_settle(struct accusations *a, struct accusation *x, bool convicted, uint64_t now_ns)
{
    if (x->suspicion.count == 1 && (convicted || accusation_is_corroborated(&x->suspicion))) {
        if (!ask_queue(a, x, now_ns))
            confirm(a, x, now_ns);
    } else if (x->suspicion.reporters >= 2)
        accusation_tell(a, x, VERDICT_SUSPECTED, now_ns);
    else
        accusation_release(a, x);
}

/* Only these are in doubt any longer. */
static void narrow(struct accusations *a, struct accusation *x, const bool keep[VERDICT_COMPONENTS_MAX])
{
    struct suspicion before = x->suspicion;
    accusation_mark_all(a, &x->suspicion, false);
    probing_tally_keep(&x->tally, before.count, keep);
    x->suspicion.count = 0;
    for (uint32_t i = 0; i < before.count; i++) {
        if (!keep[i]) {
            evidence_forget(a->evidence, before.components[i]);
            continue;
        }
        x->suspicion.components[x->suspicion.count++] = before.components[i];
    }
    accusation_mark_all(a, &x->suspicion, true);
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

static bool must_fail_itself(const struct accusations *a, const struct accusation *x)
{
    struct component c = component_at(&a->evidence->map->shape, x->suspicion.components[0]);
    bool link = c.kind == COMPONENT_UP || c.kind == COMPONENT_DOWN;
    return !x->need.silence && (!link || x->need.channel != EVIDENCE_SLOW) && x->tally.bad[0] == 0;
}

/* That others are well does not make the last one in doubt ill; but of a slow link the other direction may
 * be, which probes over this one hardly show. */
static bool is_decided(const struct accusations *a, const struct accusation *x, bool convicted)
{
    return x->suspicion.count == 1 &&
           (convicted || (accusation_is_corroborated(&x->suspicion) && !must_fail_itself(a, x)));
}

static void judge_train(struct accusations *a, struct accusation *x, uint64_t now_ns)
{
    uint32_t answered = x->tally.answered;
    probing_tally(&x->probing, a->evidence->map, &x->suspicion, &x->need, &x->tally);
    accusation_shadow_probes(a, x);
    x->probing.first_number = 0;
    x->verdict.evidence.probes = x->tally.answered;
    x->verdict.evidence.bad_probes = x->tally.failed;
    bool convicted = sift(a, x), heard = x->tally.answered > answered;
    if (x->suspicion.count == 0) {
        accusation_withdraw(a, x, now_ns);
        return;
    }
    x->verdict.kind = kind_after_probes(a, x);
    if (convicted)
        x->verdict.confidence = probing_confidence(&x->tally, &x->need, 0, x->suspicion.confidence);
    if (is_decided(a, x, convicted) || !heard || x->tally.sets >= PROBE_SETS_MAX)
        accusation_settle(a, x, convicted, now_ns);
}

static void judge_probes(struct accusations *a, struct accusation *x, uint64_t now_ns)
{
    x->asks_queue ? judge_queue(a, x, now_ns) : judge_train(a, x, now_ns);
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
