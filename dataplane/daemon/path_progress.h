/* SPDX-License-Identifier: BSD-3-Clause */
/* How many bytes have been acknowledged on each path of a port, as its worker said last: control tells by
 * them which links carry. On the main thread. */
#ifndef WEFT_DAEMON_PATH_PROGRESS_H
#define WEFT_DAEMON_PATH_PROGRESS_H

#include "dataplane/daemon/host_port.h"

struct path_progress;

/* `refreshed` is called from the event loop, once for each refresh. NULL when memory is short. */
struct path_progress *path_progress_create(struct host_port *port, void (*refreshed)(void *context),
                                           void *context);
/* After the port has been closed: until then its worker may be writing here. NULL is allowed. */
void path_progress_destroy(struct path_progress *p);

/* Asks the worker about all its paths, part by part. One that is under way serves this one, too. */
void path_progress_refresh(struct path_progress *p);
/* By the transport's number of the peer; 0 where nothing is known. */
uint64_t path_progress_acked_bytes(const struct path_progress *p, uint16_t peer, unsigned path);

#endif
