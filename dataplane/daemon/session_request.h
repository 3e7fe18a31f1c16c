/* SPDX-License-Identifier: BSD-3-Clause */
/* What the files that serve applications' requests share. */
#ifndef WEFT_DAEMON_SESSION_REQUEST_H
#define WEFT_DAEMON_SESSION_REQUEST_H

#include "dataplane/daemon/session.h"

void session_answer_error(struct session *s, int status, const char *text);
void session_answer_no_memory(struct session *s);
/* A command for this session's worker side; NULL after answering that memory is short. */
struct command *session_command(struct session *s, enum command_kind kind, void (*done)(struct command *));
/* The session and the result of an answered command, which is freed. */
struct session *session_of_answer(struct command *command, int64_t *result);

void session_open_communicator(struct session *s, const struct session_request *request,
                               const uint32_t *addresses);
void session_close_communicator(struct session *s, const struct session_request *request);
/* Passes the text on to all who have the communicator open; only root and our own user may. */
void session_tell(struct session *s, const struct session_request *request,
                  const char text[SESSION_TEXT_BYTES]);

#endif
