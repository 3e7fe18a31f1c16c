/* SPDX-License-Identifier: BSD-3-Clause */
/* Questions to the dataplane over its Unix socket, and their answers: the slow path. */
#ifndef WEFT_CLIENT_SESSION_SOCKET_H
#define WEFT_CLIENT_SESSION_SOCKET_H

#include <stdbool.h>

#include "dataplane/formats/session.h"

enum {
    SESSION_FDS_MAX = 3
};

struct session_answer {
    struct session_reply reply;
    int fds[SESSION_FDS_MAX]; /* -1 beyond the last; the caller's from then on */
};

/* A connected socket or negative errno. */
int session_socket_connect(const char *path);

/* Asks and waits for the answer. `addresses` go with SESSION_COMMUNICATOR_OPEN, else NULL. Returns 0 with an
 * answer, whose status may still be a refusal (then it has no descriptors), or negative errno when the
 * dataplane is gone, silent for 30 s, or answers nonsense. */
int session_socket_ask(int session, const struct session_request *request, const uint32_t *addresses,
                       struct session_answer *answer);

/* True if the dataplane has closed the socket (or answers what nobody asked). Does not wait. What it has to
 * tell the job's people goes to stderr. */
bool session_socket_is_dead(int session);

void session_answer_close_fds(struct session_answer *answer);

#endif
