/* SPDX-License-Identifier: BSD-3-Clause */
#include "control/localiser/part_parts.h"

#define RIVAL_LEAST 2.3 /* log 10: that its share is the same as the rest's is so unlikely */

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

bool part_is_candidate(const struct evidence *e, enum evidence_channel channel, const struct component *whole,
                       uint32_t component)
{
    struct component part = component_at(&e->map->shape, component);
    return flow_map_is_part(e->map, &part, whole) && !evidence_is_accused(e, component, channel);
}

uint32_t part_prefer(const struct evidence *e, enum evidence_channel channel, uint32_t whole)
{
    struct component w = component_at(&e->map->shape, whole);
    if (!flow_map_is_switch(&w))
        return whole;
    return channel == EVIDENCE_SLOW ? part_slow_of(e, whole) : part_lossy_of(e, whole, e->config->margin);
}

uint32_t part_rival(const struct evidence *e, enum evidence_channel channel, uint32_t whole)
{
    struct component w = component_at(&e->map->shape, whole);
    bool losses = channel == EVIDENCE_LOSS_LOW || channel == EVIDENCE_LOSS_HIGH;
    return losses && flow_map_is_switch(&w) ? part_lossy_of(e, whole, RIVAL_LEAST) : whole;
}
