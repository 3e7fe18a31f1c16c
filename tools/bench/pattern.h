/* SPDX-License-Identifier: BSD-3-Clause */
/* Test data that depends on rank, iteration and position, and the results that a collective must make of it,
 * computed here from the definition and without any of libweft's code.
 *
 * Two families. *Moved* bytes (all_gather, all_to_all, broadcast, send_receive) are a pseudo-random stream
 * for each (rank, iteration). *Reduced* elements are small integers, so small that every partial result in
 * any order is exact in the element type: then floating-point results have one right value, and are compared
 * bit for bit. For a product one rank holds a number and all others 1; for an average the numbers of
 * floating-point types are multiples of the rank count.
 */
#ifndef BENCH_PATTERN_H
#define BENCH_PATTERN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "dataplane/client/weft.h"

struct pattern {
    enum weft_type type;
    enum weft_reduction reduction;
    unsigned ranks;
    unsigned bits;  /* numbers are in [-2^(bits-1), 2^(bits-1)) */
    int32_t factor; /* by which they are multiplied */
};

/* -ERANGE: no numbers are small enough for exact results in this type with so many ranks. */
int pattern_init(struct pattern *pattern, enum weft_type type, enum weft_reduction reduction, unsigned ranks);

/* Where a result differed from what it had to be. */
struct pattern_mismatch {
    bool found;
    unsigned rank;
    unsigned iteration;
    uint64_t offset_bytes; /* in the result buffer: of the first wrong byte */
    unsigned width;        /* bytes shown */
    uint8_t expected[8];
    uint8_t got[8];
};

/* A stretch of one rank's data. */
struct pattern_part {
    unsigned rank;
    unsigned iteration;
    uint64_t first; /* moved: byte, reduced: element */
};

void pattern_fill_moved(const struct pattern_part *part, void *buffer, size_t bytes);
void pattern_fill_reduced(const struct pattern *pattern, const struct pattern_part *part, void *buffer,
                          size_t count);

/* Compare `bytes` of `result` with `source`'s stream, or `count` elements with the reduction over all ranks
 * of their elements from `first` on (source->rank is not used). The first difference goes to *mismatch:
 * offset from `result`, expected and got; the caller adds where that was. Return true when all is right. */
bool pattern_check_moved(const struct pattern_part *source, const void *result, size_t bytes,
                         struct pattern_mismatch *mismatch);
bool pattern_check_reduced(const struct pattern *pattern, const struct pattern_part *source,
                           const void *result, size_t count, struct pattern_mismatch *mismatch);

#endif
