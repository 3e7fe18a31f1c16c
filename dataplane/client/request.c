/* SPDX-License-Identifier: BSD-3-Clause */
#include "dataplane/client/request.h"

#include <stdlib.h>

#include "dataplane/client/progress.h"
#include "dataplane/client/trace.h"

const char *request_operation_name(enum app_operation operation)
{
    switch (operation) {
    case APP_OPERATION_NONE:
        return "send or receive";
    case APP_OPERATION_ALL_REDUCE:
        return "all-reduce";
    case APP_OPERATION_REDUCE_SCATTER:
        return "reduce-scatter";
    case APP_OPERATION_ALL_GATHER:
        return "all-gather";
    case APP_OPERATION_ALL_TO_ALL:
        return "all-to-all";
    case APP_OPERATION_BROADCAST:
        return "broadcast";
    case APP_OPERATION_BARRIER:
        return "barrier";
    }
    return "operation";
}

/* From the free list, which keeps the memory that a collective has once needed. */
static struct weft_request *request_take(struct weft_context *context)
{
    struct weft_request *request = LIST_FIRST(&context->free_requests);
    if (request != NULL) {
        LIST_REMOVE(request, free);
        return request;
    }
    request = calloc(1, sizeof(*request));
    if (request == NULL)
        return NULL;
    request->context = context;
    LIST_INSERT_HEAD(&context->requests, request, every);
    return request;
}

struct weft_request *request_begin(struct weft_communicator *communicator, enum app_operation operation)
{
    struct weft_request *request = request_take(communicator->context);
    if (request == NULL)
        return NULL;
    request->communicator = communicator;
    request->operation = operation;
    request->in_use = true;
    request->ended = false;
    request->outcome = 0;
    request->entered_at_ns = 0;
    if (TAILQ_EMPTY(&communicator->in_progress))
        communicator->stalled_ns = 0;
    TAILQ_INSERT_TAIL(&communicator->in_progress, request, in_progress);
    return request;
}

void request_use_region(struct weft_request *request, struct region *region)
{
    if (region == NULL)
        return;
    region->users++;
    for (unsigned i = 0; i < REQUEST_REGIONS_MAX; i++)
        if (request->regions[i] == NULL) {
            request->regions[i] = region;
            return;
        }
}

struct transfer *request_take_transfer(struct weft_request *request, uint32_t peer, uint64_t bytes)
{
    struct transfer *transfer = transfer_take(&request->context->transfers);
    transfer->request = request;
    transfer->peer = peer;
    transfer->bytes = bytes;
    LIST_INSERT_HEAD(&request->transfers, transfer, link);
    return transfer;
}

void request_return_transfer(struct weft_request *request, struct transfer *transfer)
{
    LIST_REMOVE(transfer, link);
    transfer_return(&request->context->transfers, transfer);
}

void request_make_runnable(struct weft_request *request)
{
    if (request->is_runnable || request->ended)
        return;
    request->is_runnable = true;
    TAILQ_INSERT_TAIL(&request->context->runnable, request, runnable);
}

bool request_advance(struct weft_request *request)
{
    return request->operation == APP_OPERATION_NONE ? message_advance(request) : collective_advance(request);
}

static void request_release_memory(struct weft_request *request)
{
    for (unsigned i = 0; i < REQUEST_REGIONS_MAX; i++) {
        if (request->regions[i] != NULL)
            request->regions[i]->users--;
        request->regions[i] = NULL;
    }
    if (request->scratch != NULL)
        scratch_return(request->scratch);
    request->scratch = NULL;
}

void request_end(struct weft_request *request, int outcome)
{
    while (!LIST_EMPTY(&request->transfers))
        request_return_transfer(request, LIST_FIRST(&request->transfers));
    if (request->is_runnable)
        TAILQ_REMOVE(&request->context->runnable, request, runnable);
    request->is_runnable = false;
    request_release_memory(request);
    TAILQ_REMOVE(&request->communicator->in_progress, request, in_progress);
    request->ended = true;
    request->outcome = outcome;
    trace_operation_ended(request);
}

static void request_give_back(struct weft_request *request)
{
    request->in_use = false;
    request->communicator = NULL;
    LIST_INSERT_HEAD(&request->context->free_requests, request, free);
}

void request_cancel(struct weft_request *request)
{
    request_end(request, 0);
    request_give_back(request);
}

void request_free_all(struct weft_context *context)
{
    while (!LIST_EMPTY(&context->requests)) {
        struct weft_request *request = LIST_FIRST(&context->requests);
        LIST_REMOVE(request, every);
        collective_free_memory(&request->collective);
        free(request);
    }
}

void request_forget_communicator(struct weft_communicator *communicator)
{
    struct weft_request *request;
    LIST_FOREACH(request, &communicator->context->requests, every)
    if (request->communicator == communicator)
        request->communicator = NULL;
}

/* Says in words how it ended, gives it back, and returns its outcome. */
static int request_collect(struct weft_request *request)
{
    struct weft_context *context = request->context;
    int outcome = request->outcome;
    if (outcome == WEFT_ERROR_TRUNCATED)
        context_error(
            context, outcome,
            "a message of %llu bytes with tag %u met a receive with room for less (rank %u is the other end)",
            (unsigned long long)request->message.length, request->message.tag, request->message.peer);
    else if (outcome < 0 && request->communicator != NULL)
        communicator_check(request->communicator);
    else if (outcome < 0)
        context_error(context, outcome, "the communicator was destroyed before the operation ended");
    request_give_back(request);
    return outcome;
}

int weft_test_receive(struct weft_request *request, bool *done, size_t *bytes)
{
    if (done == NULL || request == NULL || !request->in_use)
        return WEFT_ERROR_INVALID;
    if (!request->ended)
        progress_make(request->context);
    *done = request->ended;
    if (!request->ended)
        return 0;
    if (bytes != NULL)
        *bytes = request->message.length;
    return request_collect(request);
}

int weft_test(struct weft_request *request, bool *done)
{
    return weft_test_receive(request, done, NULL);
}

int weft_wait_receive(struct weft_request *request, size_t *bytes)
{
    if (request == NULL || !request->in_use)
        return WEFT_ERROR_INVALID;
    progress_make_until(request->context, &request->ended);
    if (bytes != NULL)
        *bytes = request->message.length;
    return request_collect(request);
}

int weft_wait(struct weft_request *request)
{
    return weft_wait_receive(request, NULL);
}

size_t weft_ready_bytes(const struct weft_request *request)
{
    if (request == NULL || !request->in_use)
        return 0;
    return request->operation == APP_OPERATION_NONE ? message_ready_bytes(request)
                                                    : collective_ready_bytes(request);
}
