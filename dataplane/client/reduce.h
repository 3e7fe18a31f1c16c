/* SPDX-License-Identifier: BSD-3-Clause */
/* Arithmetic of reductions, on memory alone.
 *
 * Each call combines two vectors element by element, so a result depends on the order of calls (fixed by the
 * schedule) and never on how a vector is cut. Integers wrap. 16-bit floats are combined in float32 and
 * rounded once per call, which for sum and product is the correctly rounded result. MIN and MAX give NaN
 * where either side is NaN; which zero they give of +0 and -0 is not defined. AVERAGE sums; reduce_scale()
 * divides.
 */
#ifndef WEFT_CLIENT_REDUCE_H
#define WEFT_CLIENT_REDUCE_H

#include <stddef.h>
#include <stdint.h>

#include "dataplane/client/weft.h"

/* accumulator[i] = accumulator[i] (reduction) operand[i], for i < count. The two must not overlap. */
void reduce_accumulate(enum weft_type type, enum weft_reduction reduction, void *accumulator,
                       const void *operand, size_t count);

/* vector[i] = vector[i] / divisor: integers toward zero, floats correctly rounded. */
void reduce_scale(enum weft_type type, void *vector, size_t count, uint32_t divisor);

#endif
