/* SPDX-License-Identifier: BSD-3-Clause */
/* Faults so small, or of so few messages, that hardly a round looks bad: what rounds say adds up all the
 * same. Page's test on the rounds' log-likelihood ratios s, from -8 to 4:  S = max(0, S + s - d). With d such
 * that the mean of exp(t (s - d)) over healthy components is at most 1, exp(t S) grows no faster than a
 * supermartingale, and S passes g / t with a probability of exp(-g) a round. d is learnt, as transients are:
 * from the four fifths of the components for which the mean is least, times one and a half. */
#ifndef WEFT_CONTROL_LOCALISER_STEADY_H
#define WEFT_CONTROL_LOCALISER_STEADY_H

#include <stddef.h>
#include <stdint.h>

struct steady {
    uint32_t components;
    float *sum;    /* [channel][component]: S */
    float *moment; /* the same: mean of exp(t s) */
    double *drift; /* [channel]: d */
    float *scratch;
};

int steady_create(struct steady *s, uint32_t channels, uint32_t components);
void steady_destroy(struct steady *s);
/* Learns from a round what is usual: `sums` of the channel's components, 0 where nothing crossed them. */
void steady_learn(struct steady *s, uint32_t channel, const float *sums);
/* What the round said of a component. */
void steady_add(struct steady *s, uint32_t channel, uint32_t component, float sum);
/* S must reach it for so much evidence (log). */
double steady_threshold(double gain);

#endif
