/* SPDX-License-Identifier: BSD-3-Clause */
/* How much the parts of a switch lose: losses are rare, so it is where they are more frequent. */
#include <math.h>
#include <stdlib.h>

#include "control/localiser/part_parts.h"

#define LOSS_TIMES_USUAL                                                                                     \
    4 /* what is sent again for no loss is not equally frequent everywhere; a fault brings six times it */

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
        if (n->packets[c] <= 0 || !part_is_candidate(e, EVIDENCE_LOSS_HIGH, &w, c))
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

uint32_t part_lossy_of(const struct evidence *e, uint32_t whole, double least)
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
