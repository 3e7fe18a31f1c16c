/* SPDX-License-Identifier: BSD-3-Clause */
#include "dataplane/client/context.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "dataplane/client/communicator.h"
#include "dataplane/client/region.h"
#include "dataplane/client/request.h"
#include "dataplane/client/scratch.h"
#include "dataplane/process/clock.h"

#define CONTEXT_SOCKET_DEFAULT "/run/weft/dataplane.sock"

static _Thread_local char attach_error_text[CONTEXT_ERROR_BYTES];

int context_error(struct weft_context *context, int code, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(context->error_text, sizeof(context->error_text), format, arguments);
    va_end(arguments);
    return code;
}

static int weft_error_of_status(int32_t status)
{
    switch (status) {
    case -EPROTO:
    case -EPROTONOSUPPORT:
        return WEFT_ERROR_VERSION;
    case -ENOMEM:
        return WEFT_ERROR_NO_MEMORY;
    case -ENOSPC:
    case -EDQUOT:
    case -EMFILE:
    case -ENFILE:
    case -EAGAIN:
        return WEFT_ERROR_RESOURCES;
    default:
        return WEFT_ERROR_INVALID;
    }
}

int context_ask(struct weft_context *context, const struct session_request *request,
                const uint32_t *addresses, struct session_answer *answer)
{
    if (context->lost)
        return context_error(context, WEFT_ERROR_NO_DATAPLANE, "the dataplane is gone: attach again");
    int error = session_socket_ask(context->session, request, addresses, answer);
    if (error < 0) {
        context_lose(context, strerror(-error));
        return context_error(context, WEFT_ERROR_NO_DATAPLANE, "the dataplane does not answer: %s",
                             strerror(-error));
    }
    if (answer->reply.status < 0)
        return context_error(context, weft_error_of_status(answer->reply.status),
                             "the dataplane refuses (%d): %s", answer->reply.status, answer->reply.text);
    return 0;
}

void context_lose(struct weft_context *context, const char *reason)
{
    if (context->lost)
        return;
    context->lost = true;
    struct weft_communicator *communicator;
    LIST_FOREACH(communicator, &context->communicators, link)
    communicator_fail(communicator, WEFT_ERROR_NO_DATAPLANE,
                      "the dataplane went away (%s): see its log, start it again and attach again", reason);
}

static const char *connect_remedy(int error)
{
    switch (-error) {
    case ENOENT:
    case ECONNREFUSED:
        return "start weft-dataplane, or name its socket in $WEFT_SOCKET";
    case EACCES:
        return "run as root or as a member of the socket's group";
    default:
        return "check the path";
    }
}

static int context_connect(struct weft_context *context, const char *path)
{
    if (path == NULL)
        path = getenv("WEFT_SOCKET");
    if (path == NULL)
        path = CONTEXT_SOCKET_DEFAULT;
    context->session = session_socket_connect(path);
    if (context->session < 0)
        return context_error(context, WEFT_ERROR_NO_DATAPLANE, "no dataplane at %s (%s): %s", path,
                             strerror(-context->session), connect_remedy(context->session));
    return 0;
}

/* Chunks end at packets (so that they are reported as soon as the last of those is in) and at elements. */
static uint32_t chunk_granule(uint32_t payload_bytes_max)
{
    uint32_t granule = payload_bytes_max;
    while (granule % sizeof(uint64_t) != 0)
        granule *= 2;
    return granule;
}

static int context_open_ring(struct weft_context *context, struct session_answer *answer)
{
    int error = answer->fds[2] < 0
                    ? -EPROTO
                    : app_ring_open(&context->ring, answer->fds[0], answer->fds[1], answer->fds[2]);
    if (error < 0) {
        session_answer_close_fds(answer);
        return context_error(context, weft_error_of_status(error), "cannot map the dataplane's queue: %s",
                             strerror(-error));
    }
    close(answer->fds[0]);
    return 0;
}

static int context_greet(struct weft_context *context, const char *name)
{
    struct session_request request = {.kind = SESSION_ATTACH, .version = SESSION_VERSION};
    struct session_answer answer;
    snprintf(request.name, sizeof(request.name), "%s", name ? name : program_invocation_short_name);
    int error = context_ask(context, &request, NULL, &answer);
    if (error < 0)
        return error;
    if (answer.reply.payload_bytes_max == 0 || answer.reply.payload_bytes_max > UINT16_MAX) {
        session_answer_close_fds(&answer);
        return context_error(
            context, WEFT_ERROR_VERSION,
            "the dataplane announces packets of %u bytes: install library and daemon of one version",
            answer.reply.payload_bytes_max);
    }
    context->address = answer.reply.address;
    context->chunk_granule_bytes = chunk_granule(answer.reply.payload_bytes_max);
    return context_open_ring(context, &answer);
}

static void context_read_environment(struct weft_context *context)
{
    const char *spin_us = getenv("WEFT_SPIN_US");
    if (spin_us != NULL)
        context->spin_ns = strtoul(spin_us, NULL, 10) * 1000;
}

static int attach_failed(struct weft_context *context, int error)
{
    memcpy(attach_error_text, context->error_text, sizeof(attach_error_text));
    if (context->session >= 0)
        close(context->session);
    free(context);
    return error;
}

int weft_attach(const char *socket_path, const char *name, struct weft_context **context_out)
{
    if (context_out == NULL) {
        snprintf(attach_error_text, sizeof(attach_error_text), "weft_attach: context is NULL");
        return WEFT_ERROR_INVALID;
    }
    *context_out = NULL;
    struct weft_context *context = calloc(1, sizeof(*context));
    if (context == NULL) {
        snprintf(attach_error_text, sizeof(attach_error_text), "weft_attach: no memory");
        return WEFT_ERROR_NO_MEMORY;
    }
    TAILQ_INIT(&context->runnable);
    context_read_environment(context);
    int error = context_connect(context, socket_path);
    if (error == 0)
        error = context_greet(context, name);
    if (error < 0)
        return attach_failed(context, error);
    *context_out = context;
    return 0;
}

const char *weft_attach_error_text(void)
{
    return attach_error_text;
}

/* Communicators are closed one by one: those that are open when the socket closes count as dead, which would
 * end what other ranks still have to do. The rest the dataplane frees by itself. */
void weft_detach(struct weft_context *context)
{
    if (context == NULL)
        return;
    while (!LIST_EMPTY(&context->communicators))
        weft_communicator_destroy(LIST_FIRST(&context->communicators));
    close(context->session);
    context->lost = true;
    request_free_all(context);
    scratch_free_all(context);
    region_free_all(context);
    transfer_pool_free(&context->transfers);
    app_ring_close(&context->ring);
    free(context);
}

const char *weft_error_text(const struct weft_context *context)
{
    return context ? context->error_text : "no context";
}

uint32_t weft_address(const struct weft_context *context)
{
    return context ? context->address : 0;
}
