/* SPDX-License-Identifier: BSD-3-Clause */
#include "dataplane/client/region.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

/* A region whose file is shorter than asked for would kill us at the first touch beyond. */
static void *region_map(int memfd, size_t bytes)
{
    struct stat status;
    if (fstat(memfd, &status) < 0 || status.st_size < (off_t)bytes)
        return NULL;
    void *memory = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_SHARED, memfd, 0);
    return memory == MAP_FAILED ? NULL : memory;
}

static void region_tell_destroyed(struct weft_context *context, uint32_t id)
{
    struct session_answer answer;
    if (!context->lost)
        context_ask(context,
                    &(struct session_request){
                        .kind = SESSION_REGION_DESTROY, .version = SESSION_VERSION, .value = id},
                    NULL, &answer);
}

static int region_adopt(struct weft_context *context, struct session_answer *answer, struct region *region)
{
    bool sane = answer->fds[0] >= 0 && answer->reply.value <= UINT32_MAX;
    region->id = (uint32_t)answer->reply.value;
    region->memory = sane ? region_map(answer->fds[0], region->bytes) : NULL;
    session_answer_close_fds(answer);
    if (region->memory == NULL) {
        region_tell_destroyed(context, region->id);
        return context_error(context, WEFT_ERROR_NO_MEMORY, "cannot map a region of %zu bytes",
                             region->bytes);
    }
    LIST_INSERT_HEAD(&context->regions, region, link);
    return 0;
}

int region_create(struct weft_context *context, size_t bytes, struct region **region_out)
{
    size_t page = (size_t)sysconf(_SC_PAGESIZE);
    struct region *region = calloc(1, sizeof(*region));
    struct session_answer answer;
    if (region == NULL)
        return context_error(context, WEFT_ERROR_NO_MEMORY, "no memory");
    region->bytes = (bytes + page - 1) & ~(page - 1);
    struct session_request request = {
        .kind = SESSION_REGION_CREATE, .version = SESSION_VERSION, .value = region->bytes};
    int error = context_ask(context, &request, NULL, &answer);
    if (error == 0)
        error = region_adopt(context, &answer, region);
    if (error < 0) {
        free(region);
        return error;
    }
    *region_out = region;
    return 0;
}

int region_destroy(struct weft_context *context, struct region *region)
{
    struct session_answer answer;
    struct session_request request = {
        .kind = SESSION_REGION_DESTROY, .version = SESSION_VERSION, .value = region->id};
    int error = context_ask(context, &request, NULL, &answer);
    if (error < 0 && !context->lost)
        return error;
    LIST_REMOVE(region, link);
    munmap(region->memory, region->bytes);
    free(region);
    return 0;
}

void region_free_all(struct weft_context *context)
{
    while (!LIST_EMPTY(&context->regions)) {
        struct region *region = LIST_FIRST(&context->regions);
        LIST_REMOVE(region, link);
        munmap(region->memory, region->bytes);
        free(region);
    }
}

struct region *region_find(struct weft_context *context, const void *memory, size_t bytes)
{
    struct region *region;
    LIST_FOREACH(region, &context->regions, link)
    {
        uint64_t offset = region_offset(region, memory, 0);
        if (!region->internal && offset <= region->bytes && bytes <= region->bytes - offset)
            return region;
    }
    return NULL;
}

int weft_region_create(struct weft_context *context, size_t bytes, void **memory)
{
    if (context == NULL)
        return WEFT_ERROR_INVALID;
    if (memory == NULL || bytes == 0 || bytes > SIZE_MAX / 2)
        return context_error(context, WEFT_ERROR_INVALID, "weft_region_create: %s",
                             memory == NULL ? "memory is NULL"
                                            : "a region has 1 byte or more, and fits the memory");
    struct region *region;
    *memory = NULL;
    int error = region_create(context, bytes, &region);
    if (error == 0)
        *memory = region->memory;
    return error;
}

int weft_region_destroy(struct weft_context *context, void *memory)
{
    if (context == NULL)
        return WEFT_ERROR_INVALID;
    struct region *region = region_find(context, memory, 1);
    if (region == NULL || region->memory != memory)
        return context_error(context, WEFT_ERROR_INVALID,
                             "weft_region_destroy: %p is not the start of a region", memory);
    if (region->users > 0)
        return context_error(context, WEFT_ERROR_INVALID,
                             "weft_region_destroy: %u operations still use the region: wait for them first",
                             region->users);
    return region_destroy(context, region);
}
