/* SPDX-License-Identifier: BSD-3-Clause */
/* A communicator as one of its ranks sees it. It lives until the first error: then everything in progress on
 * it ends with that error, and so does whatever is asked of it later. */
#ifndef WEFT_CLIENT_COMMUNICATOR_H
#define WEFT_CLIENT_COMMUNICATOR_H

#include "dataplane/client/context.h"
#include "dataplane/client/message_numbers.h"

enum {
    COMMUNICATOR_FAILURE_BYTES = 384
};

struct weft_communicator {
    struct weft_context *context;
    LIST_ENTRY(weft_communicator) link;
    uint64_t identity;
    uint32_t handle; /* the dataplane's name for it */
    uint32_t rank;
    uint32_t rank_count;
    uint32_t *addresses;    /* of the ranks */
    uint64_t next_sequence; /* of collectives */
    uint64_t timeout_ns;
    uint64_t stalled_ns; /* spent waiting since anything was last completed */
    int failure;         /* 0 or the weft_error that ended it */
    int64_t dead_rank;   /* -1: none */
    bool closed;         /* in the dataplane */
    char failure_text[COMMUNICATOR_FAILURE_BYTES];
    struct request_queue in_progress;
    struct message_numbers message_numbers;
};

/* The first error ends the communicator and all that is in progress on it; later ones are ignored. Afterwards
 * the dataplane touches no buffer of it. */
__attribute__((format(printf, 3, 4))) void communicator_fail(struct weft_communicator *communicator,
                                                             int error, const char *format, ...);
void communicator_fail_dead_rank(struct weft_communicator *communicator, uint32_t rank);
/* Fails it for having made no progress, naming the ranks that are awaited. */
void communicator_fail_stalled(struct weft_communicator *communicator);

/* 0, or its failure with the text set: the first thing that every operation asks. */
int communicator_check(struct weft_communicator *communicator);

/* The communicator with this handle, or NULL. */
struct weft_communicator *communicator_find(struct weft_context *context, uint64_t handle);

#endif
