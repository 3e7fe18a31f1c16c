/* SPDX-License-Identifier: BSD-3-Clause */
/* Speaks HTTP to control from the main thread's event loop: requests run side by side and none blocks.
 * Answers are foreign bytes: no more of one is kept than was allowed for. */
#ifndef WEFT_DAEMON_HTTP_CLIENT_H
#define WEFT_DAEMON_HTTP_CLIENT_H

#include <stddef.h>
#include <stdint.h>

struct event_base;
struct http_client;
struct http_exchange;

struct http_client_config {
    struct event_base *base;
    const char *socket;                 /* a Unix socket; NULL: over TCP, and TLS */
    const char *url;                    /* https://HOST:PORT; unused with a socket */
    const char *ca, *certificate, *key; /* files; NULL: the system's, none, none */
    const char *token;                  /* NULL: none */
};
/* NULL when memory is short. Keeps the texts, not the pointers. */
struct http_client *http_client_create(const struct http_client_config *config);
/* Ends what is under way without telling anyone. */
void http_client_destroy(struct http_client *client);

struct http_answer {
    int status;          /* of HTTP; 0: none came, and `failure` says why */
    const char *failure; /* in words */
    const uint8_t *body;
    size_t bytes;
};
struct http_request {
    const char *path; /* "/v1/..." */
    const char *body; /* JSON to POST; NULL: GET */
    long timeout_ms;
    size_t answer_bytes_max; /* a longer one is a failure */
    void (*done)(void *context, const struct http_answer *answer);
    void *context;
};
/* Calls `done` once, from the event loop, never from here. NULL when memory is short. */
struct http_exchange *http_client_start(struct http_client *client, const struct http_request *request);
/* Ends it; `done` is not called. */
void http_exchange_cancel(struct http_exchange *exchange);

#endif
