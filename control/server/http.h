/* SPDX-License-Identifier: BSD-3-Clause */
/* Control's requests: collects one within bounds, lets call_route() answer it, and keeps those that wait
 * (long polls) until something has changed or their time is up. */
#ifndef WEFT_CONTROL_HTTP_H
#define WEFT_CONTROL_HTTP_H

#include "control/server/call.h"
#include "control/server/tokens.h"
#include "dataplane/process/http_server.h"

struct http;

struct http_config {
    struct http_server_config server; /* but for its callbacks; without certificate it is the Unix socket's */
    struct tokens *const *tokens;     /* with TLS: of whom to believe; may be replaced while running */
    uint64_t (*now_ns)(void *context);
    /* Fills in what the calls are about. */
    void (*prepare)(void *context, struct call *call);
    /* A call has been answered: something may have changed. */
    void (*answered)(void *context);
    void *context;
};
/* 0, or negative errno with `error`. */
int http_create(const struct http_config *config, struct http **http, char error[HTTP_SERVER_ERROR_BYTES]);
void http_destroy(struct http *http);

/* Asks those that wait for this again. */
void http_wake(struct http *http, enum call_topic topic);

#endif
