/* SPDX-License-Identifier: BSD-3-Clause */
#include "control/server/peer.h"

#include <arpa/inet.h>
#include <pwd.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#include <gnutls/gnutls.h>
#include <gnutls/x509.h>
#include <microhttpd.h>

enum {
    USER_BYTES_MAX = 4096,
    CERTIFICATE_NAME_BYTES = 256
};

static gnutls_session_t session_of(struct MHD_Connection *connection)
{
    const union MHD_ConnectionInfo *info =
        MHD_get_connection_info(connection, MHD_CONNECTION_INFO_GNUTLS_SESSION);
    return info != NULL ? info->tls_session : NULL;
}

static bool has_certificate(struct MHD_Connection *connection)
{
    unsigned status = 1;
    gnutls_session_t session = session_of(connection);
    return session != NULL && gnutls_certificate_get_peers(session, &(unsigned){0}) != NULL &&
           gnutls_certificate_verify_peers2(session, &status) == 0 && status == 0;
}

static bool is_named_by(gnutls_x509_crt_t certificate, const char *address)
{
    struct in_addr binary;
    char name[CERTIFICATE_NAME_BYTES];
    size_t bytes = sizeof(name);
    if (inet_pton(AF_INET, address, &binary) != 1)
        return false;
    if (gnutls_x509_crt_check_ip(certificate, (const unsigned char *)&binary, sizeof(binary), 0))
        return true;
    return gnutls_x509_crt_get_dn_by_oid(certificate, GNUTLS_OID_X520_COMMON_NAME, 0, 0, name, &bytes) == 0 &&
           strcmp(name, address) == 0;
}

static bool certificate_names(struct MHD_Connection *connection, const char *address)
{
    gnutls_x509_crt_t certificate;
    const gnutls_datum_t *chain = gnutls_certificate_get_peers(session_of(connection), &(unsigned){0});
    if (gnutls_x509_crt_init(&certificate) != 0)
        return false;
    bool named = gnutls_x509_crt_import(certificate, &chain[0], GNUTLS_X509_FMT_DER) == 0 &&
                 is_named_by(certificate, address);
    gnutls_x509_crt_deinit(certificate);
    return named;
}

static void admit_agent(const struct peer_policy *policy, struct MHD_Connection *connection,
                        struct call *call)
{
    if (policy->agent != NULL && !certificate_names(connection, policy->agent))
        call_fail(call, 403, "forbidden", NULL,
                  "this certificate does not speak for %.20s: neither its subject nor an alternative name is "
                  "that address",
                  policy->agent);
    else
        call->role = CALL_ROLE_AGENT;
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
        admit_agent(policy, connection, call);
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
