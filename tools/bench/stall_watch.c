/* SPDX-License-Identifier: BSD-3-Clause */
#include "tools/bench/stall_watch.h"

#include <stdlib.h>
#include <string.h>

static void *stall_watch_memory(void *old, size_t bytes)
{
    void *memory = realloc(old, bytes);
    if (memory == NULL)
        abort();
    return memory;
}

void stall_watch_add(struct stall_watch *watch, const struct lab_counters *counters, uint64_t now_ns)
{
    if (watch->count == watch->room) {
        watch->room = watch->room ? 2 * watch->room : 256;
        watch->samples = stall_watch_memory(watch->samples, watch->room * sizeof *watch->samples);
    }
    size_t bytes = counters->host_count * sizeof *counters->host_received_bytes;
    struct stall_sample *sample = &watch->samples[watch->count++];
    sample->at_ns = now_ns;
    sample->received_bytes = memcpy(stall_watch_memory(NULL, bytes), counters->host_received_bytes, bytes);
    watch->host_count = counters->host_count;
}

void stall_watch_clear(struct stall_watch *watch)
{
    for (unsigned i = 0; i < watch->count; i++)
        free(watch->samples[i].received_bytes);
    free(watch->samples);
    *watch = (struct stall_watch){0};
}
