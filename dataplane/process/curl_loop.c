/* SPDX-License-Identifier: BSD-3-Clause */
#include "dataplane/process/curl_loop.h"

#include <stdlib.h>

#include <event2/event.h>

struct curl_loop {
    CURLM *multi;
    struct event_base *base;
    struct event *timer;
    void (*ended)(CURL *easy, CURLcode outcome);
};

static void proceed(struct curl_loop *loop, curl_socket_t socket, int action)
{
    int running, left;
    curl_multi_socket_action(loop->multi, socket, action, &running);
    for (CURLMsg *message; (message = curl_multi_info_read(loop->multi, &left)) != NULL;)
        if (message->msg == CURLMSG_DONE)
            loop->ended(message->easy_handle, message->data.result);
}

static void on_socket(evutil_socket_t socket, short events, void *context)
{
    proceed(context, socket,
            (events & EV_READ ? CURL_CSELECT_IN : 0) | (events & EV_WRITE ? CURL_CSELECT_OUT : 0));
}

static void on_timer(evutil_socket_t unused, short events, void *context)
{
    (void)unused;
    (void)events;
    proceed(context, CURL_SOCKET_TIMEOUT, 0);
}

static int watch_socket(CURL *easy, curl_socket_t socket, int what, void *context, void *watched)
{
    struct curl_loop *loop = context;
    struct event *event = watched;
    (void)easy;
    if (event)
        event_free(event);
    event = NULL;
    if (what != CURL_POLL_REMOVE) {
        short wanted = (what & CURL_POLL_IN ? EV_READ : 0) | (what & CURL_POLL_OUT ? EV_WRITE : 0);
        event = event_new(loop->base, socket, wanted | EV_PERSIST, on_socket, loop);
        if (event)
            event_add(event, NULL);
    }
    curl_multi_assign(loop->multi, socket, event);
    return 0;
}

static int set_timer(CURLM *multi, long timeout_ms, void *context)
{
    struct curl_loop *loop = context;
    struct timeval timeout = {.tv_sec = timeout_ms / 1000, .tv_usec = timeout_ms % 1000 * 1000};
    (void)multi;
    if (timeout_ms < 0)
        evtimer_del(loop->timer);
    else
        evtimer_add(loop->timer, &timeout);
    return 0;
}

struct curl_loop *curl_loop_create(struct event_base *base, void (*ended)(CURL *easy, CURLcode outcome))
{
    struct curl_loop *loop = calloc(1, sizeof(*loop));
    if (!loop)
        return NULL;
    loop->base = base;
    loop->ended = ended;
    loop->timer = evtimer_new(base, on_timer, loop);
    loop->multi = curl_multi_init();
    if (!loop->timer || !loop->multi) {
        curl_loop_destroy(loop);
        return NULL;
    }
    curl_multi_setopt(loop->multi, CURLMOPT_SOCKETFUNCTION, watch_socket);
    curl_multi_setopt(loop->multi, CURLMOPT_SOCKETDATA, loop);
    curl_multi_setopt(loop->multi, CURLMOPT_TIMERFUNCTION, set_timer);
    curl_multi_setopt(loop->multi, CURLMOPT_TIMERDATA, loop);
    return loop;
}

void curl_loop_destroy(struct curl_loop *loop)
{
    if (!loop)
        return;
    if (loop->multi)
        curl_multi_cleanup(loop->multi);
    if (loop->timer)
        event_free(loop->timer);
    free(loop);
}

bool curl_loop_add(struct curl_loop *loop, CURL *easy)
{
    return curl_multi_add_handle(loop->multi, easy) == CURLM_OK;
}

void curl_loop_remove(struct curl_loop *loop, CURL *easy)
{
    curl_multi_remove_handle(loop->multi, easy);
}
