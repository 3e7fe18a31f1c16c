/* SPDX-License-Identifier: BSD-3-Clause */
#include "dataplane/client/trace.h"

#include "dataplane/formats/tracepoint.h"
#include "dataplane/process/clock.h"

TRACEPOINT_DEFINE(operation_entered);
TRACEPOINT_DEFINE(operation_ended);

static struct timing_record begin_record(const struct weft_request *request, enum timing_kind kind)
{
    const struct weft_communicator *communicator = request->communicator;
    return (struct timing_record){.communicator = communicator->identity,
                                  .sequence = request->collective.sequence,
                                  .at_ns = clock_ns(CLOCK_MONOTONIC),
                                  .bytes = request->collective.out_bytes,
                                  .source = request->context->address,
                                  .destination = request->context->address,
                                  .rank = communicator->rank,
                                  .rank_count = communicator->rank_count,
                                  .path = TIMING_PATH_NONE,
                                  .operation = (uint16_t)request->operation,
                                  .kind = (uint8_t)kind};
}

void trace_operation_entered(struct weft_request *request)
{
    if (!TRACEPOINT_IS_WATCHED(operation_entered) && !TRACEPOINT_IS_WATCHED(operation_ended))
        return;
    struct timing_record record = begin_record(request, TIMING_ENTERED);
    request->entered_at_ns = record.at_ns;
    if (TRACEPOINT_IS_WATCHED(operation_entered))
        TRACEPOINT_FIRE(operation_entered, &record);
}

void trace_operation_ended(const struct weft_request *request)
{
    if (request->entered_at_ns == 0 || !TRACEPOINT_IS_WATCHED(operation_ended))
        return;
    struct timing_record record = begin_record(request, TIMING_ENDED);
    record.flags = request->outcome == 0 ? 0 : TIMING_FAILED;
    record.network_ns = record.at_ns - request->entered_at_ns;
    TRACEPOINT_FIRE(operation_ended, &record);
}
