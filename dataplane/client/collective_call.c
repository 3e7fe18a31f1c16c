/* SPDX-License-Identifier: BSD-3-Clause */
/* The collectives as applications call them. */
#include "dataplane/client/collective_call.h"

static uint32_t ranks_of(const struct weft_communicator *communicator)
{
    return communicator ? communicator->rank_count : 0;
}

int weft_all_reduce(struct weft_communicator *communicator, const void *in, void *out, size_t count,
                    enum weft_type type, enum weft_reduction reduction, enum weft_algorithm algorithm,
                    struct weft_request **request)
{
    return collective_call_start(&(struct collective_call){.function = "weft_all_reduce",
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
    return collective_call_start(&(struct collective_call){.function = "weft_reduce_scatter",
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
    return collective_call_start(&(struct collective_call){.function = "weft_all_gather",
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
    return collective_call_start(&(struct collective_call){.function = "weft_broadcast",
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
    return collective_call_start(&(struct collective_call){.function = "weft_all_to_all",
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
    return collective_call_start(&(struct collective_call){.function = "weft_all_to_all_v",
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
    return collective_call_start(&(struct collective_call){.function = "weft_barrier",
                                                           .communicator = communicator,
                                                           .operation = APP_OPERATION_BARRIER,
                                                           .request = request});
}
