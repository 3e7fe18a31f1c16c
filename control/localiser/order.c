/* SPDX-License-Identifier: BSD-3-Clause */
#include "control/localiser/order.h"

static void swap(float *a, float *b)
{
    float kept = *a;
    *a = *b;
    *b = kept;
}

/* Hoare's selection: afterwards values[k] is where sorting would put it, none before it is larger. */
float order_nth(float *values, size_t count, size_t k)
{
    size_t low = 0, high = count - 1;
    while (low < high) {
        float pivot = values[low + (high - low) / 2];
        size_t i = low, j = high;
        for (;;) {
            while (values[i] < pivot)
                i++;
            while (values[j] > pivot)
                j--;
            if (i >= j)
                break;
            swap(&values[i++], &values[j--]);
        }
        if (k <= j)
            high = j;
        else
            low = j + 1;
    }
    return values[k];
}

float order_median(float *values, size_t count)
{
    float upper = order_nth(values, count, count / 2);
    if (count % 2 == 1)
        return upper;
    float lower = values[0];
    for (size_t i = 1; i < count / 2; i++)
        if (values[i] > lower)
            lower = values[i];
    return (lower + upper) / 2;
}

float order_mean_of_smallest(float *values, size_t count, size_t kept)
{
    double sum = 0;
    order_nth(values, count, kept - 1);
    for (size_t i = 0; i < kept; i++)
        sum += values[i];
    return (float)(sum / (double)kept);
}
