/* SPDX-License-Identifier: BSD-3-Clause */
#include "tools/exporter/web_auth.h"

#include <crypt.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <gnutls/crypto.h>
#include <gnutls/gnutls.h>
#include <microhttpd.h>

enum {
    DIGEST_BYTES = 32,
    KNOWN_MAX = 16,
    CHECK_EVERY_S = 1
};

struct web_auth {
    struct web_config *config;
    uint8_t known[KNOWN_MAX][DIGEST_BYTES]; /* of Authorization headers that were right */
    unsigned known_count;
    time_t checked_at_s; /* monotonic */
};

struct web_auth *web_auth_create(struct web_config *config)
{
    struct web_auth *auth = calloc(1, sizeof(*auth));
    if (auth != NULL)
        auth->config = config;
    else
        web_config_free(config);
    return auth;
}

void web_auth_destroy(struct web_auth *auth)
{
    if (auth == NULL)
        return;
    web_config_free(auth->config);
    free(auth);
}

void web_auth_replace(struct web_auth *auth, struct web_config *config)
{
    web_config_free(auth->config);
    auth->config = config;
    auth->known_count = 0;
}

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

/* ---- passwords ---- */

static bool is_known(const struct web_auth *auth, const uint8_t digest[DIGEST_BYTES])
{
    for (unsigned i = 0; i < auth->known_count; i++)
        if (gnutls_memcmp(auth->known[i], digest, DIGEST_BYTES) == 0)
            return true;
    return false;
}

static void remember(struct web_auth *auth, const uint8_t digest[DIGEST_BYTES])
{
    if (auth->known_count == KNOWN_MAX)
        auth->known_count = 0;
    memcpy(auth->known[auth->known_count++], digest, DIGEST_BYTES);
}

static bool is_due(struct web_auth *auth)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    if (auth->checked_at_s != 0 && now.tv_sec - auth->checked_at_s < CHECK_EVERY_S)
        return false;
    auth->checked_at_s = now.tv_sec;
    return true;
}

/* A name that is not known takes as long as a wrong password. */
static bool is_right(const struct web_config *config, const char *name, const char *password)
{
    struct crypt_data *data = calloc(1, sizeof(*data));
    const struct web_user *user = NULL;
    for (unsigned i = 0; i < config->user_count; i++)
        if (strcmp(config->users[i].name, name) == 0)
            user = &config->users[i];
    const char *hash = user != NULL ? user->hash : config->users[0].hash;
    const char *made = data != NULL ? crypt_rn(password, hash, data, sizeof(*data)) : NULL;
    bool right = user != NULL && made != NULL && strlen(made) == strlen(hash) &&
                 gnutls_memcmp(made, hash, strlen(hash)) == 0;
    free(data);
    return right;
}

static enum web_admission admit_user(struct web_auth *auth, struct MHD_Connection *connection)
{
    uint8_t digest[DIGEST_BYTES];
    char *password = NULL;
    const char *header = MHD_lookup_connection_value(connection, MHD_HEADER_KIND, "Authorization");
    if (header == NULL || gnutls_hash_fast(GNUTLS_DIG_SHA256, header, strlen(header), digest) != 0)
        return WEB_UNKNOWN;
    if (is_known(auth, digest))
        return WEB_ADMITTED;
    if (!is_due(auth))
        return WEB_COME_LATER;
    char *name = MHD_basic_auth_get_username_password(connection, &password);
    bool right = name != NULL && password != NULL && is_right(auth->config, name, password);
    if (right)
        remember(auth, digest);
    MHD_free(name);
    MHD_free(password);
    return right ? WEB_ADMITTED : WEB_UNKNOWN;
}

enum web_admission web_auth_admit(struct web_auth *auth, struct MHD_Connection *connection)
{
    if (auth->config->wants_client_certificate && !has_certificate(connection))
        return WEB_FORBIDDEN;
    return auth->config->user_count > 0 ? admit_user(auth, connection) : WEB_ADMITTED;
}
