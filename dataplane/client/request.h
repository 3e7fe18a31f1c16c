/* SPDX-License-Identifier: BSD-3-Clause */
/* An operation in progress: a message or a collective.
 *
 * It is begun by weft_send() and the like, advances when completions arrive, ends once (request_end()), and
 * is given back when weft_test() or weft_wait() has told the application. */
#ifndef WEFT_CLIENT_REQUEST_H
#define WEFT_CLIENT_REQUEST_H

#include "dataplane/client/collective.h"
#include "dataplane/client/communicator.h"
#include "dataplane/client/message.h"
#include "dataplane/client/region.h"
#include "dataplane/client/scratch.h"

enum {
    REQUEST_REGIONS_MAX = 2
};

struct weft_request {
    struct weft_context *context;
    struct weft_communicator *communicator; /* NULL: destroyed, or not in use */
    enum app_operation operation;           /* NONE: a message */
    bool in_use;
    bool ended;
    bool is_runnable;
    int outcome;                                 /* when ended: 0 or weft_error */
    uint64_t entered_at_ns;                      /* 0: no collective, not entered yet, or nobody watched */
    LIST_ENTRY(weft_request) every;              /* among all of the context */
    LIST_ENTRY(weft_request) free;               /* among those not in use */
    TAILQ_ENTRY(weft_request) in_progress;       /* among those of the communicator that have not ended */
    TAILQ_ENTRY(weft_request) runnable;          /* among those that may have something to post */
    struct transfer_list transfers;              /* in progress */
    struct region *regions[REQUEST_REGIONS_MAX]; /* that it uses; NULL: none */
    struct scratch *scratch;                     /* NULL: none */
    struct message message;
    struct collective collective;
};

/* A request in progress on the communicator. NULL: no memory. */
struct weft_request *request_begin(struct weft_communicator *communicator, enum app_operation operation);
void request_use_region(struct weft_request *request, struct region *region);
/* A transfer of the request, to be filled; it must have been reserved in the pool. */
struct transfer *request_take_transfer(struct weft_request *request, uint32_t peer, uint64_t bytes);
void request_return_transfer(struct weft_request *request, struct transfer *transfer);

/* Will be advanced before the next sleep. */
void request_make_runnable(struct weft_request *request);
/* Posts what has become possible. False: the submission ring is full, try again later. */
bool request_advance(struct weft_request *request);
/* Takes back a request that could not be started: the application never sees it. */
void request_cancel(struct weft_request *request);
/* Ends it: nothing of it is in progress any more, and its memory is the application's again. */
void request_end(struct weft_request *request, int outcome);

void request_free_all(struct weft_context *context);
/* Requests that have ended but were not asked for yet outlive their communicator. */
void request_forget_communicator(struct weft_communicator *communicator);

const char *request_operation_name(enum app_operation operation);

#endif
