/* SPDX-License-Identifier: BSD-3-Clause */
#include "control/localiser/steady.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>

#include "control/localiser/order.h"

#define TILT      0.75 /* t; 1 if the ratios were exact */
#define MOST      4.0f
#define LEAST     (-8.0f)
#define MEMORY    (1.0f / 128)
#define TRUSTED   0.8
#define ALLOWANCE 1.5

int steady_create(struct steady *s, uint32_t channels, uint32_t components)
{
    size_t cells = (size_t)channels * components;
    *s = (struct steady){.components = components,
                         .sum = calloc(cells, sizeof(float)),
                         .moment = malloc(cells * sizeof(float)),
                         .drift = calloc(channels, sizeof(double)),
                         .scratch = malloc(components * sizeof(float))};
    if (s->sum == NULL || s->moment == NULL || s->drift == NULL || s->scratch == NULL) {
        steady_destroy(s);
        return -ENOMEM;
    }
    for (size_t i = 0; i < cells; i++)
        s->moment[i] = (float)(1 / ALLOWANCE);
    return 0;
}

void steady_destroy(struct steady *s)
{
    free(s->sum);
    free(s->moment);
    free(s->drift);
    free(s->scratch);
    *s = (struct steady){0};
}

static float clip(float sum)
{
    return fminf(MOST, fmaxf(LEAST, sum));
}

void steady_learn(struct steady *s, uint32_t channel, const float *sums)
{
    float *moments = &s->moment[(size_t)channel * s->components];
    uint32_t count = 0;
    for (uint32_t c = 0; c < s->components; c++) {
        if (sums[c] == 0)
            continue;
        moments[c] += MEMORY * (expf((float)TILT * clip(sums[c])) - moments[c]);
        s->scratch[count++] = moments[c];
    }
    uint32_t trusted = (uint32_t)(count * TRUSTED);
    if (trusted > 0)
        s->drift[channel] =
            fmax(0, log(ALLOWANCE * order_mean_of_smallest(s->scratch, count, trusted)) / TILT);
}

void steady_add(struct steady *s, uint32_t channel, uint32_t component, float sum)
{
    float *total = &s->sum[(size_t)channel * s->components + component];
    *total = fmaxf(0, *total + clip(sum) - (float)s->drift[channel]);
}

double steady_threshold(double gain)
{
    return gain / TILT;
}
