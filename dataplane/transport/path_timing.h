/* SPDX-License-Identifier: BSD-3-Clause */
/* How long a lone small packet takes over one path and back, whatever messages there are: who loads a link is
 * told from one of reduced rate by that. It is a probe (path_health.h) with a token of its own, which decides
 * nothing about the path. A few may be out at a time; what is not answered is for the caller to give up. */
#ifndef WEFT_TRANSPORT_PATH_TIMING_H
#define WEFT_TRANSPORT_PATH_TIMING_H

#include "dataplane/transport/state.h"

/* True if the reply answers one of them; the first does. Its event follows. */
bool path_timing_on_reply(struct transport *t, uint16_t peer, uint64_t token, nsec_t now);
bool path_timing_next_event(struct transport *t, struct event *event);

#endif
