/* SPDX-License-Identifier: BSD-3-Clause */
/* A source that is a daemon of this host, asked over its Unix socket: a connection for each refresh, and a
 * time by which it ends. What is asked and what comes back is for those who embed one. */
#ifndef WEFT_TOOLS_EXPORTER_SOCKET_SOURCE_H
#define WEFT_TOOLS_EXPORTER_SOCKET_SOURCE_H

#include "tools/exporter/place_names.h"
#include "tools/exporter/source.h"

struct event;
struct event_base;
struct socket_source;

/* What it points to is kept. */
struct socket_source_config {
    struct event_base *base;
    const char *socket;
    const struct place_names *names;
    unsigned timeout_ms;
};

/* What the daemons differ in. */
struct socket_source_kind {
    const char *name;
    int type;                                          /* SOCK_STREAM, SOCK_SEQPACKET */
    void (*reset)(struct socket_source *source);       /* what is known of an earlier refresh; or NULL */
    void (*on_readable)(struct socket_source *source); /* `socket` does not block */
    void (*release)(struct socket_source *source);     /* what a refresh has gathered, at its end; or NULL */
    void (*destroy)(struct source *source);
};

struct socket_source {
    struct source source;
    struct socket_source_config config;
    const struct socket_source_kind *kind;
    int socket;             /* -1: none */
    struct event *readable; /* while a refresh lasts */
    struct event *timer;    /* ends one that takes too long, or could not be begun */
    const char *failure;    /* of what the timer tells */
};

/* False: no memory, and nothing to release. */
bool socket_source_init(struct socket_source *source, const struct socket_source_config *config,
                        const struct socket_source_kind *kind);
/* The end of a refresh; `failure` NULL: the page is written. */
void socket_source_end(struct socket_source *source, const char *failure);
/* All but the memory of the struct itself. */
void socket_source_release(struct socket_source *source);

#endif
