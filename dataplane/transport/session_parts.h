/* SPDX-License-Identifier: BSD-3-Clause */
/* What the parts of a session share: session.c (whom we know, and whether they live) and session_hello.c. */
#ifndef WEFT_TRANSPORT_SESSION_PARTS_H
#define WEFT_TRANSPORT_SESSION_PARTS_H

#include "dataplane/transport/session.h"

enum {
    SESSION_FIRST_SOURCE_PORT = 49152, /* of what is sent before paths are told */
    SESSION_SOURCE_PORTS = 16384
};

/* Sets the peer's timer to when it is to be looked at next. */
void session_arm(struct transport *t, struct peer *peer, nsec_t now);
/* Nothing of the session is owed to or by the peer any more. */
void session_reset(struct transport *t, struct peer *peer, nsec_t now);

#endif
