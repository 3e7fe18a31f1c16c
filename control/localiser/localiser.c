/* SPDX-License-Identifier: BSD-3-Clause */
#include "control/localiser/localiser.h"

#include <string.h>

#include "control/localiser/state.h"

void localiser_use_epoch(struct localiser *l, uint64_t epoch)
{
    l->epoch = epoch;
}

/* ---- judging ---- */

/* One host's word alone does not say how far a communicator has come. */
static void judge_operation(struct localiser *l, const struct open_operation *o, uint64_t now_ns)
{
    struct habit *habit = habits_of(&l->habits, o->communicator);
    if (o->corroborated && (!habit->judged || o->sequence > habit->judged_sequence)) {
        habit->judged = true;
        habit->judged_sequence = o->sequence;
    }
    if (evidence_is_open_round_empty(&l->evidence))
        l->round_opened_ns = now_ns;
    struct cohort_result result = cohort_judge(&l->evidence, habit, &l->losses, o);
    stages_judge(&l->evidence, habit, o);
    pauses_take(&l->pauses, o);
    l->counters.operations++;
    l->counters.cohorts_too_small += result.too_small;
    l->counters.common_mode_rounds += result.common_mode;
}

static bool is_settled(const struct localiser *l, const struct open_operation *o, uint64_t now_ns)
{
    return open_operation_is_complete(o) || now_ns >= o->newest_at_ns + l->config.settle_ns;
}

static void judge_operations(struct localiser *l, uint64_t now_ns)
{
    for (uint32_t i = 0; i < l->operations.count;) {
        if (!is_settled(l, l->operations.open[i], now_ns)) {
            i++;
            continue;
        }
        struct open_operation *o = open_operation_take(&l->operations, i);
        judge_operation(l, o, now_ns);
        open_operation_free(o);
    }
}

static void close_round(struct localiser *l, uint64_t now_ns)
{
    if (evidence_is_open_round_empty(&l->evidence) || now_ns < l->round_opened_ns + l->config.round_ns_min)
        return;
    evidence_close_round(&l->evidence);
    l->counters.rounds++;
    accusations_on_round(&l->accusations, now_ns);
}

/* ---- hangs ---- */

static void name_path(const struct localiser *l, const struct stage_finding *f, struct verdict *v)
{
    int64_t source = localiser_port_of(l, f->source), destination = localiser_port_of(l, f->destination);
    if (!f->path_silent || source < 0 || destination < 0 || f->path >= l->map.shape.spine_count)
        return;
    v->components[0] =
        (struct component){.kind = COMPONENT_UP, .place = l->port_leaf[source], .spine = f->path};
    v->components[1] =
        (struct component){.kind = COMPONENT_DOWN, .place = l->port_leaf[destination], .spine = f->path};
    v->component_count = 2;
}

static void tell_finding(struct localiser *l, const struct stage_finding *f, uint64_t now_ns)
{
    struct verdict v = {.number = accusations_next_number(&l->accusations),
                        .kind = f->kind == STAGE_NEVER_ENTERED ? VERDICT_NEVER_ENTERED : VERDICT_HANG,
                        .state = f->kind == STAGE_RESUMED ? VERDICT_CLEARED : VERDICT_CONFIRMED,
                        .confidence = 1,
                        .communicator = f->communicator,
                        .sequence = f->sequence,
                        .rank_count = f->rank_count,
                        .evidence = {.waited_ns = f->waited_ns}};
    static_assert(VERDICT_RANKS_MAX >= (int)STAGE_GATE_RANKS_MAX, "ranks of a finding fit a verdict");
    memcpy(v.ranks, f->ranks, sizeof(f->ranks));
    name_path(l, f, &v);
    accusations_tell(&l->accusations, &v, now_ns);
}

/* ---- time ---- */

void localiser_tick(struct localiser *l, uint64_t now_ns)
{
    struct stage_finding finding;
    l->now_ns = now_ns;
    judge_operations(l, now_ns);
    close_round(l, now_ns);
    accusations_on_silence(&l->accusations, now_ns);
    accusations_tick(&l->accusations, now_ns);
    while (stage_gate_next(l->gate, now_ns, &finding))
        tell_finding(l, &finding, now_ns);
}

static uint64_t earlier(uint64_t a, uint64_t b)
{
    return a < b ? a : b;
}

uint64_t localiser_next_wakeup(const struct localiser *l)
{
    uint64_t at = earlier(accusations_wakeup(&l->accusations), silence_wakeup(&l->silence));
    at = earlier(at, stage_gate_wakeup(l->gate));
    for (uint32_t i = 0; i < l->operations.count; i++)
        at = earlier(at, open_operation_is_complete(l->operations.open[i])
                             ? 0
                             : l->operations.open[i]->newest_at_ns + l->config.settle_ns);
    if (!evidence_is_open_round_empty(&l->evidence))
        at = earlier(at, l->round_opened_ns + l->config.round_ns_min);
    return at;
}

bool localiser_next_verdict(struct localiser *l, struct verdict *verdict)
{
    struct verdict_queue *q = &l->accusations.verdicts;
    if (q->tail == q->head)
        return false;
    *verdict = q->items[q->tail++ % ACCUSATION_QUEUE];
    return true;
}

bool localiser_next_probe(struct localiser *l, struct probe_request *request)
{
    struct probe_queue *q = &l->accusations.probes;
    if (q->tail == q->head)
        return false;
    *request = q->items[q->tail++ % ACCUSATION_QUEUE];
    return true;
}

double localiser_score(const struct localiser *l, const struct component *component)
{
    return evidence_score(&l->evidence, component_number(&l->map.shape, component));
}

/* What crossed it has spoken against all else on its way, too. */
void localiser_forget(struct localiser *l, const struct component *component)
{
    uint32_t mended = component_number(&l->map.shape, component);
    accusations_forget(&l->accusations, mended);
    silence_forgive(&l->silence, mended, l->now_ns);
    for (uint32_t c = 0; c < l->evidence.components; c++)
        if (!evidence_is_accused(&l->evidence, c, EVIDENCE_SLOW) &&
            !evidence_is_accused(&l->evidence, c, EVIDENCE_LOSS_HIGH))
            evidence_forgive(&l->evidence, c);
}

void localiser_get_counters(const struct localiser *l, struct localiser_counters *counters)
{
    *counters = l->counters;
}
