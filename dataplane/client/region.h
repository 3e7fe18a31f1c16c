/* SPDX-License-Identifier: BSD-3-Clause */
/* Memory shared with the dataplane. */
#ifndef WEFT_CLIENT_REGION_H
#define WEFT_CLIENT_REGION_H

#include "dataplane/client/context.h"

struct region {
    LIST_ENTRY(region) link;
    uint8_t *memory;
    size_t bytes;
    uint32_t id;
    uint32_t users; /* operations in progress that use it */
    bool internal;  /* scratch: not the application's to use or to destroy */
};

/* 0 or a weft_error with its text set. */
int region_create(struct weft_context *context, size_t bytes, struct region **region);
int region_destroy(struct weft_context *context, struct region *region);
void region_free_all(struct weft_context *context);

/* The region of the application that holds all of [memory, memory + bytes), or NULL. */
struct region *region_find(struct weft_context *context, const void *memory, size_t bytes);

/* Offset of an address in a region. Arithmetic of addresses, so that the base of a vector may lie outside. */
static inline uint64_t region_offset(const struct region *region, const void *base, uint64_t offset)
{
    return (uint64_t)((uintptr_t)base - (uintptr_t)region->memory) + offset;
}

#endif
