/* SPDX-License-Identifier: BSD-3-Clause */
#include "control/server/long_poll.h"

#include <event2/event.h>

enum {
    MS_PER_S = 1000,
    USEC_PER_MS = 1000,
    NSEC_PER_MS = 1000000
};

static void resume(struct long_poll *poll)
{
    TAILQ_REMOVE(&poll->polls->waiting, poll, link);
    poll->waits = false;
    event_del(poll->over);
    MHD_resume_connection(poll->connection);
}

static void on_over(evutil_socket_t unused, short events, void *context)
{
    struct long_poll *poll = context;
    (void)unused;
    poll->has_gone = events & EV_CLOSED;
    poll->time_is_up = true;
    resume(poll);
    http_server_proceed(poll->polls->server);
}

static struct event *watch(struct long_polls *polls, struct long_poll *poll)
{
    const union MHD_ConnectionInfo *info =
        MHD_get_connection_info(poll->connection, MHD_CONNECTION_INFO_CONNECTION_FD);
    return info != NULL ? event_new(polls->base, info->connect_fd, EV_CLOSED, on_over, poll) : NULL;
}

void long_polls_init(struct long_polls *polls, struct http_server *server, struct event_base *base)
{
    polls->server = server;
    polls->base = base;
    TAILQ_INIT(&polls->waiting);
}

void long_polls_wake(struct long_polls *polls)
{
    struct long_poll *poll;
    if (TAILQ_EMPTY(&polls->waiting))
        return;
    while ((poll = TAILQ_FIRST(&polls->waiting)) != NULL)
        resume(poll);
    http_server_proceed(polls->server);
}

bool long_poll_wait(struct long_polls *polls, struct long_poll *poll, uint64_t timeout_ns)
{
    uint64_t timeout_ms = timeout_ns / NSEC_PER_MS + 1;
    struct timeval timeout = {.tv_sec = (time_t)(timeout_ms / MS_PER_S),
                              .tv_usec = (suseconds_t)(timeout_ms % MS_PER_S * USEC_PER_MS)};
    if (poll->over == NULL)
        poll->over = watch(polls, poll);
    if (poll->over == NULL || event_add(poll->over, &timeout) != 0)
        return false;
    poll->polls = polls;
    poll->waits = true;
    TAILQ_INSERT_TAIL(&polls->waiting, poll, link);
    MHD_suspend_connection(poll->connection);
    return true;
}

void long_poll_free(struct long_poll *poll)
{
    if (poll->waits)
        TAILQ_REMOVE(&poll->polls->waiting, poll, link);
    if (poll->over != NULL)
        event_free(poll->over);
}
