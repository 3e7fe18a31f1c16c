/* SPDX-License-Identifier: BSD-3-Clause */
/* One application's session with the dataplane, and everything that hangs on it. */
#ifndef WEFT_CLIENT_CONTEXT_H
#define WEFT_CLIENT_CONTEXT_H

#include <sys/queue.h>

#include "dataplane/client/app_ring.h"
#include "dataplane/client/session_socket.h"
#include "dataplane/client/transfer.h"
#include "dataplane/client/weft.h"

enum {
    CONTEXT_ERROR_BYTES = 512
};

LIST_HEAD(region_list, region);
LIST_HEAD(scratch_list, scratch);
LIST_HEAD(communicator_list, weft_communicator);
LIST_HEAD(request_list, weft_request);
TAILQ_HEAD(request_queue, weft_request);

struct weft_context {
    int session; /* Unix socket */
    struct app_ring ring;
    uint32_t address;             /* IPv4, host byte order */
    uint32_t chunk_granule_bytes; /* chunks are multiples of it: whole packets and whole elements */
    struct region_list regions;
    struct scratch_list scratches;
    struct transfer_pool transfers;
    struct communicator_list communicators;
    struct request_list requests;      /* all, in use or not */
    struct request_list free_requests; /* not in use */
    struct request_queue runnable;     /* may have something to post */
    uint64_t spin_ns;                  /* look at the ring for so long before sleeping: $WEFT_SPIN_US */
    uint64_t stall_checked_ns;         /* when timeouts were last looked at */
    uint64_t session_checked_ns;       /* when the socket was last looked at */
    bool lost;                         /* the dataplane is gone */
    char error_text[CONTEXT_ERROR_BYTES];
};

/* Says in words what `code` (enum weft_error) means here, and returns it. */
__attribute__((format(printf, 3, 4))) int context_error(struct weft_context *context, int code,
                                                        const char *format, ...);

/* Asks the dataplane. 0, or a weft_error with its text set. */
int context_ask(struct weft_context *context, const struct session_request *request,
                const uint32_t *addresses, struct session_answer *answer);

/* The dataplane is gone: ends everything in progress with WEFT_ERROR_NO_DATAPLANE. */
void context_lose(struct weft_context *context, const char *reason);

#endif
