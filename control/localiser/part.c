/* SPDX-License-Identifier: BSD-3-Clause */
#include "control/localiser/part.h"

#include <math.h>
#include <stdlib.h>

#include "control/localiser/order.h"

#define RELIEF_MOST 0.5 /* of a slow link's slowness may show beside it */
#define RIVAL_LEAST 2.3 /* log 10: that its share is the same as the rest's is so unlikely */
#define LOSS_TIMES_USUAL                                                                                     \
    4 /* what is sent again for no loss is not equally frequent everywhere; a fault brings six times it */
enum {
    STANDING_OUT_FLOWS = 8 /* at least, to say how slow a part is */
};

double part_sum_when_bad(const struct evidence *e, enum evidence_channel channel, uint32_t bad,
                         uint32_t component)
{
    double sum = 0, from = evidence_bad_from(e, channel, bad);
    for (uint32_t age = 0; age < evidence_rounds(e); age++) {
        const struct evidence_round *r = evidence_round_at(e, age);
        if (r->sums[evidence_cell(e, channel, bad)] > from)
            sum += r->sums[evidence_cell(e, channel, component)];
    }
    return sum;
}

double part_cable_sum(const struct evidence *e, enum evidence_channel channel, uint32_t bad,
                      uint32_t component)
{
    double other = part_sum_when_bad(e, channel, bad, component_twin(&e->map->shape, component));
    return part_sum_when_bad(e, channel, bad, component) + (other > 0 ? other : 0);
}

static bool is_candidate(const struct evidence *e, enum evidence_channel channel,
                         const struct component *whole, uint32_t component)
{
    struct component part = component_at(&e->map->shape, component);
    return flow_map_is_part(e->map, &part, whole) && !evidence_is_accused(e, component, channel);
}

/* ---- slow: flows that are not speak for the rest of the switch ---- */

/* What flows over the switch show in its bad rounds, by all that they cross. */
struct slow_census {
    double *excess; /* [component]: sums of logs */
    double *flows;  /* [component] */
};

static void count_slow_flow(const struct evidence *e, const struct observation *o, struct slow_census *n)
{
    uint32_t crossed[FLOW_COMPONENTS_MAX];
    unsigned count = flow_components(e->map, &o->flow, crossed);
    for (unsigned i = 0; i < count; i++) {
        n->excess[crossed[i]] += o->excess;
        n->flows[crossed[i]]++;
    }
}

static void count_slow(const struct evidence *e, uint32_t whole, struct slow_census *n)
{
    for (uint32_t age = 0; age < evidence_rounds(e); age++) {
        const struct evidence_round *r = evidence_round_at(e, age);
        if (r->sums[evidence_cell(e, EVIDENCE_SLOW, whole)] <= evidence_bad_from(e, EVIDENCE_SLOW, whole))
            continue;
        for (size_t i = 0; i < r->count; i++)
            if (flow_crosses(e->map, &r->observations[i].flow, whole))
                count_slow_flow(e, &r->observations[i], n);
    }
}

/* By how much flows over the part's cable are slower, if the switch's others are so by no more than part of
 * it: a transport that relieves a slow link loads those beside it. 0: they are as slow. */
static double stands_out(const struct evidence *e, const struct slow_census *n, uint32_t whole, uint32_t part)
{
    uint32_t twin = component_twin(&e->map->shape, part);
    double flows = n->flows[part] + n->flows[twin], others = n->flows[whole] - flows;
    if (flows < STANDING_OUT_FLOWS || others < STANDING_OUT_FLOWS)
        return 0;
    double excess = n->excess[part] + n->excess[twin], rest = (n->excess[whole] - excess) / others;
    excess /= flows;
    return rest <= RELIEF_MOST * excess ? excess : 0;
}

static uint32_t most_standing_out(const struct evidence *e, uint32_t whole)
{
    struct component w = component_at(&e->map->shape, whole);
    struct slow_census n = {.excess = calloc(e->components, sizeof(double)),
                            .flows = calloc(e->components, sizeof(double))};
    uint32_t best = whole;
    double most = 0;
    if (n.excess != NULL && n.flows != NULL)
        count_slow(e, whole, &n);
    for (uint32_t c = 0; n.excess != NULL && n.flows != NULL && c < e->components; c++) {
        struct component part = component_at(&e->map->shape, c);
        bool link = part.kind == COMPONENT_UP || part.kind == COMPONENT_DOWN;
        double here = link && is_candidate(e, EVIDENCE_SLOW, &w, c) ? stands_out(e, &n, whole, c) : 0;
        bool direction = best != whole && c == component_twin(&e->map->shape, best);
        if (direction ? n.excess[c] > n.excess[best] : here > most) {
            best = c;
            most = here;
        }
    }
    free(n.excess);
    free(n.flows);
    return best;
}

/* The most suspect part, if its cable explains as much as the switch does, or is what all else is not. */
static uint32_t prefer_slow_part(const struct evidence *e, uint32_t whole)
{
    struct component w = component_at(&e->map->shape, whole);
    double enough = part_sum_when_bad(e, EVIDENCE_SLOW, whole, whole) - e->config->margin, most = 0;
    uint32_t best = whole;
    for (uint32_t c = 0; c < e->components; c++) {
        double own = part_sum_when_bad(e, EVIDENCE_SLOW, whole, c);
        if (own > most && is_candidate(e, EVIDENCE_SLOW, &w, c) &&
            part_cable_sum(e, EVIDENCE_SLOW, whole, c) >= enough) {
            best = c;
            most = own;
        }
    }
    return best != whole ? best : most_standing_out(e, whole);
}

static size_t bad_flows_most(const struct evidence *e)
{
    size_t count = 0;
    for (uint32_t age = 0; age < evidence_rounds(e); age++)
        count += evidence_round_at(e, age)->count;
    return count;
}

/* 0 also if most flows have lost more. */
static double excess_of_flows(const struct evidence *e, uint32_t component, uint32_t retransmits_max)
{
    float *excesses = malloc((bad_flows_most(e) + 1) * sizeof(float));
    size_t count = 0, all = 0, cell = evidence_cell(e, EVIDENCE_SLOW, component);
    for (uint32_t age = 0; excesses != NULL && age < evidence_rounds(e); age++) {
        const struct evidence_round *r = evidence_round_at(e, age);
        bool bad = r->sums[cell] > evidence_bad_from(e, EVIDENCE_SLOW, component);
        for (size_t i = 0; bad && i < r->count; i++) {
            const struct observation *o = &r->observations[i];
            bool crosses = flow_crosses(e->map, &o->flow, component);
            all += crosses;
            if (crosses && o->retransmits <= retransmits_max)
                excesses[count++] = o->excess;
        }
    }
    double median = count > 0 && 2 * count >= all ? order_median(excesses, count) : 0;
    free(excesses);
    return median;
}

double part_excess(const struct evidence *e, uint32_t component)
{
    return excess_of_flows(e, component, UINT32_MAX);
}

double part_excess_without_losses(const struct evidence *e, uint32_t component)
{
    return excess_of_flows(e, component, 0);
}

/* ---- lossy: losses are rare, so it is where they are more frequent ---- */

/* Packets over the switch, and over each of its parts. */
struct loss_census {
    double *packets, *lost; /* [component] */
};

static bool is_accused_of_losses(const struct evidence *e, const struct flow *flow)
{
    uint32_t crossed[FLOW_COMPONENTS_MAX];
    unsigned count = flow_components(e->map, flow, crossed);
    for (unsigned i = 0; i < count; i++)
        if (evidence_is_accused(e, crossed[i], EVIDENCE_LOSS_HIGH))
            return true;
    return false;
}

static void count_flow(const struct evidence *e, const struct observation *o, uint32_t whole,
                       struct loss_census *n)
{
    uint32_t crossed[FLOW_COMPONENTS_MAX];
    unsigned count = flow_components(e->map, &o->flow, crossed);
    bool counts = flow_crosses(e->map, &o->flow, whole) && !is_accused_of_losses(e, &o->flow);
    for (unsigned i = 0; counts && i < count; i++) {
        n->packets[crossed[i]] += o->packets;
        n->lost[crossed[i]] += o->retransmits;
    }
}

static double term(double lost, double expected)
{
    return lost > 0 ? lost * log(lost / expected) : 0;
}

/* Packets, and how many of them were lost. */
struct loss_share {
    double packets, lost;
};

/* Log-likelihood ratio of one rate on the part and a lower one on the rest against the same rate on all (a
 * G-test, halved; losses as Poisson counts). 0: the part loses no larger share than the rest. */
static double excess_of(const struct loss_share *part, const struct loss_share *all)
{
    if (part->packets <= 0 || all->packets <= part->packets || all->lost <= 0)
        return 0;
    double rate = all->lost / all->packets;
    if (part->lost / part->packets <= rate)
        return 0;
    return term(part->lost, rate * part->packets) +
           term(all->lost - part->lost, rate * (all->packets - part->packets));
}

/* Of the cable against its switch. */
static double concentration(const struct evidence *e, const struct loss_census *n, uint32_t whole,
                            uint32_t part)
{
    uint32_t twin = component_twin(&e->map->shape, part);
    struct loss_share cable = {.packets = n->packets[part] + n->packets[twin],
                               .lost = n->lost[part] + n->lost[twin]};
    struct loss_share all = {.packets = n->packets[whole], .lost = n->lost[whole]};
    return excess_of(&cable, &all);
}

static uint32_t most_concentrated(const struct evidence *e, const struct loss_census *n, uint32_t whole,
                                  double least)
{
    struct component w = component_at(&e->map->shape, whole);
    double most = least;
    uint32_t best = whole;
    for (uint32_t c = 0; c < e->components; c++) {
        if (n->packets[c] <= 0 || !is_candidate(e, EVIDENCE_LOSS_HIGH, &w, c))
            continue;
        double here = concentration(e, n, whole, c);
        bool direction = best != whole && c == component_twin(&e->map->shape, best);
        if (here > most || (direction && n->lost[c] > n->lost[best])) {
            best = c;
            most = here;
        }
    }
    return best;
}

static uint32_t find_lossy_part(const struct evidence *e, uint32_t whole, double least)
{
    struct loss_census n = {.packets = calloc(e->components, sizeof(double)),
                            .lost = calloc(e->components, sizeof(double))};
    uint32_t best = whole;
    for (uint32_t age = 0; n.packets != NULL && n.lost != NULL && age < evidence_rounds(e); age++) {
        const struct evidence_round *r = evidence_round_at(e, age);
        for (size_t i = 0; i < r->count; i++)
            count_flow(e, &r->observations[i], whole, &n);
    }
    if (n.packets != NULL && n.lost != NULL)
        best = most_concentrated(e, &n, whole, least);
    free(n.packets);
    free(n.lost);
    return best;
}

bool part_loses_more(const struct evidence *e, uint32_t component)
{
    struct loss_share own = {0}, all = {0};
    for (uint32_t age = 0; age < evidence_rounds(e); age++) {
        const struct evidence_round *r = evidence_round_at(e, age);
        for (size_t i = 0; i < r->count; i++) {
            const struct observation *o = &r->observations[i];
            if (is_accused_of_losses(e, &o->flow))
                continue;
            bool crosses = flow_crosses(e->map, &o->flow, component);
            own.packets += crosses ? o->packets : 0;
            own.lost += crosses ? o->retransmits : 0;
            all.packets += o->packets;
            all.lost += o->retransmits;
        }
    }
    if (all.packets <= own.packets)
        return true;
    double elsewhere = (all.lost - own.lost) / (all.packets - own.packets);
    return own.lost >= LOSS_TIMES_USUAL * elsewhere * own.packets &&
           excess_of(&own, &all) >= e->config->margin + log(e->components);
}

uint32_t part_prefer(const struct evidence *e, enum evidence_channel channel, uint32_t whole)
{
    struct component w = component_at(&e->map->shape, whole);
    if (!flow_map_is_switch(&w))
        return whole;
    return channel == EVIDENCE_SLOW ? prefer_slow_part(e, whole)
                                    : find_lossy_part(e, whole, e->config->margin);
}

uint32_t part_rival(const struct evidence *e, enum evidence_channel channel, uint32_t whole)
{
    struct component w = component_at(&e->map->shape, whole);
    bool losses = channel == EVIDENCE_LOSS_LOW || channel == EVIDENCE_LOSS_HIGH;
    return losses && flow_map_is_switch(&w) ? find_lossy_part(e, whole, RIVAL_LEAST) : whole;
}
