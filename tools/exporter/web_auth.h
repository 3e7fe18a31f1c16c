/* SPDX-License-Identifier: BSD-3-Clause */
/* Whether a request may be answered. A password's hash takes a tenth of a second to check, so what was right
 * is remembered, and what is not known is checked once a second at most: guessing can neither stop the loop
 * nor get far. */
#ifndef WEFT_TOOLS_EXPORTER_WEB_AUTH_H
#define WEFT_TOOLS_EXPORTER_WEB_AUTH_H

#include "tools/exporter/web_config.h"

struct MHD_Connection;
struct web_auth;

enum web_admission {
    WEB_ADMITTED,
    WEB_UNKNOWN,    /* 401 */
    WEB_COME_LATER, /* 429: another one has just been checked */
    WEB_FORBIDDEN   /* 403: no certificate, or none of the authority */
};

/* NULL: no memory. Takes over `config`. */
struct web_auth *web_auth_create(struct web_config *config);
void web_auth_destroy(struct web_auth *auth);
/* Other users from now on; takes over `config`. */
void web_auth_replace(struct web_auth *auth, struct web_config *config);

enum web_admission web_auth_admit(struct web_auth *auth, struct MHD_Connection *connection);

#endif
