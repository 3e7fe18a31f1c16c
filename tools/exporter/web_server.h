/* SPDX-License-Identifier: BSD-3-Clause */
/* Answers /metrics. A scrape waits until every source has answered, or failed to in its time. */
#ifndef WEFT_TOOLS_EXPORTER_WEB_SERVER_H
#define WEFT_TOOLS_EXPORTER_WEB_SERVER_H

#include "dataplane/process/http_server.h"
#include "tools/exporter/exporter.h"
#include "tools/exporter/web_config.h"

struct web_server;

struct web_server_config {
    struct event_base *base;
    int socket; /* listens; closed with the server */
    struct exporter *exporter;
    struct web_config *web; /* taken over */
};
/* 0, or negative errno with `error`. */
int web_server_create(const struct web_server_config *config, struct web_server **server,
                      char error[HTTP_SERVER_ERROR_BYTES]);
void web_server_destroy(struct web_server *server); /* NULL is allowed */

/* Other users from now on; takes over `web`. */
void web_server_replace_users(struct web_server *server, struct web_config *web);

#endif
