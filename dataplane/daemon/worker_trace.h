/* SPDX-License-Identifier: BSD-3-Clause */
/* The dataplane's tracepoints: what a worker tells those who watch it. Costs a branch a message while nobody
 * does. */
#ifndef WEFT_DAEMON_WORKER_TRACE_H
#define WEFT_DAEMON_WORKER_TRACE_H

#include "dataplane/daemon/worker_state.h"

/* A message has ended: event->cookie is its transfer, still in the table. To be called before the next
 * event is taken. */
void worker_trace_message(struct worker *w, const struct event *event);
/* A rank has opened its communicator, or closed it, or is gone. */
void worker_trace_opened(struct worker *w, const struct communicator *communicator);
void worker_trace_closed(struct worker *w, const struct communicator *communicator);
/* A path has fallen silent, or answers again. */
void worker_trace_path(struct worker *w, const struct event *event);

#endif
