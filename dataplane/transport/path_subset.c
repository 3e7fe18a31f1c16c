/* SPDX-License-Identifier: BSD-3-Clause */
#include "dataplane/transport/path_subset.h"

#include "dataplane/transport/random.h"

/* The `n`-th path of those in the mask. */
static uint8_t nth_path(uint64_t mask, unsigned n)
{
    for (; n > 0; n--)
        mask &= mask - 1;
    return (uint8_t)__builtin_ctzll(mask);
}

void path_subset_draw(struct path_subset *s, uint64_t hash, uint64_t alive)
{
    struct random_stream random = {hash};
    *s = (struct path_subset){.hash = hash};
    for (; s->count < PATH_SUBSET_PATHS && alive != 0; s->count++) {
        uint64_t drawn = random_below(&random, (uint64_t)__builtin_popcountll(alive));
        uint8_t path = nth_path(alive, (unsigned)drawn);
        s->paths[s->count] = path;
        alive &= ~(1ull << path);
    }
}
