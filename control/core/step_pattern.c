/* SPDX-License-Identifier: BSD-3-Clause */
#include "control/core/step_pattern.h"

bool step_pattern_make(enum step_shape shape, uint32_t rank_count, struct step_pattern *p)
{
    *p = (struct step_pattern){.shape = shape, .rank_count = rank_count};
    if (rank_count < 2 || shape == STEP_SHAPE_ANY || shape == STEP_SHAPE_TREE || shape >= STEP_SHAPES)
        return false;
    p->levels = 31 - (unsigned)__builtin_clz(rank_count);
    p->positions = 1u << p->levels;
    p->pairs = rank_count - p->positions;
    return true;
}

unsigned step_pattern_steps(const struct step_pattern *p)
{
    if (p->shape != STEP_SHAPE_HALVING_DOUBLING)
        return 1;
    return p->levels + (p->pairs > 0 ? 2 : 0);
}

/* ---- halving-doubling ---- */

/* The odd one of a pair takes no part in the exchanges. */
static bool is_folded(const struct step_pattern *p, uint32_t rank)
{
    return rank < 2 * p->pairs && rank % 2 == 1;
}

static uint32_t position_of(const struct step_pattern *p, uint32_t rank)
{
    return rank < 2 * p->pairs ? rank / 2 : rank - p->pairs;
}

static uint32_t rank_at(const struct step_pattern *p, uint32_t position)
{
    return position < p->pairs ? 2 * position : position + p->pairs;
}

/* A pair sends levels exchanges, one unfold and one fold. */
static uint32_t halving_first_flow(const struct step_pattern *p, uint32_t rank)
{
    uint32_t paired = rank < 2 * p->pairs ? rank : 2 * p->pairs;
    return paired / 2 * (p->levels + 2) + paired % 2 * (p->levels + 1) + (rank - paired) * p->levels;
}

/* Peers of a rank, ascending. Positions ascend with ranks; the partner whose number differs in bit b is below
 * where the rank's bit is set: those come first, from the highest bit down, then those above, from the lowest
 * bit up. The odd neighbour of an even rank is the next rank, so it stands between the two. */
static uint32_t halving_peer(const struct step_pattern *p, uint32_t rank, uint32_t index)
{
    if (is_folded(p, rank))
        return rank - 1;
    uint32_t position = position_of(p, rank), passed = 0;
    for (unsigned bit = p->levels; bit-- > 0;) {
        if (position >> bit & 1 && passed++ == index)
            return rank_at(p, position ^ 1u << bit);
    }
    if (rank < 2 * p->pairs && passed++ == index)
        return rank + 1;
    for (unsigned bit = 0; bit < p->levels; bit++) {
        if (!(position >> bit & 1) && passed++ == index)
            return rank_at(p, position ^ 1u << bit);
    }
    return UINT32_MAX;
}

static unsigned halving_step(const struct step_pattern *p, uint32_t rank, uint32_t peer)
{
    if (is_folded(p, rank))
        return p->levels;
    if (is_folded(p, peer))
        return p->levels + 1;
    uint32_t distance = position_of(p, rank) ^ position_of(p, peer);
    return p->levels - 1 - (31 - (unsigned)__builtin_clz(distance));
}

/* ---- all shapes ---- */

uint32_t step_pattern_first_flow(const struct step_pattern *p, uint32_t rank)
{
    if (p->shape == STEP_SHAPE_HALVING_DOUBLING)
        return halving_first_flow(p, rank);
    return p->shape == STEP_SHAPE_RING ? rank : rank * (p->rank_count - 1);
}

uint32_t step_pattern_peer(const struct step_pattern *p, uint32_t rank, uint32_t index)
{
    if (p->shape == STEP_SHAPE_HALVING_DOUBLING)
        return halving_peer(p, rank, index);
    if (p->shape == STEP_SHAPE_RING)
        return (rank + 1) % p->rank_count;
    return index + (index >= rank);
}

uint32_t step_pattern_find(const struct step_pattern *p, uint32_t rank, uint32_t peer)
{
    uint32_t count = step_pattern_first_flow(p, rank + 1) - step_pattern_first_flow(p, rank);
    if (p->shape == STEP_SHAPE_ALL_TO_ALL && peer != rank)
        return peer - (peer > rank);
    for (uint32_t i = 0; p->shape != STEP_SHAPE_ALL_TO_ALL && i < count; i++) {
        if (step_pattern_peer(p, rank, i) == peer)
            return i;
    }
    return UINT32_MAX;
}

unsigned step_pattern_step(const struct step_pattern *p, uint32_t rank, uint32_t peer)
{
    return p->shape == STEP_SHAPE_HALVING_DOUBLING ? halving_step(p, rank, peer) : 0;
}

uint64_t step_pattern_bytes(const struct step_pattern *p, unsigned step, uint64_t longest_bytes)
{
    unsigned halvings = 0;
    if (p->shape == STEP_SHAPE_HALVING_DOUBLING && step < p->levels)
        halvings = step + (p->pairs > 0); /* where data are folded, that flow is the longest */
    uint64_t bytes = longest_bytes >> halvings;
    return bytes > 0 ? bytes : 1;
}
