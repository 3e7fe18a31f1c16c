/* SPDX-License-Identifier: BSD-3-Clause */
/* Who is told of verdicts besides the log: a program, for schedulers, and a web server. */
#ifndef WEFT_CONTROL_HOOKS_H
#define WEFT_CONTROL_HOOKS_H

#include "control/server/config.h"
#include "dataplane/process/http_client.h"

struct event_base;
struct hooks;

/* 0, or negative errno with `error`. Keeps what `config` points to. */
int hooks_create(struct event_base *base, const struct control_hooks *config, struct hooks **hooks,
                 char error[HTTP_CLIENT_ERROR_BYTES]);
void hooks_destroy(struct hooks *hooks); /* NULL is allowed */
/* Tells each in its own time, in order; never waits. */
void hooks_tell(struct hooks *hooks, const char *json);

#endif
