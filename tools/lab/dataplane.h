/* SPDX-License-Identifier: BSD-3-Clause */
/* The dataplane process of one host.
 *
 * It is stopped; it is started and is then starting until it says that applications may attach; then it is
 * ready, until it ends, on request or by itself, and is stopped again. */
#ifndef WEFT_LAB_DATAPLANE_H
#define WEFT_LAB_DATAPLANE_H

#include <event2/bufferevent.h>
#include <stdbool.h>
#include <sys/types.h>

#include "tools/lab/dataplane_config.h"
#include "tools/lab/namespace.h"

enum dataplane_state {
    DATAPLANE_STOPPED,
    DATAPLANE_STARTING,
    DATAPLANE_READY
};

enum {
    DATAPLANE_SOCKET_BYTES = 64
};

struct dataplane {
    const char *program;
    const struct dataplane_config *config;
    const struct namespace *node;
    struct dataplane_host host;
    char socket[DATAPLANE_SOCKET_BYTES];
    bool verbose;
    struct event_base *events;
    /* Called when it has become ready, and when it has ended. */
    void (*on_changed)(struct dataplane *dataplane, void *context);
    void *context;

    enum dataplane_state state;
    bool end_is_wanted;
    pid_t process; /* 0: stopped */
    struct bufferevent *output;
    struct evbuffer *recent; /* the last of what it printed */
};

/* All return 0 or negative errno with `error`. */
int dataplane_start(struct dataplane *dataplane, struct lab_error *error);
int dataplane_kill(struct dataplane *dataplane, struct lab_error *error);
int dataplane_pause(struct dataplane *dataplane, struct lab_error *error);
int dataplane_resume(struct dataplane *dataplane, struct lab_error *error);

/* Asks it to end cleanly. */
void dataplane_terminate(struct dataplane *dataplane);

/* Its process has ended with this wait status. */
void dataplane_on_ended(struct dataplane *dataplane, int wait_status);

#endif
