/* SPDX-License-Identifier: BSD-3-Clause */
#include "dataplane/transport/arena.h"

#include <stdlib.h>
#include <sys/mman.h>

#include "dataplane/transport/fetch.h"
#include "dataplane/transport/random.h"

#ifdef __SANITIZE_ADDRESS__
#include <sanitizer/asan_interface.h>
#else
#define ASAN_POISON_MEMORY_REGION(from, bytes) ((void)(from), (void)(bytes))
#endif

enum {
    COLOURS = 1024, /* cache lines: the sets of a large second-level cache */
    HUGE_PAGE_BYTES = 2 * 1024 * 1024
};

bool arena_create(struct arena *a, const struct arena_config *config)
{
    size_t colour_bytes = mix64(config->colour) % COLOURS * CACHE_LINE_BYTES;
    size_t alignment = config->huge_page ? HUGE_PAGE_BYTES : CACHE_LINE_BYTES;
    char *memory = calloc(1, config->bytes + colour_bytes + alignment);
    if (memory == NULL)
        return false;
    char *aligned = memory + (alignment - (uintptr_t)memory % alignment);
    if (config->huge_page && config->bytes >= HUGE_PAGE_BYTES)
        madvise(aligned, HUGE_PAGE_BYTES, MADV_HUGEPAGE); /* or else small pages: slower, no more */
    *a = (struct arena){.first = aligned + colour_bytes, .memory = memory};
    return true;
}

void arena_give_back(void *memory)
{
    free(memory);
}

void *arena_take(struct arena *a, size_t count, size_t bytes)
{
    size_t lines = (count * bytes + CACHE_LINE_BYTES - 1) / CACHE_LINE_BYTES, gap_bytes = CACHE_LINE_BYTES;
    char *taken = a->first != NULL ? a->first + a->used_bytes : NULL;
    a->used_bytes += lines * CACHE_LINE_BYTES + gap_bytes;
    if (taken != NULL)
        ASAN_POISON_MEMORY_REGION(taken + lines * CACHE_LINE_BYTES, gap_bytes);
    return taken;
}
