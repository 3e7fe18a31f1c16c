/* SPDX-License-Identifier: BSD-3-Clause */
/* Who is at the other end of a connection, and what that allows: over the Unix socket whoever may open it
 * is an operator, known by the user's name; over TLS a token or an agent's certificate decides. A certificate
 * speaks for the addresses that it names, as its subject's common name or as alternative names. */
#ifndef WEFT_CONTROL_PEER_H
#define WEFT_CONTROL_PEER_H

#include "control/server/call.h"
#include "control/server/tokens.h"

struct MHD_Connection;

struct peer_policy {
    bool is_local;      /* the Unix socket */
    bool trusts_agents; /* client certificates are asked for, and checked against the authority's */
    const struct tokens *tokens;
    uint64_t now_s;    /* since 1970 */
    const char *agent; /* the address that the call speaks for; NULL: it is no agent's call */
};

/* Fills in the call's role; or the call has failed. */
void peer_admit(const struct peer_policy *policy, struct MHD_Connection *connection, struct call *call);
/* Fills in call->who of a call that was admitted over the Unix socket. May read the user database. */
void peer_name(struct MHD_Connection *connection, struct call *call);

#endif
