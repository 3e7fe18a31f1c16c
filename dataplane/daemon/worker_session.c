/* SPDX-License-Identifier: BSD-3-Clause */
#include "dataplane/daemon/worker_session.h"

#include <stdlib.h>

struct worker_session *worker_session_create(struct app_queue *queue, int completion_doorbell_fd, void *owner)
{
    struct worker_session *session = calloc(1, sizeof(*session));
    if (!session)
        return NULL;
    session->owner = owner;
    session->submissions.queue = queue;
    session->submissions.communicators = &session->communicators;
    session->completions.queue = queue;
    session->completions.doorbell_fd = completion_doorbell_fd;
    session->completions.backlog = calloc(COMPLETION_BACKLOG_MAX, sizeof(struct app_completion));
    if (!session->completions.backlog) {
        free(session);
        return NULL;
    }
    return session;
}

void worker_session_destroy(struct worker_session *session)
{
    if (!session)
        return;
    free(session->completions.backlog);
    free(session);
}
