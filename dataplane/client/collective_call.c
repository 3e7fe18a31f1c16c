/* SPDX-License-Identifier: BSD-3-Clause */
/* The collectives as applications call them: arguments are checked, the schedule is planned, the first steps
 * are posted. */
#include <stdlib.h>
#include <string.h>

#include "dataplane/client/request.h"

#define COLLECTIVE_MESSAGE_BYTES_MAX (1ull << 32)

struct collective_call {
    const char *function; /* for error texts */
    struct weft_communicator *communicator;
    enum app_operation operation;
    enum weft_algorithm algorithm;
    enum weft_type type;
    enum weft_reduction reduction;
    uint32_t root;
    const void *in; /* broadcast: equal to out */
    void *out;
    uint64_t count;
    uint64_t in_blocks, out_blocks; /* lengths of in and out, as multiples of `count` */
    const size_t *in_counts, *in_displacements, *out_counts, *out_displacements; /* all_to_all_v only */
    struct weft_request **request;
};

/* Bytes of `in` and of `out`, from their start to the end of their last block. */
struct collective_extent {
    uint64_t in_bytes;
    uint64_t out_bytes;
};

static bool multiply(uint64_t a, uint64_t b, uint64_t *product)
{
    return !__builtin_mul_overflow(a, b, product) && *product <= SIZE_MAX / 2;
}

/* The end of the last block that is not empty, and room for none to be beyond what memory can hold. */
static bool layout_extent(const size_t *counts, const size_t *displacements, uint32_t ranks, uint64_t element,
                          uint64_t *extent)
{
    *extent = 0;
    for (uint32_t rank = 0; rank < ranks; rank++) {
        uint64_t start, length;
        if (!multiply(displacements[rank], element, &start) || !multiply(counts[rank], element, &length))
            return false;
        if (length > 0 && start + length > *extent)
            *extent = start + length;
    }
    return *extent <= SIZE_MAX / 2;
}

static bool call_extent(const struct collective_call *call, struct collective_extent *extent)
{
    uint64_t element = weft_type_bytes(call->type), bytes;
    uint32_t ranks = call->communicator->rank_count;
    if (call->in_counts != NULL)
        return layout_extent(call->in_counts, call->in_displacements, ranks, element, &extent->in_bytes) &&
               layout_extent(call->out_counts, call->out_displacements, ranks, element, &extent->out_bytes);
    return multiply(call->count, element, &bytes) && multiply(bytes, call->in_blocks, &extent->in_bytes) &&
           multiply(bytes, call->out_blocks, &extent->out_bytes);
}

static bool call_is_in_place(const struct collective_call *call, const struct collective_extent *extent)
{
    const uint8_t *own = call->out;
    if (call->operation == APP_OPERATION_ALL_GATHER)
        own += call->communicator->rank * extent->in_bytes;
    return call->operation != APP_OPERATION_REDUCE_SCATTER && call->in == own;
}

static bool ranges_overlap(const void *a, uint64_t a_bytes, const void *b, uint64_t b_bytes)
{
    return (uintptr_t)a < (uintptr_t)b + b_bytes && (uintptr_t)b < (uintptr_t)a + a_bytes;
}

static const char *enum_problem(const struct collective_call *call)
{
    if (weft_type_bytes(call->type) == 0)
        return "type is none of enum weft_type";
    if ((unsigned)call->reduction > WEFT_AVERAGE)
        return "reduction is none of enum weft_reduction";
    if ((unsigned)call->algorithm > WEFT_ALGORITHM_DIRECT)
        return "algorithm is none of enum weft_algorithm";
    if (call->root >= call->communicator->rank_count)
        return "root is not below the rank count";
    return NULL;
}

static const char *buffer_problem(const struct collective_call *call, const struct collective_extent *extent)
{
    size_t element = weft_type_bytes(call->type);
    if ((call->in == NULL && extent->in_bytes > 0) || (call->out == NULL && extent->out_bytes > 0))
        return "a buffer is NULL";
    if ((uintptr_t)call->in % element != 0 || (uintptr_t)call->out % element != 0)
        return "a buffer is not aligned to its elements";
    if (call->in_counts == NULL && !call_is_in_place(call, extent) && extent->in_bytes > 0 &&
        extent->out_bytes > 0 && ranges_overlap(call->in, extent->in_bytes, call->out, extent->out_bytes))
        return "in and out overlap";
    return NULL;
}

static int call_refuse(const struct collective_call *call, const char *problem)
{
    return context_error(call->communicator->context, WEFT_ERROR_INVALID, "%s: %s", call->function, problem);
}

/* 0 and the lengths of the buffers, or a weft_error with its text set. */
static int call_check(const struct collective_call *call, struct collective_extent *extent)
{
    const char *problem = call->request ? enum_problem(call) : "request is NULL";
    if (problem == NULL && !call_extent(call, extent))
        problem = "count is beyond what memory can hold";
    if (problem == NULL)
        problem = buffer_problem(call, extent);
    if (problem != NULL)
        return call_refuse(call, problem);
    *call->request = NULL;
    return communicator_check(call->communicator);
}

/* ---- starting ---- */

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

static void layout_fill(uint64_t *bytes, const size_t *elements, uint32_t ranks, uint64_t element)
{
    for (uint32_t rank = 0; rank < ranks; rank++)
        bytes[rank] = elements[rank] * element;
}

/* Copies the layout of all_to_all_v, in bytes: the caller's arrays need not outlive the call. */
static int call_copy_layout(const struct collective_call *call, struct collective *c)
{
    uint32_t ranks = call->communicator->rank_count;
    uint64_t element = weft_type_bytes(call->type);
    if (c->layout_capacity < ranks) {
        uint64_t *larger = realloc(c->layout_bytes, 4 * ranks * sizeof(*larger));
        if (larger == NULL)
            return context_error(call->communicator->context, WEFT_ERROR_NO_MEMORY, "no memory");
        c->layout_bytes = larger;
        c->layout_capacity = ranks;
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
                                             .in_place = call_is_in_place(call, extent),
                                             .layout = call->in_counts ? &c->layout : NULL});
    c->type = call->type;
    c->reduction = call->reduction;
    c->out_bytes = extent->out_bytes;
    if (c->schedule.message_bytes_max > COLLECTIVE_MESSAGE_BYTES_MAX)
        return call_refuse(call, "a message of it would be longer than 4 GiB: make several calls of it");
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

static int call_start(const struct collective_call *call)
{
    if (call->communicator == NULL)
        return WEFT_ERROR_INVALID;
    struct collective_extent extent = {0};
    int error = call_check(call, &extent);
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
    call_reset_lanes(&request->collective);
    collective_run_copies_before(request);
    if (!collective_advance(request))
        request_make_runnable(request);
    app_ring_wake_dataplane(&request->context->ring);
    *call->request = request;
    return 0;
}

/* ---- the collectives ---- */

static uint32_t ranks_of(const struct weft_communicator *communicator)
{
    return communicator ? communicator->rank_count : 0;
}

int weft_all_reduce(struct weft_communicator *communicator, const void *in, void *out, size_t count,
                    enum weft_type type, enum weft_reduction reduction, enum weft_algorithm algorithm,
                    struct weft_request **request)
{
    return call_start(&(struct collective_call){.function = "weft_all_reduce",
                                                .communicator = communicator,
                                                .operation = APP_OPERATION_ALL_REDUCE,
                                                .algorithm = algorithm,
                                                .type = type,
                                                .reduction = reduction,
                                                .in = in,
                                                .out = out,
                                                .count = count,
                                                .in_blocks = 1,
                                                .out_blocks = 1,
                                                .request = request});
}

int weft_reduce_scatter(struct weft_communicator *communicator, const void *in, void *out, size_t count,
                        enum weft_type type, enum weft_reduction reduction, enum weft_algorithm algorithm,
                        struct weft_request **request)
{
    return call_start(&(struct collective_call){.function = "weft_reduce_scatter",
                                                .communicator = communicator,
                                                .operation = APP_OPERATION_REDUCE_SCATTER,
                                                .algorithm = algorithm,
                                                .type = type,
                                                .reduction = reduction,
                                                .in = in,
                                                .out = out,
                                                .count = count,
                                                .in_blocks = ranks_of(communicator),
                                                .out_blocks = 1,
                                                .request = request});
}

int weft_all_gather(struct weft_communicator *communicator, const void *in, void *out, size_t count,
                    enum weft_type type, enum weft_algorithm algorithm, struct weft_request **request)
{
    return call_start(&(struct collective_call){.function = "weft_all_gather",
                                                .communicator = communicator,
                                                .operation = APP_OPERATION_ALL_GATHER,
                                                .algorithm = algorithm,
                                                .type = type,
                                                .in = in,
                                                .out = out,
                                                .count = count,
                                                .in_blocks = 1,
                                                .out_blocks = ranks_of(communicator),
                                                .request = request});
}

int weft_broadcast(struct weft_communicator *communicator, void *buffer, size_t count, enum weft_type type,
                   uint32_t root, struct weft_request **request)
{
    return call_start(&(struct collective_call){.function = "weft_broadcast",
                                                .communicator = communicator,
                                                .operation = APP_OPERATION_BROADCAST,
                                                .type = type,
                                                .root = root,
                                                .in = buffer,
                                                .out = buffer,
                                                .count = count,
                                                .in_blocks = 1,
                                                .out_blocks = 1,
                                                .request = request});
}

int weft_all_to_all(struct weft_communicator *communicator, const void *in, void *out, size_t count,
                    enum weft_type type, struct weft_request **request)
{
    return call_start(&(struct collective_call){.function = "weft_all_to_all",
                                                .communicator = communicator,
                                                .operation = APP_OPERATION_ALL_TO_ALL,
                                                .type = type,
                                                .in = in,
                                                .out = out,
                                                .count = count,
                                                .in_blocks = ranks_of(communicator),
                                                .out_blocks = ranks_of(communicator),
                                                .request = request});
}

int weft_all_to_all_v(struct weft_communicator *communicator, const void *in, const size_t *in_counts,
                      const size_t *in_displacements, void *out, const size_t *out_counts,
                      const size_t *out_displacements, enum weft_type type, struct weft_request **request)
{
    if (communicator == NULL)
        return WEFT_ERROR_INVALID;
    if (in_counts == NULL || in_displacements == NULL || out_counts == NULL || out_displacements == NULL)
        return context_error(communicator->context, WEFT_ERROR_INVALID,
                             "weft_all_to_all_v: counts or displacements are NULL");
    return call_start(&(struct collective_call){.function = "weft_all_to_all_v",
                                                .communicator = communicator,
                                                .operation = APP_OPERATION_ALL_TO_ALL,
                                                .type = type,
                                                .in = in,
                                                .out = out,
                                                .in_counts = in_counts,
                                                .in_displacements = in_displacements,
                                                .out_counts = out_counts,
                                                .out_displacements = out_displacements,
                                                .request = request});
}

int weft_barrier(struct weft_communicator *communicator, struct weft_request **request)
{
    return call_start(&(struct collective_call){.function = "weft_barrier",
                                                .communicator = communicator,
                                                .operation = APP_OPERATION_BARRIER,
                                                .request = request});
}
