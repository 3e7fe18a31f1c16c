/* SPDX-License-Identifier: BSD-3-Clause */
#include "dataplane/client/final_prefix.h"

#include <stdlib.h>
#include <string.h>

bool final_prefix_start(struct final_prefix *prefix, uint32_t segments)
{
    uint32_t words = (segments + 63) / 64;
    if (words > prefix->word_capacity) {
        uint64_t *larger = realloc(prefix->words, words * sizeof(*larger));
        if (larger == NULL)
            return false;
        prefix->words = larger;
        prefix->word_capacity = words;
    }
    if (words > 0)
        memset(prefix->words, 0, words * sizeof(*prefix->words));
    prefix->segments = segments;
    prefix->first_open = 0;
    return true;
}

void final_prefix_mark(struct final_prefix *prefix, uint32_t first, uint32_t count)
{
    for (uint32_t i = first; i < first + count && i < prefix->segments; i++)
        prefix->words[i / 64] |= 1ull << i % 64;
    while (prefix->first_open < prefix->segments &&
           prefix->words[prefix->first_open / 64] >> prefix->first_open % 64 & 1)
        prefix->first_open++;
}

void final_prefix_free(struct final_prefix *prefix)
{
    free(prefix->words);
}
