/* SPDX-License-Identifier: BSD-3-Clause */
/* Wrong arguments are found here, before anything is posted. */
#include "dataplane/client/collective_call.h"

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

bool collective_call_is_in_place(const struct collective_call *call, const struct collective_extent *extent)
{
    uintptr_t own = (uintptr_t)call->out;
    if (call->operation == APP_OPERATION_ALL_GATHER)
        own += call->communicator->rank * extent->in_bytes;
    return call->operation != APP_OPERATION_REDUCE_SCATTER && (uintptr_t)call->in == own;
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
    if (call->in_counts == NULL && !collective_call_is_in_place(call, extent) && extent->in_bytes > 0 &&
        extent->out_bytes > 0 && ranges_overlap(call->in, extent->in_bytes, call->out, extent->out_bytes))
        return "in and out overlap";
    return NULL;
}

int collective_call_refuse(const struct collective_call *call, const char *problem)
{
    return context_error(call->communicator->context, WEFT_ERROR_INVALID, "%s: %s", call->function, problem);
}

int collective_call_check(const struct collective_call *call, struct collective_extent *extent)
{
    const char *problem = call->request ? enum_problem(call) : "request is NULL";
    if (problem == NULL && !call_extent(call, extent))
        problem = "count is beyond what memory can hold";
    if (problem == NULL)
        problem = buffer_problem(call, extent);
    if (problem != NULL)
        return collective_call_refuse(call, problem);
    *call->request = NULL;
    return communicator_check(call->communicator);
}
