/* SPDX-License-Identifier: BSD-3-Clause */
/* Where clients come in: the Unix socket, and TCP with TLS if the configuration says so. */
#ifndef WEFT_CONTROL_FRONT_H
#define WEFT_CONTROL_FRONT_H

#include "control/server/config.h"
#include "control/server/http.h"
#include "dataplane/process/unix_listener.h"

struct front {
    struct http *local, *remote; /* remote NULL: no TCP */
    struct tokens *tokens;
    struct unix_listener listener;
};

/* `calls`: what both have in common, without a socket. 0, or negative errno, and what is wrong has been
 * logged; either way to be closed. */
int front_open(struct front *front, const struct control_config *config, const struct http_config *calls);
void front_close(struct front *front);

/* Asks those that wait for this again. */
void front_wake(struct front *front, enum call_topic topic);
/* Believes the tokens of `file` from now on (NULL: as before), or logs what is wrong with them. */
void front_reload_tokens(struct front *front, const char *file);

#endif
