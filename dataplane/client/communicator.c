/* SPDX-License-Identifier: BSD-3-Clause */
#include "dataplane/client/communicator.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "dataplane/client/awaited_ranks.h"
#include "dataplane/client/request.h"

enum {
    COMMUNICATOR_TIMEOUT_MS_DEFAULT = 60000
};

static const char *path_mode_problem(enum weft_path_mode mode)
{
    switch (mode) {
    case WEFT_PATH_DEFAULT:
    case WEFT_PATH_HASH:
    case WEFT_PATH_SPRAY:
    case WEFT_PATH_ETHEREAL:
    case WEFT_PATH_WRAP:
    case WEFT_PATH_PLANNED:
    case WEFT_PATH_REPS:
    case WEFT_PATH_MPRDMA:
        return NULL;
    }
    return "path_mode is none of enum weft_path_mode";
}

/* What is wrong with it, or NULL. */
static const char *config_problem(const struct weft_context *context,
                                  const struct weft_communicator_config *config)
{
    if (config == NULL)
        return "config is NULL";
    if (config->rank_count == 0 || config->rank_count > SESSION_RANKS_MAX)
        return "rank_count is not within 1 .. 4096";
    if (config->rank >= config->rank_count)
        return "rank is not below rank_count";
    if (config->addresses == NULL)
        return "addresses is NULL";
    if (config->addresses[config->rank] != context->address)
        return "addresses[rank] is not the address of this dataplane, weft_address()";
    return path_mode_problem(config->path_mode);
}

static uint32_t session_path_mode(enum weft_path_mode mode)
{
    switch (mode) {
    case WEFT_PATH_DEFAULT:
        return SESSION_PATH_MODE_DEFAULT;
    case WEFT_PATH_HASH:
        return SESSION_PATH_MODE_HASH;
    case WEFT_PATH_SPRAY:
        return SESSION_PATH_MODE_SPRAY;
    case WEFT_PATH_ETHEREAL:
        return SESSION_PATH_MODE_ETHEREAL;
    case WEFT_PATH_WRAP:
        return SESSION_PATH_MODE_WRAP;
    case WEFT_PATH_PLANNED:
        return SESSION_PATH_MODE_PLANNED;
    case WEFT_PATH_REPS:
        return SESSION_PATH_MODE_REPS;
    case WEFT_PATH_MPRDMA:
        return SESSION_PATH_MODE_MPRDMA;
    }
    abort();
}

static int communicator_open(struct weft_communicator *communicator,
                             const struct weft_communicator_config *config)
{
    struct session_answer answer;
    struct session_request request = {.kind = SESSION_COMMUNICATOR_OPEN,
                                      .version = SESSION_VERSION,
                                      .communicator = config->identity,
                                      .rank = config->rank,
                                      .rank_count = config->rank_count,
                                      .path_mode = session_path_mode(config->path_mode),
                                      .hash_seed = config->hash_seed};
    int error = context_ask(communicator->context, &request, config->addresses, &answer);
    communicator->handle = (uint32_t)answer.reply.value;
    return error;
}

static struct weft_communicator *communicator_allocate(struct weft_context *context,
                                                       const struct weft_communicator_config *config)
{
    struct weft_communicator *communicator = calloc(1, sizeof(*communicator));
    uint32_t *addresses = calloc(config->rank_count, sizeof(*addresses));
    if (communicator == NULL || addresses == NULL) {
        free(communicator);
        free(addresses);
        return NULL;
    }
    uint32_t timeout_ms = config->timeout_ms ? config->timeout_ms : COMMUNICATOR_TIMEOUT_MS_DEFAULT;
    memcpy(addresses, config->addresses, config->rank_count * sizeof(*addresses));
    *communicator = (struct weft_communicator){.context = context,
                                               .identity = config->identity,
                                               .rank = config->rank,
                                               .rank_count = config->rank_count,
                                               .addresses = addresses,
                                               .timeout_ns = timeout_ms * 1000000ull,
                                               .dead_rank = -1};
    TAILQ_INIT(&communicator->in_progress);
    return communicator;
}

static void communicator_free(struct weft_communicator *communicator)
{
    message_numbers_free(&communicator->message_numbers);
    free(communicator->addresses);
    free(communicator);
}

int weft_communicator_create(struct weft_context *context, const struct weft_communicator_config *config,
                             struct weft_communicator **communicator_out)
{
    if (context == NULL)
        return WEFT_ERROR_INVALID;
    const char *problem = communicator_out ? config_problem(context, config) : "communicator is NULL";
    if (problem != NULL)
        return context_error(context, WEFT_ERROR_INVALID, "weft_communicator_create: %s", problem);
    *communicator_out = NULL;
    struct weft_communicator *communicator = communicator_allocate(context, config);
    if (communicator == NULL)
        return context_error(context, WEFT_ERROR_NO_MEMORY, "weft_communicator_create: no memory");
    int error = communicator_open(communicator, config);
    if (error < 0) {
        communicator_free(communicator);
        return error;
    }
    LIST_INSERT_HEAD(&context->communicators, communicator, link);
    *communicator_out = communicator;
    return 0;
}

/* The dataplane cancels what is in progress, and touches no buffer of it once it has answered. */
static void communicator_close(struct weft_communicator *communicator)
{
    struct session_answer answer;
    struct session_request request = {
        .kind = SESSION_COMMUNICATOR_CLOSE, .version = SESSION_VERSION, .value = communicator->handle};
    if (communicator->closed || communicator->context->lost)
        return;
    communicator->closed = true;
    context_ask(communicator->context, &request, NULL, &answer);
}

void communicator_fail(struct weft_communicator *communicator, int error, const char *format, ...)
{
    if (communicator->failure != 0)
        return;
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(communicator->failure_text, sizeof(communicator->failure_text), format, arguments);
    va_end(arguments);
    communicator->failure = error;
    communicator_close(communicator);
    while (!TAILQ_EMPTY(&communicator->in_progress))
        request_end(TAILQ_FIRST(&communicator->in_progress), error);
}

void weft_communicator_destroy(struct weft_communicator *communicator)
{
    if (communicator == NULL)
        return;
    communicator_close(communicator);
    communicator_fail(communicator, WEFT_ERROR_INVALID,
                      "the communicator was destroyed before the operation ended");
    LIST_REMOVE(communicator, link);
    request_forget_communicator(communicator);
    communicator_free(communicator);
}

int64_t weft_communicator_dead_rank(const struct weft_communicator *communicator)
{
    return communicator ? communicator->dead_rank : -1;
}

void communicator_fail_dead_rank(struct weft_communicator *communicator, uint32_t rank)
{
    if (communicator->failure != 0 || rank >= communicator->rank_count)
        return;
    uint32_t address = communicator->addresses[rank];
    communicator->dead_rank = rank;
    communicator_fail(communicator, WEFT_ERROR_PEER_DEAD,
                      "rank %u on %u.%u.%u.%u died or cannot be reached: the communicator has ended; "
                      "make a new one without it, or start it again",
                      rank, address >> 24, address >> 16 & 255, address >> 8 & 255, address & 255);
}

void communicator_fail_stalled(struct weft_communicator *communicator)
{
    char ranks[AWAITED_RANKS_BYTES];
    awaited_ranks_text(communicator, ranks);
    const struct weft_request *oldest = TAILQ_FIRST(&communicator->in_progress);
    const char *operation = request_operation_name(oldest->operation);
    communicator_fail(communicator, WEFT_ERROR_TIMEOUT,
                      "%s made no progress for %llu ms; awaiting %s: have they failed, or not called it?",
                      operation, (unsigned long long)(communicator->timeout_ns / 1000000), ranks);
}

int communicator_check(struct weft_communicator *communicator)
{
    if (communicator->failure == 0)
        return 0;
    return context_error(communicator->context, communicator->failure, "%s", communicator->failure_text);
}

struct weft_communicator *communicator_find(struct weft_context *context, uint64_t handle)
{
    struct weft_communicator *communicator;
    LIST_FOREACH(communicator, &context->communicators, link)
    if (communicator->handle == handle && !communicator->closed)
        return communicator;
    return NULL;
}
