/* SPDX-License-Identifier: BSD-3-Clause */
/* What the answers of probes say of those in doubt. */
#include <math.h>
#include <string.h>

#include "control/localiser/order.h"
#include "control/localiser/probing.h"

enum {
    PROBE_FAILURES = 2 /* that convict */
};
#define PROBE_MISSED 0.01 /* a guilty one may be cleared so often, and one that is well fail */

bool probing_on_answer(struct probing *p, uint64_t number, const struct timing_record *r)
{
    if (p->first_number == 0 || number < p->first_number || number - p->first_number >= p->count)
        return false;
    struct probe *probe = &p->probes[number - p->first_number];
    if (probe->answered >= probe->repeats)
        return false;
    bool lost = r->packets > 0 && r->retransmits >= r->packets;
    probe->times[probe->answered++] = lost ? INFINITY : logf((float)r->network_ns + 1);
    probe->packets_sent += r->packets;
    probe->packets_lost += r->retransmits;
    return true;
}

bool probing_is_complete(const struct probing *p)
{
    for (uint32_t i = 0; i < p->count; i++)
        if (p->probes[i].answered < p->probes[i].repeats)
            return false;
    return true;
}

static float time_of(const struct probe *probe)
{
    float times[PROBE_REPEATS_MAX];
    memcpy(times, probe->times, probe->answered * sizeof(float));
    return order_median(times, probe->answered);
}

/* The reference's time, or the shortest there is. */
static float usual_time(const struct probing *p)
{
    float shortest = INFINITY;
    for (uint32_t i = 0; i < p->count; i++) {
        const struct probe *probe = &p->probes[i];
        if (probe->answered == 0)
            continue;
        if (probe->reference)
            return time_of(probe);
        shortest = fminf(shortest, time_of(probe));
    }
    return shortest;
}

static bool is_bad(const struct probing *p, const struct probe *probe, const struct probe_need *need)
{
    if (need->silence)
        return 2 * probe->packets_lost >= probe->packets_sent;
    if (need->channel == EVIDENCE_SLOW)
        return time_of(probe) > usual_time(p) + need->excess / 2;
    double expected = need->loss * (double)probe->packets_sent;
    return (double)probe->packets_lost >= fmax(1, 0.3 * expected);
}

/* ---- what they say of each member ---- */

static uint32_t members_crossed(const struct probe_tally *t, const struct flow_map *map,
                                const struct suspicion *s, const struct probe_need *need,
                                const struct flow *flow, uint32_t *last)
{
    uint32_t count = 0;
    for (uint32_t i = 0; i < s->count; i++)
        if (probing_word(t, need, i) != PROBE_CLEARS && flow_crosses(map, flow, s->components[i])) {
            count++;
            *last = i;
        }
    return count;
}

/* Whose acks, of those still in doubt, the probe's acks share a way with. */
static uint32_t acks_met(const struct probe_tally *t, const struct flow_map *map, const struct suspicion *s,
                         const struct probe_need *need, const struct flow *flow)
{
    uint32_t met = 0;
    for (uint32_t i = 0; i < s->count; i++)
        if (probing_word(t, need, i) != PROBE_CLEARS &&
            flow_crosses(map, flow, component_twin(&map->shape, s->components[i])))
            met |= 1u << i;
    return met;
}

static void tally_bad(struct probe_tally *t, uint32_t member, uint32_t met)
{
    uint32_t excuses = met & ~(1u << member);
    t->excuses[member] = t->bad[member]++ == 0 ? excuses : t->excuses[member] & excuses;
}

void probing_tally_keep(struct probe_tally *t, uint32_t members, const bool keep[VERDICT_COMPONENTS_MAX])
{
    struct probe_tally before = *t;
    uint32_t kept = 0, to[VERDICT_COMPONENTS_MAX] = {0};
    for (uint32_t i = 0; i < members; i++)
        to[i] = keep[i] ? kept++ : VERDICT_COMPONENTS_MAX;
    for (uint32_t i = 0; i < members; i++) {
        if (!keep[i])
            continue;
        t->clean[to[i]] = before.clean[i];
        t->bad[to[i]] = before.bad[i];
        t->excuses[to[i]] = 0;
        for (uint32_t k = 0; k < members; k++)
            if (keep[k] && before.excuses[i] >> k & 1)
                t->excuses[to[i]] |= 1u << to[k];
    }
}

static void tally_clean(const struct flow_map *map, const struct suspicion *s, const struct flow *flow,
                        struct probe_tally *t)
{
    for (uint32_t i = 0; i < s->count; i++)
        t->clean[i] += flow_crosses(map, flow, s->components[i]);
}

void probing_tally(const struct probing *p, const struct flow_map *map, const struct suspicion *s,
                   const struct probe_need *need, struct probe_tally *t)
{
    bool bad[PROBES_MAX] = {false};
    t->sets++;
    for (uint32_t i = 0; i < p->count; i++) {
        const struct probe *probe = &p->probes[i];
        if (probe->reference || probe->answered == 0)
            continue;
        t->answered++;
        bad[i] = is_bad(p, probe, need);
        t->failed += bad[i];
        if (!bad[i])
            tally_clean(map, s, &probe->flow, t);
    }
    for (uint32_t i = 0, member = 0; i < p->count; i++)
        if (bad[i] && members_crossed(t, map, s, need, &p->probes[i].flow, &member) == 1)
            tally_bad(t, member, acks_met(t, map, s, need, &p->probes[i].flow));
}

static double duty_of(const struct probe_need *need)
{
    return need->silence ? 1 : fmin(fmax(need->duty, 0.05), 1);
}

double probing_confidence(const struct probe_tally *t, const struct probe_need *need, uint32_t index,
                          double confidence)
{
    double fails = duty_of(need) * (1 - PROBE_MISSED), odds = confidence / fmax(1 - confidence, 1e-12);
    double of_failures = t->bad[index] * log(fails / PROBE_MISSED);
    double of_clean = t->clean[index] * log((1 - fails) / (1 - PROBE_MISSED));
    odds *= exp(fmin(of_failures + of_clean, 700));
    return isfinite(odds) ? odds / (1 + odds) : 1;
}

enum probe_word probing_word(const struct probe_tally *t, const struct probe_need *need, uint32_t index)
{
    uint32_t bad_needed = need->silence ? 1 : PROBE_FAILURES;
    double duty = duty_of(need);
    double shown = (t->clean[index] + t->bad[index]) * duty / 2; /* failures that half the duty would bring */
    if (t->bad[index] >= bad_needed && t->bad[index] >= shown && t->excuses[index] == 0)
        return PROBE_CONVICTS;
    double clean_needed = duty > 0.9 ? 1 : ceil(log(PROBE_MISSED) / log(1 - duty));
    return t->clean[index] >= clean_needed * (1 + 2 * t->bad[index]) ? PROBE_CLEARS : PROBE_UNDECIDED;
}
