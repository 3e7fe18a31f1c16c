/* SPDX-License-Identifier: BSD-3-Clause */
/* Requests that are answered later: when something has changed, when their time is up, or never, because the
 * client has gone, which is noticed at once, so that it holds no connection until its time is up. */
#ifndef WEFT_CONTROL_LONG_POLL_H
#define WEFT_CONTROL_LONG_POLL_H

#include <stdint.h>
#include <sys/queue.h>

#include "dataplane/process/http_server.h"

struct event;

/* Part of a request; zero but for `connection` until it waits. */
struct long_poll {
    TAILQ_ENTRY(long_poll) link;
    struct long_polls *polls;
    struct MHD_Connection *connection;
    struct event *over;               /* its time is up, or the client has gone */
    bool waits, time_is_up, has_gone; /* the latter two: why it waits no more */
};

struct long_polls {
    struct http_server *server;
    struct event_base *base;
    TAILQ_HEAD(, long_poll) waiting; /* in the order in which they came */
};

void long_polls_init(struct long_polls *polls, struct http_server *server, struct event_base *base);
/* All proceed: their requests are handled again. */
void long_polls_wake(struct long_polls *polls);

/* Suspends the request for so long at most; false when memory is short. */
bool long_poll_wait(struct long_polls *polls, struct long_poll *poll, uint64_t timeout_ns);
/* The request has ended. */
void long_poll_free(struct long_poll *poll);

#endif
