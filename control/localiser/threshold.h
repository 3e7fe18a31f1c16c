/* SPDX-License-Identifier: BSD-3-Clause */
/* How much evidence suffices, from how often healthy components look bad for one round. */
#ifndef WEFT_CONTROL_LOCALISER_THRESHOLD_H
#define WEFT_CONTROL_LOCALISER_THRESHOLD_H

#include <stdint.h>

struct threshold_input {
    uint32_t components;    /* M */
    uint32_t rounds;        /* N: the window */
    double transient;       /* q: the share of rounds in which a healthy component looks bad */
    double false_per_round; /* alpha: for all components together */
    double round_cap;       /* the most that a round adds */
};

struct threshold {
    uint32_t bad_rounds; /* K: the least with M P(Binomial(N, q) >= K) <= alpha/2 */
    double gain;         /* log(2 M / alpha) */
    double drift;        /* of the CUSUM: what each round takes away */
    double cusum; /* h: M exp(-theta h) <= alpha/2, where theta > 0 solves q exp(theta (cap - drift)) + (1 -
                     q) exp(-theta drift) = 1 (Wald's identity for a walk that goes up by cap - drift with
                     probability q, else down by drift) */
};
struct threshold threshold_derive(const struct threshold_input *input);

#endif
