/* SPDX-License-Identifier: BSD-3-Clause */
/* Integers as elements of each type, for test data: bench's own encoding, so that libweft's is checked
 * against it. */
#ifndef BENCH_ELEMENT_H
#define BENCH_ELEMENT_H

#include <stddef.h>
#include <stdint.h>

#include "dataplane/client/weft.h"

size_t element_bytes(enum weft_type type);

/* Every integer of at most this magnitude is exact in `type` (capped at 2^30). */
int64_t element_exact_max(enum weft_type type);

/* `values` within element_exact_max() of `type`. */
void element_encode(enum weft_type type, const int32_t *values, size_t count, void *elements);

#endif
