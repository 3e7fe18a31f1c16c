/* SPDX-License-Identifier: BSD-3-Clause */
/* HTTP by libmicrohttpd on the event loop: collects a request within bounds, lets call_route() answer it, and
 * keeps those that wait (long polls) until something has changed or their time is up. All on one thread,
 * which never waits for a client: a slow one holds its connection and nothing else. */
#ifndef WEFT_CONTROL_HTTP_H
#define WEFT_CONTROL_HTTP_H

#include "control/server/call.h"
#include "control/server/tokens.h"

struct event_base;
struct http;

enum {
    HTTP_ERROR_BYTES = 320
};

struct http_config {
    struct event_base *base;
    int socket; /* listens; of the Unix socket, or of TCP */
    const char *certificate, *key,
        *ca;                      /* PEM texts; certificate NULL: no TLS; ca NULL: no client certificates */
    struct tokens *const *tokens; /* with TLS: of whom to believe; may be replaced while running */
    unsigned connections_max;
    uint64_t (*now_ns)(void *context);
    /* Fills in what the calls are about. */
    void (*prepare)(void *context, struct call *call);
    /* A call has been answered: something may have changed. */
    void (*answered)(void *context);
    void *context;
};
/* 0, or negative errno with `error`. */
int http_create(const struct http_config *config, struct http **http, char error[HTTP_ERROR_BYTES]);
void http_destroy(struct http *http);

/* Asks those that wait again. */
void http_wake(struct http *http);

#endif
