/* SPDX-License-Identifier: BSD-3-Clause */
/* Vectors of 16-bit floats to and from float32; `type` is WEFT_FLOAT16 or WEFT_BFLOAT16. */
#ifndef WEFT_CLIENT_REDUCE_HALF_H
#define WEFT_CLIENT_REDUCE_HALF_H

#include <stddef.h>
#include <stdint.h>

#include "dataplane/client/weft.h"

void half_widen(enum weft_type type, float *restrict wide, const uint16_t *restrict narrow, size_t count);
void half_narrow(enum weft_type type, uint16_t *restrict narrow, const float *restrict wide, size_t count);

#endif
