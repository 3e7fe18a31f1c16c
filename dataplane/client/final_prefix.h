/* SPDX-License-Identifier: BSD-3-Clause */
/* How much of a collective's output is final from its start on: segments become final in any order. */
#ifndef WEFT_CLIENT_FINAL_PREFIX_H
#define WEFT_CLIENT_FINAL_PREFIX_H

#include <stdbool.h>
#include <stdint.h>

struct final_prefix {
    uint64_t *words; /* a bit per segment */
    uint32_t word_capacity;
    uint32_t segments;
    uint32_t first_open; /* all segments before this one are final */
};

/* Begins anew; keeps the memory of the time before. False: no memory. */
bool final_prefix_start(struct final_prefix *prefix, uint32_t segments);
void final_prefix_mark(struct final_prefix *prefix, uint32_t first, uint32_t count);
void final_prefix_free(struct final_prefix *prefix);

#endif
