/* SPDX-License-Identifier: BSD-3-Clause */
#include <stdlib.h>

#include "dataplane/client/collective_call.h"
#include "dataplane/client/request.h"
#include "dataplane/client/trace.h"

#define COLLECTIVE_MESSAGE_BYTES_MAX (1ull << 32)

static int call_find_space(const struct collective_call *call, struct weft_request *request,
                           enum schedule_space space, const void *base, uint64_t bytes)
{
    struct weft_context *context = request->context;
    struct region *region = bytes > 0 ? region_find(context, base, bytes) : NULL;
    if (bytes > 0 && region == NULL)
        return context_error(
            context, WEFT_ERROR_NOT_REGISTERED,
            "%s: %llu bytes at %p are not in one region: allocate them with weft_region_create()",
            call->function, (unsigned long long)bytes, base);
    request->collective.spaces[space] = (struct collective_space){(uint8_t *)base, region};
    request_use_region(request, region);
    return 0;
}

static int call_take_scratch(struct weft_request *request)
{
    uint64_t bytes = request->collective.schedule.scratch_bytes;
    request->collective.spaces[SCHEDULE_SCRATCH] = (struct collective_space){NULL, NULL};
    if (bytes == 0)
        return 0;
    int error = scratch_take(request->context, bytes, &request->scratch);
    if (error == 0)
        request->collective.spaces[SCHEDULE_SCRATCH] =
            (struct collective_space){request->scratch->region->memory, request->scratch->region};
    return error;
}

static void layout_fill(uint64_t *bytes, const size_t *elements, size_t ranks, uint64_t element)
{
    for (size_t rank = 0; rank < ranks; rank++)
        bytes[rank] = elements[rank] * element;
}

/* Copies the layout of all_to_all_v, in bytes: the caller's arrays need not outlive the call. */
static int call_copy_layout(const struct collective_call *call, struct collective *c)
{
    size_t ranks = call->communicator->rank_count;
    uint64_t element = weft_type_bytes(call->type);
    if (c->layout_capacity < ranks) {
        uint64_t *larger = realloc(c->layout_bytes, 4 * ranks * sizeof(*larger));
        if (larger == NULL)
            return context_error(call->communicator->context, WEFT_ERROR_NO_MEMORY, "no memory");
        c->layout_bytes = larger;
        c->layout_capacity = (uint32_t)ranks;
    }
    uint64_t *b = c->layout_bytes;
    layout_fill(b, call->in_counts, ranks, element);
    layout_fill(b + ranks, call->in_displacements, ranks, element);
    layout_fill(b + 2 * ranks, call->out_counts, ranks, element);
    layout_fill(b + 3 * ranks, call->out_displacements, ranks, element);
    c->layout = (struct schedule_layout){b, b + ranks, b + 2 * ranks, b + 3 * ranks};
    return 0;
}

static int call_plan(const struct collective_call *call, const struct collective_extent *extent,
                     struct weft_request *request)
{
    struct collective *c = &request->collective;
    if (call->in_counts != NULL && call_copy_layout(call, c) < 0)
        return WEFT_ERROR_NO_MEMORY;
    schedule_plan(&c->schedule,
                  &(struct schedule_problem){.operation = call->operation,
                                             .algorithm = call->algorithm,
                                             .rank = call->communicator->rank,
                                             .rank_count = call->communicator->rank_count,
                                             .root = call->root,
                                             .count = call->count,
                                             .element_bytes = (uint32_t)weft_type_bytes(call->type),
                                             .in_place = collective_call_is_in_place(call, extent),
                                             .layout = call->in_counts ? &c->layout : NULL});
    c->type = call->type;
    c->reduction = call->reduction;
    c->out_bytes = extent->out_bytes;
    if (c->schedule.message_bytes_max > COLLECTIVE_MESSAGE_BYTES_MAX)
        return collective_call_refuse(call,
                                      "a message of it would be longer than 4 GiB: make several calls of it");
    if (!final_prefix_start(&c->prefix, c->schedule.blocks * c->schedule.lanes))
        return context_error(request->context, WEFT_ERROR_NO_MEMORY, "no memory");
    return 0;
}

/* Everything that can fail, before anything is posted. */
static int call_prepare(const struct collective_call *call, const struct collective_extent *extent,
                        struct weft_request *request)
{
    int error = call_plan(call, extent, request);
    if (error == 0)
        error = call_find_space(call, request, SCHEDULE_IN, call->in, extent->in_bytes);
    if (error == 0)
        error = call_find_space(call, request, SCHEDULE_OUT, call->out, extent->out_bytes);
    return error < 0 ? error : call_take_scratch(request);
}

static void call_reset_lanes(struct collective *c)
{
    for (unsigned lane = 0; lane < SCHEDULE_LANES_MAX; lane++) {
        c->lanes[lane] = (struct collective_lane){0};
        STAILQ_INIT(&c->lanes[lane].reductions);
    }
}

int collective_call_start(const struct collective_call *call)
{
    if (call->communicator == NULL)
        return WEFT_ERROR_INVALID;
    struct collective_extent extent = {0};
    int error = collective_call_check(call, &extent);
    if (error < 0)
        return error;
    struct weft_request *request = request_begin(call->communicator, call->operation);
    if (request == NULL)
        return context_error(call->communicator->context, WEFT_ERROR_NO_MEMORY, "no memory");
    error = call_prepare(call, &extent, request);
    if (error < 0) {
        request_cancel(request);
        return error;
    }
    request->collective.sequence = call->communicator->next_sequence++;
    trace_operation_entered(request);
    call_reset_lanes(&request->collective);
    collective_run_copies_before(request);
    if (!collective_advance(request))
        request_make_runnable(request);
    app_ring_wake_dataplane(&request->context->ring);
    *call->request = request;
    return 0;
}
