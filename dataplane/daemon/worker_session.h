/* SPDX-License-Identifier: BSD-3-Clause */
/* The worker's side of one application: its rings, handles and what it has in progress. Made and freed by the
 * main thread, the worker's between the ATTACH and DETACH commands. */
#ifndef WEFT_DAEMON_WORKER_SESSION_H
#define WEFT_DAEMON_WORKER_SESSION_H

#include "dataplane/daemon/communicator_table.h"
#include "dataplane/daemon/completion_queue.h"
#include "dataplane/daemon/submission.h"

enum {
    WORKER_SESSIONS_MAX = 64
};

struct worker_session {
    uint32_t slot;
    void *owner; /* the main thread's session */
    struct submission_source submissions;
    struct completion_queue completions;
    struct communicator_table communicators;
    uint32_t transfers; /* in progress */
    uint32_t closing;   /* communicators with a close to answer */
    /* The batch at the head of the ring did not fit the transport's tables: tried again when something has
     * ended. */
    bool blocked;
    uint64_t blocked_at_finished;
    nsec_t blocked_since;
    /* worker: rw until `broken` is set, main: ro after */
    struct submission_fault fault;
    bool broken;            /* nothing more is taken from it or told to it (release, acquire) */
    struct command *detach; /* answered when the last transfer has ended; NULL: attached */
};

struct app_queue;
/* NULL when memory is short. */
struct worker_session *worker_session_create(struct app_queue *queue, int completion_doorbell_fd,
                                             void *owner);
void worker_session_destroy(struct worker_session *session);

#endif
