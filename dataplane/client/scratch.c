/* SPDX-License-Identifier: BSD-3-Clause */
#include "dataplane/client/scratch.h"

#include <stdlib.h>

enum {
    SCRATCH_BYTES_MIN = 64 << 10
};

/* The smallest free one that is large enough, or NULL. */
static struct scratch *scratch_find(struct weft_context *context, uint64_t bytes)
{
    struct scratch *scratch, *best = NULL;
    LIST_FOREACH(scratch, &context->scratches, link)
    {
        bool fits = !scratch->in_use && scratch->region->bytes >= bytes;
        if (fits && (best == NULL || scratch->region->bytes < best->region->bytes))
            best = scratch;
    }
    return best;
}

/* A larger one takes the place of those that are free: they were too small for this application's data. A
 * refusal leaves them where they are. */
static void scratch_discard_free(struct weft_context *context)
{
    struct scratch *scratch = LIST_FIRST(&context->scratches);
    while (scratch != NULL) {
        struct scratch *next = LIST_NEXT(scratch, link);
        if (!scratch->in_use && region_destroy(context, scratch->region) == 0) {
            LIST_REMOVE(scratch, link);
            free(scratch);
        }
        scratch = next;
    }
}

/* Sizes are powers of two, so that slowly growing data does not make a new one each time. */
static uint64_t scratch_size(uint64_t bytes)
{
    uint64_t size = SCRATCH_BYTES_MIN;
    while (size < bytes)
        size *= 2;
    return size;
}

static int scratch_create(struct weft_context *context, uint64_t bytes, struct scratch **scratch_out)
{
    struct scratch *scratch = calloc(1, sizeof(*scratch));
    if (scratch == NULL)
        return context_error(context, WEFT_ERROR_NO_MEMORY, "no memory");
    int error = region_create(context, scratch_size(bytes), &scratch->region);
    if (error < 0) {
        free(scratch);
        return error;
    }
    scratch->region->internal = true;
    LIST_INSERT_HEAD(&context->scratches, scratch, link);
    *scratch_out = scratch;
    return 0;
}

int scratch_take(struct weft_context *context, uint64_t bytes, struct scratch **scratch)
{
    *scratch = scratch_find(context, bytes);
    if (*scratch == NULL) {
        scratch_discard_free(context);
        int error = scratch_create(context, bytes, scratch);
        if (error < 0)
            return error;
    }
    (*scratch)->in_use = true;
    return 0;
}

void scratch_return(struct scratch *scratch)
{
    scratch->in_use = false;
}

void scratch_free_all(struct weft_context *context)
{
    while (!LIST_EMPTY(&context->scratches)) {
        struct scratch *scratch = LIST_FIRST(&context->scratches);
        LIST_REMOVE(scratch, link);
        free(scratch);
    }
}
