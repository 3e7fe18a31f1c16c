/* SPDX-License-Identifier: BSD-3-Clause */
#include "dataplane/client/progress.h"

#include <poll.h>

#include "dataplane/client/communicator.h"
#include "dataplane/client/request.h"
#include "dataplane/process/clock.h"

enum {
    PROGRESS_BURST = 64
};
/* Time between two looks counts as waiting up to this much: what lies beyond, the application was elsewhere.
 */
#define PROGRESS_STALL_STEP_NS    100000000ull
#define PROGRESS_SESSION_CHECK_NS 10000000ull
/* Nobody says when the submission ring has room again. */
#define PROGRESS_RING_FULL_SLEEP_NS 1000000ull

static void progress_on_aborted(struct weft_context *context, const struct app_completion *completion)
{
    struct weft_communicator *communicator = communicator_find(context, completion->cookie);
    if (communicator == NULL)
        return;
    if (completion->status == APP_STATUS_PEER_DEAD)
        communicator_fail_dead_rank(communicator, completion->rank);
    else
        communicator_fail(communicator, WEFT_ERROR_NO_DATAPLANE,
                          "the dataplane ended the communicator (status %u): see its log",
                          completion->status);
}

/* A flow of it came back undone. */
static void progress_on_failed(struct weft_request *request, const struct transfer *transfer,
                               const struct app_completion *completion)
{
    struct weft_communicator *communicator = request->communicator;
    switch ((enum app_status)completion->status) {
    case APP_STATUS_PEER_DEAD:
        communicator_fail_dead_rank(communicator, completion->rank);
        break;
    case APP_STATUS_TRUNCATED:
        if (request->operation == APP_OPERATION_NONE)
            message_on_truncated(request, completion->bytes);
        else
            collective_on_wrong_length(request, transfer, completion->bytes);
        break;
    case APP_STATUS_NO_RESOURCES:
        communicator_fail(communicator, WEFT_ERROR_RESOURCES,
                          "a table of the dataplane is full: raise messages_max in its configuration");
        break;
    case APP_STATUS_OK:
    case APP_STATUS_CANCELLED:
        communicator_fail(communicator, WEFT_ERROR_NO_DATAPLANE, "the dataplane cancelled %s: see its log",
                          request_operation_name(request->operation));
        break;
    }
}

static void progress_on_completion(struct weft_context *context, const struct app_completion *completion)
{
    if (completion->kind == APP_COMPLETION_ABORTED) {
        progress_on_aborted(context, completion);
        return;
    }
    struct transfer *transfer = transfer_find(&context->transfers, completion->cookie);
    if (transfer == NULL) /* of a request that has ended with an error */
        return;
    struct weft_request *request = transfer->request;
    request->communicator->stalled_ns = 0;
    if (completion->status != APP_STATUS_OK)
        progress_on_failed(request, transfer, completion);
    else if (transfer->is_send != (completion->kind == APP_COMPLETION_SENT))
        context_lose(context, "it completed a send as a receive");
    else if (request->operation == APP_OPERATION_NONE)
        message_on_completion(request, transfer, completion);
    else
        collective_on_completion(request, transfer, completion);
}

static void progress_take_completions(struct weft_context *context)
{
    struct app_completion completions[PROGRESS_BURST];
    unsigned count;
    while ((count = app_ring_take(&context->ring, completions, PROGRESS_BURST)) > 0)
        for (unsigned i = 0; i < count; i++)
            progress_on_completion(context, &completions[i]);
    if (context->ring.corrupt)
        context_lose(context, "its ring positions are impossible");
}

static unsigned progress_count_runnable(const struct weft_context *context)
{
    unsigned count = 0;
    const struct weft_request *request;
    TAILQ_FOREACH(request, &context->runnable, runnable)
    count++;
    return count;
}

/* Each is tried once; those that the full ring stops stay runnable. */
static void progress_advance_runnable(struct weft_context *context)
{
    struct weft_request *request;
    for (unsigned left = progress_count_runnable(context);
         left > 0 && (request = TAILQ_FIRST(&context->runnable)) != NULL; left--) {
        TAILQ_REMOVE(&context->runnable, request, runnable);
        request->is_runnable = false;
        if (!request_advance(request))
            request_make_runnable(request);
    }
    app_ring_wake_dataplane(&context->ring);
}

static void progress_check_session(struct weft_context *context, uint64_t now)
{
    if (context->lost || now - context->session_checked_ns < PROGRESS_SESSION_CHECK_NS)
        return;
    context->session_checked_ns = now;
    if (session_socket_is_dead(context->session))
        context_lose(context, "it closed the session");
}

/* Adds the time since the last look to every communicator that waits. */
static void progress_check_stalls(struct weft_context *context, uint64_t now)
{
    uint64_t waited = now - context->stall_checked_ns;
    if (waited > PROGRESS_STALL_STEP_NS)
        waited = PROGRESS_STALL_STEP_NS;
    context->stall_checked_ns = now;
    struct weft_communicator *communicator;
    LIST_FOREACH(communicator, &context->communicators, link)
    {
        if (TAILQ_EMPTY(&communicator->in_progress))
            continue;
        communicator->stalled_ns += waited;
        if (communicator->stalled_ns >= communicator->timeout_ns)
            communicator_fail_stalled(communicator);
    }
}

void progress_make(struct weft_context *context)
{
    progress_take_completions(context);
    progress_advance_runnable(context);
    uint64_t now = clock_ns(CLOCK_MONOTONIC);
    progress_check_session(context, now);
    progress_check_stalls(context, now);
}

/* Until the next timeout may be due. */
static uint64_t progress_sleep_ns(const struct weft_context *context)
{
    uint64_t sleep_ns =
        TAILQ_EMPTY(&context->runnable) ? PROGRESS_STALL_STEP_NS : PROGRESS_RING_FULL_SLEEP_NS;
    const struct weft_communicator *communicator;
    LIST_FOREACH(communicator, &context->communicators, link)
    {
        uint64_t left_ns = communicator->timeout_ns - communicator->stalled_ns;
        if (!TAILQ_EMPTY(&communicator->in_progress) && left_ns < sleep_ns)
            sleep_ns = left_ns;
    }
    return sleep_ns;
}

/* Until the doorbell rings, the dataplane goes away, or it is time to look at the clock. */
static void progress_sleep(struct weft_context *context)
{
    if (context->lost || !app_ring_prepare_sleep(&context->ring))
        return;
    struct pollfd fds[2] = {{.fd = context->ring.completion_doorbell, .events = POLLIN},
                            {.fd = context->session, .events = POLLIN}};
    uint64_t sleep_ns = progress_sleep_ns(context);
    struct timespec timeout = {.tv_nsec = (long)sleep_ns};
    int ready = ppoll(fds, 2, &timeout, NULL);
    app_ring_end_sleep(&context->ring, ready > 0 && fds[0].revents & POLLIN);
    if (ready > 0 && fds[1].revents != 0 && session_socket_is_dead(context->session)) {
        progress_take_completions(context); /* what it did before it went */
        context_lose(context, "it closed the session");
    }
}

void progress_make_until(struct weft_context *context, const bool *ended)
{
    uint64_t spin_until_ns = 0;
    context->stall_checked_ns = clock_ns(CLOCK_MONOTONIC);
    while (!*ended) {
        progress_make(context);
        if (*ended)
            return;
        uint64_t now = clock_ns(CLOCK_MONOTONIC);
        if (spin_until_ns == 0)
            spin_until_ns = now + context->spin_ns;
        if (now < spin_until_ns)
            continue;
        progress_sleep(context);
        spin_until_ns = 0;
    }
}
