/* SPDX-License-Identifier: BSD-3-Clause */
/* How slow the parts of a switch are: flows that are not speak for the rest of it. */
#include <stdlib.h>

#include "control/localiser/order.h"
#include "control/localiser/part_parts.h"

#define RELIEF_MOST 0.5 /* of a slow link's slowness may show beside it */
enum {
    STANDING_OUT_FLOWS = 8 /* at least, to say how slow a part is */
};

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
        double here = link && part_is_candidate(e, EVIDENCE_SLOW, &w, c) ? stands_out(e, &n, whole, c) : 0;
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

uint32_t part_slow_of(const struct evidence *e, uint32_t whole)
{
    struct component w = component_at(&e->map->shape, whole);
    double enough = part_sum_when_bad(e, EVIDENCE_SLOW, whole, whole) - e->config->margin, most = 0;
    uint32_t best = whole;
    for (uint32_t c = 0; c < e->components; c++) {
        double own = part_sum_when_bad(e, EVIDENCE_SLOW, whole, c);
        if (own > most && part_is_candidate(e, EVIDENCE_SLOW, &w, c) &&
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
