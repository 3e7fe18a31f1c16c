/* SPDX-License-Identifier: BSD-3-Clause */
/* Order statistics. */
#ifndef WEFT_CONTROL_LOCALISER_ORDER_H
#define WEFT_CONTROL_LOCALISER_ORDER_H

#include <stddef.h>

/* Reorders the values; the mean of the two in the middle when they are even in number. count > 0. */
float order_median(float *values, size_t count);
/* Reorders the values; the one that sorting would put at index k < count. */
float order_nth(float *values, size_t count, size_t k);
/* Reorders the values; the mean of the `kept` smallest. 0 < kept <= count. */
float order_mean_of_smallest(float *values, size_t count, size_t kept);

#endif
