/* SPDX-License-Identifier: BSD-3-Clause */
/* Where an HTTP server is, and with what one comes to it: weft-control for all who ask it, a webhook for
 * control. */
#ifndef WEFT_PROCESS_HTTP_PLACE_H
#define WEFT_PROCESS_HTTP_PLACE_H

#include <stdbool.h>

struct http_place {
    const char *socket;                 /* a Unix socket; NULL: over TCP, and TLS */
    const char *url;                    /* https://HOST:PORT; unused with a socket */
    bool is_plain_allowed;              /* the url may be http:// */
    const char *ca, *certificate, *key; /* PEM files; NULL: the system's, none, none */
    const char *token_file;             /* its first line is the bearer token; NULL: none */
};

static inline bool http_place_is_given(const struct http_place *place)
{
    return place->socket || place->url;
}

#endif
