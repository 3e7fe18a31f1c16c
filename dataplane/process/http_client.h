/* SPDX-License-Identifier: BSD-3-Clause */
/* Asks one HTTP server, such as control, from an event loop: requests run side by side and none blocks.
 * Answers are foreign bytes: no more of one is kept than was allowed for. */
#ifndef WEFT_PROCESS_HTTP_CLIENT_H
#define WEFT_PROCESS_HTTP_CLIENT_H

#include <stddef.h>
#include <stdint.h>

#include "dataplane/process/http_place.h"

struct event_base;
struct http_client;
struct http_exchange;

enum {
    HTTP_CLIENT_ERROR_BYTES = 512
};

/* 0, or negative errno with `error`. Keeps the texts of `place`, not the pointers; reads the token now, the
 * other files when it connects. */
int http_client_create(struct event_base *base, const struct http_place *place, struct http_client **client,
                       char error[HTTP_CLIENT_ERROR_BYTES]);
/* Ends what is under way without telling anyone. NULL is allowed. */
void http_client_destroy(struct http_client *client);

enum http_failure {
    HTTP_UNREACHABLE, /* and whatever has no name of its own */
    HTTP_NOT_TRUSTED, /* the server's certificate is of no authority that we know, or `ca` cannot be read */
    HTTP_BAD_PAIR,    /* our certificate or key */
    HTTP_TIMED_OUT,
    HTTP_TOO_LONG
};

struct http_answer {
    int status;          /* of HTTP; 0: none came, and `failure` says why */
    const char *failure; /* in words */
    enum http_failure kind;
    const uint8_t *body; /* valid during the call */
    size_t bytes;
};
struct http_request {
    const char *path;         /* "/v1/..." */
    const void *body;         /* to POST, copied; NULL: GET */
    size_t body_bytes;        /* of it */
    const char *content_type; /* of the body */
    long timeout_ms;          /* from now to the last byte of the answer */
    size_t answer_bytes_max;  /* a longer one is a failure */
    void (*done)(void *context, const struct http_answer *answer);
    void *context;
};
/* Calls `done` once, from the event loop, never from here. NULL when memory is short. */
struct http_exchange *http_client_start(struct http_client *client, const struct http_request *request);
/* Ends it; `done` is not called. */
void http_exchange_cancel(struct http_exchange *exchange);

#endif
