/* SPDX-License-Identifier: BSD-3-Clause */
/* Draws from distributions; the same seed draws the same. */
#ifndef WEFT_ACCURACY_CHANCE_H
#define WEFT_ACCURACY_CHANCE_H

#include <math.h>
#include <stdbool.h>

#include "dataplane/transport/random.h"

/* 0 < x < 1 */
static inline double chance_uniform(struct random_stream *r)
{
    return ((double)(random_next(r) >> 11) + 0.5) / 9007199254740992.0;
}

static inline bool chance(struct random_stream *r, double probability)
{
    return chance_uniform(r) < probability;
}

static inline double chance_normal(struct random_stream *r)
{
    return sqrt(-2 * log(chance_uniform(r))) * cos(6.283185307179586 * chance_uniform(r));
}

/* Successes among n; exact while few are to be expected, else the normal approximation. */
static inline uint32_t chance_binomial(struct random_stream *r, uint32_t n, double p)
{
    double mean = n * p, left = 1;
    if (p <= 0)
        return 0;
    if (mean > 30) {
        double drawn = floor(mean + sqrt(mean * (1 - p)) * chance_normal(r) + 0.5);
        return drawn < 0 ? 0 : drawn > n ? n : (uint32_t)drawn;
    }
    uint32_t count = 0;
    for (double limit = exp(-mean); count <= n && (left *= chance_uniform(r)) > limit;)
        count++;
    return count < n ? count : n;
}

#endif
