/* SPDX-License-Identifier: BSD-3-Clause */
/* weft-control from start to end: the core, the store, the planner's thread and the HTTP interface on one
 * event loop. */
#ifndef WEFT_CONTROL_SERVER_H
#define WEFT_CONTROL_SERVER_H

#include "control/server/config.h"

struct server;

/* Opens everything; nothing is served before server_run(). 0, or negative errno with the reason logged. */
int server_create(const char *config_file, struct control_config *config, struct server **server);
/* Serves until SIGTERM or SIGINT. SIGHUP reads configuration and tokens again. */
void server_run(struct server *server);
void server_destroy(struct server *server);

#endif
