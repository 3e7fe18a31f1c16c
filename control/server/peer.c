/* SPDX-License-Identifier: BSD-3-Clause */
#include "control/server/peer.h"

#include <pwd.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#include <gnutls/gnutls.h>
#include <microhttpd.h>

enum {
    USER_BYTES_MAX = 4096
};

static bool has_certificate(struct MHD_Connection *connection)
{
    unsigned status = 1;
    const union MHD_ConnectionInfo *info =
        MHD_get_connection_info(connection, MHD_CONNECTION_INFO_GNUTLS_SESSION);
    if (info == NULL)
        return false;
    gnutls_session_t session = info->tls_session;
    return gnutls_certificate_get_peers(session, &(unsigned){0}) != NULL &&
           gnutls_certificate_verify_peers2(session, &status) == 0 && status == 0;
}

static void admit_token(const struct peer_policy *policy, const char *token, struct call *call)
{
    struct token_holder holder;
    switch (tokens_check(policy->tokens, token, policy->now_s, &holder)) {
    case TOKEN_IS_GOOD:
        call->role = holder.role;
        snprintf(call->who, sizeof(call->who), "%s", holder.name);
        break;
    case TOKEN_IS_WRONG:
        call_fail(call, 401, "wrong_token", NULL, "this token is not known");
        break;
    case TOKEN_HAS_EXPIRED:
        call_fail(call, 401, "expired_token", NULL, "this token has expired: ask for another one");
        break;
    }
}

void peer_admit(const struct peer_policy *policy, struct MHD_Connection *connection, struct call *call)
{
    static const char bearer[] = "Bearer ";
    if (policy->is_local) {
        call->role = CALL_ROLE_OPERATOR; /* the socket's mode and group say who may connect */
        return;
    }
    const char *header = MHD_lookup_connection_value(connection, MHD_HEADER_KIND, "Authorization");
    if (header == NULL && policy->trusts_agents && has_certificate(connection))
        call->role = CALL_ROLE_AGENT;
    else if (header == NULL || strncmp(header, bearer, strlen(bearer)) != 0)
        call_fail(call, 401, "no_token", NULL, "a token is wanted: Authorization: Bearer TOKEN");
    else
        admit_token(policy, header + strlen(bearer), call);
}

void peer_name(struct MHD_Connection *connection, struct call *call)
{
    const union MHD_ConnectionInfo *info =
        MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD);
    struct ucred user;
    socklen_t bytes = sizeof(user);
    struct passwd entry, *found = NULL;
    char room[USER_BYTES_MAX];
    if (info == NULL || getsockopt(info->connect_fd, SOL_SOCKET, SO_PEERCRED, &user, &bytes) != 0)
        return;
    if (getpwuid_r(user.uid, &entry, room, sizeof(room), &found) == 0 && found != NULL)
        snprintf(call->who, sizeof(call->who), "%s", found->pw_name);
    else
        snprintf(call->who, sizeof(call->who), "uid %u", (unsigned)user.uid);
}
