/* SPDX-License-Identifier: BSD-3-Clause */
#include "control/localiser/threshold.h"

#include <math.h>

/* P(Binomial(n, q) >= k) */
static double binomial_tail(uint32_t n, double q, uint32_t k)
{
    double sum = 0;
    for (uint32_t i = k; i <= n; i++)
        sum +=
            exp(lgamma(n + 1.0) - lgamma(i + 1.0) - lgamma(n - i + 1.0) + i * log(q) + (n - i) * log1p(-q));
    return sum;
}

/* At most the window: then every round must be bad. */
static uint32_t least_bad_rounds(const struct threshold_input *t)
{
    uint32_t k = 2;
    while (k < t->rounds &&
           t->components * binomial_tail(t->rounds, t->transient, k) > t->false_per_round / 2)
        k++;
    return k;
}

/* Well above what transients bring, so that the walk of a healthy component falls. */
static double drift_of(const struct threshold_input *t)
{
    double brought = t->transient * t->round_cap;
    return fmax(t->round_cap / 8, fmin(4 * brought, (t->round_cap + brought) / 2));
}

/* The positive root: the left side minus one is negative just above 0 and grows without end. */
static double walk_exponent(const struct threshold_input *t, double drift)
{
    double low = 0, high = 64;
    for (unsigned i = 0; i < 80; i++) {
        double middle = (low + high) / 2;
        double moment =
            t->transient * exp(middle * (t->round_cap - drift)) + (1 - t->transient) * exp(-middle * drift);
        *(moment < 1 ? &low : &high) = middle;
    }
    return low;
}

struct threshold threshold_derive(const struct threshold_input *input)
{
    struct threshold_input t = *input;
    t.transient = fmin(fmax(t.transient, 1e-4), 0.5);
    double gain = log(2 * t.components / t.false_per_round), drift = drift_of(&t);
    return (struct threshold){.bad_rounds = least_bad_rounds(&t),
                              .gain = gain,
                              .drift = drift,
                              .cusum = gain / walk_exponent(&t, drift)};
}
