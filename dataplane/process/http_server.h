/* SPDX-License-Identifier: BSD-3-Clause */
/* libmicrohttpd on an event loop: one thread, which never waits for a client; a slow one holds its connection
 * and nothing else. What requests are about is the owner's business, in libmicrohttpd's own terms. */
#ifndef WEFT_PROCESS_HTTP_SERVER_H
#define WEFT_PROCESS_HTTP_SERVER_H

#include <stdbool.h>

#include <microhttpd.h>

struct event_base;
struct http_server;

enum {
    HTTP_SERVER_ERROR_BYTES = 320
};

struct http_server_config {
    struct event_base *base;
    int socket; /* listens, of any family; closed with the server */
    /* PEM files, read once; certificate NULL: no TLS; ca NULL: clients are not asked for certificates. */
    const char *certificate, *key, *ca;
    unsigned connections_max; /* some more are let in, to be told that the server is full */
    unsigned headers_ms_max;  /* who takes longer to a request's last header is cut off; 0: a minute */
    MHD_AccessHandlerCallback on_request;
    MHD_RequestCompletedCallback on_completed; /* may be NULL */
    void *context;                             /* of both */
};
/* 0, or negative errno with `error`. */
int http_server_create(const struct http_server_config *config, struct http_server **server,
                       char error[HTTP_SERVER_ERROR_BYTES]);
/* Ends every request; those that were suspended must have been resumed. NULL is allowed. */
void http_server_destroy(struct http_server *server);

/* True while there are more connections than connections_max: a request should be refused with 429. */
bool http_server_is_full(const struct http_server *server);

/* What has been resumed proceeds, from the event loop. */
void http_server_proceed(struct http_server *server);

#endif
