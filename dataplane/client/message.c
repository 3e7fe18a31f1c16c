/* SPDX-License-Identifier: BSD-3-Clause */
#include "dataplane/client/message.h"

#include <string.h>

#include "dataplane/client/request.h"
#include "dataplane/client/wire_tag.h"

#define MESSAGE_BYTES_MAX (1ull << 32)

static struct app_batch message_batch(const struct weft_request *request)
{
    return (struct app_batch){.kind =
                                  request->message.is_send ? APP_SUBMIT_SEND_BATCH : APP_SUBMIT_RECEIVE_BATCH,
                              .communicator = request->communicator->handle,
                              .flow_count = 1,
                              .operation = APP_OPERATION_NONE,
                              .sequence = request->message.number};
}

/* A message of no bytes may have no buffer, and then names no region. */
static struct app_flow message_flow(const struct weft_request *request, const struct transfer *transfer)
{
    const struct message *m = &request->message;
    const struct region *region = request->regions[0];
    return (struct app_flow){.kind = APP_SUBMIT_FLOW,
                             .peer_rank = m->peer,
                             .tag = wire_tag_message(m->tag, m->number),
                             .cookie = transfer->cookie,
                             .region = region ? region->id : 0,
                             .chunk_bytes = transfer->chunk_bytes,
                             .offset = region ? region_offset(region, m->buffer, 0) : 0,
                             .bytes = m->room};
}

static bool message_post(struct weft_request *request)
{
    struct message *m = &request->message;
    struct weft_context *context = request->context;
    struct app_batch batch = message_batch(request);
    if (!transfer_pool_reserve(&context->transfers, 1) || !app_ring_begin_batch(&context->ring, &batch))
        return false;
    struct transfer *transfer = request_take_transfer(request, m->peer, m->room);
    transfer->is_send = m->is_send;
    transfer->chunk_bytes = m->is_send ? 0 : transfer_chunk_bytes(m->room, context->chunk_granule_bytes);
    struct app_flow flow = message_flow(request, transfer);
    app_ring_add_flow(&context->ring, &flow);
    app_ring_end_batch(&context->ring);
    m->posted = true;
    return true;
}

/* The other end of a message to oneself, if it is here already. */
static struct weft_request *message_own_match(const struct weft_request *request)
{
    const struct message *m = &request->message;
    struct weft_request *other;
    TAILQ_FOREACH(other, &request->communicator->in_progress, in_progress)
    if (other->operation == APP_OPERATION_NONE && other->message.peer == m->peer &&
        other->message.is_send != m->is_send && other->message.tag == m->tag &&
        other->message.number == m->number)
        return other;
    return NULL;
}

/* A message to oneself is a copy, when both ends are there; the one that comes last does it. */
static void message_meet_oneself(struct weft_request *request)
{
    struct weft_request *other = message_own_match(request);
    if (other == NULL)
        return;
    const struct message *send = request->message.is_send ? &request->message : &other->message;
    const struct message *receive = request->message.is_send ? &other->message : &request->message;
    int outcome = send->room <= receive->room ? 0 : WEFT_ERROR_TRUNCATED;
    if (outcome == 0 && send->room > 0)
        memmove(receive->buffer, send->buffer, send->room);
    request->message.length = other->message.length = send->room;
    request_end(request, outcome);
    request_end(other, outcome);
}

bool message_advance(struct weft_request *request)
{
    if (request->message.peer == request->communicator->rank) {
        message_meet_oneself(request);
        return true;
    }
    return request->message.posted || message_post(request);
}

void message_on_completion(struct weft_request *request, struct transfer *transfer,
                           const struct app_completion *completion)
{
    if (completion->kind == APP_COMPLETION_CHUNK) {
        if (completion->chunk < transfer_chunk_count(transfer))
            transfer->chunks_arrived |= 1ull << completion->chunk;
        return;
    }
    request->message.length = request->message.is_send ? request->message.room : completion->bytes;
    request_end(request, 0);
}

void message_on_truncated(struct weft_request *request, uint64_t length)
{
    request->message.length = request->message.is_send ? request->message.room : length;
    request_end(request, WEFT_ERROR_TRUNCATED);
}

size_t message_ready_bytes(const struct weft_request *request)
{
    const struct transfer *transfer = LIST_FIRST(&request->transfers);
    if (request->ended)
        return request->outcome == 0 ? request->message.length : 0;
    if (transfer == NULL || ~transfer->chunks_arrived == 0)
        return 0;
    uint64_t bytes = (uint64_t)__builtin_ctzll(~transfer->chunks_arrived) * transfer->chunk_bytes;
    return bytes < transfer->bytes ? bytes : transfer->bytes;
}

static const char *message_problem(const struct weft_communicator *communicator, const void *buffer,
                                   size_t bytes, uint32_t peer)
{
    if (peer >= communicator->rank_count)
        return "peer is not below the rank count";
    if (bytes > MESSAGE_BYTES_MAX)
        return "a message has at most 4 GiB";
    if (buffer == NULL && bytes > 0)
        return "buffer is NULL";
    return NULL;
}

/* What weft_send() and weft_receive() have in common. */
static int message_start(struct weft_communicator *communicator, const struct message *message,
                         struct weft_request **request_out)
{
    struct weft_context *context = communicator->context;
    struct region *region = NULL;
    if (message->room > 0 && (region = region_find(context, message->buffer, message->room)) == NULL)
        return context_error(
            context, WEFT_ERROR_NOT_REGISTERED,
            "%llu bytes at %p are not in one region: allocate them with weft_region_create()",
            (unsigned long long)message->room, message->buffer);
    struct message numbered = *message;
    struct weft_request *request = NULL;
    if (message_numbers_take(&communicator->message_numbers, message->peer, message->tag, message->is_send,
                             &numbered.number))
        request = request_begin(communicator, APP_OPERATION_NONE);
    if (request == NULL)
        return context_error(context, WEFT_ERROR_NO_MEMORY, "no memory");
    request->message = numbered;
    request_use_region(request, region);
    if (!message_advance(request))
        request_make_runnable(request);
    app_ring_wake_dataplane(&context->ring);
    *request_out = request;
    return 0;
}

static int message_check(struct weft_communicator *communicator, const struct message *message,
                         struct weft_request **request)
{
    if (communicator == NULL)
        return WEFT_ERROR_INVALID;
    const char *function = message->is_send ? "weft_send" : "weft_receive";
    const char *problem = request
                              ? message_problem(communicator, message->buffer, message->room, message->peer)
                              : "request is NULL";
    if (problem != NULL)
        return context_error(communicator->context, WEFT_ERROR_INVALID, "%s: %s", function, problem);
    *request = NULL;
    int error = communicator_check(communicator);
    return error < 0 ? error : message_start(communicator, message, request);
}

int weft_send(struct weft_communicator *communicator, const void *buffer, size_t bytes, uint32_t peer,
              uint32_t tag, struct weft_request **request)
{
    struct message message = {
        .is_send = true, .peer = peer, .tag = tag, .buffer = (void *)buffer, .room = bytes};
    return message_check(communicator, &message, request);
}

int weft_receive(struct weft_communicator *communicator, void *buffer, size_t bytes, uint32_t peer,
                 uint32_t tag, struct weft_request **request)
{
    struct message message = {.peer = peer, .tag = tag, .buffer = buffer, .room = bytes};
    return message_check(communicator, &message, request);
}
