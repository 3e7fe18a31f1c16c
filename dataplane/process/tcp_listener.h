/* SPDX-License-Identifier: BSD-3-Clause */
/* A TCP socket on which a daemon listens. */
#ifndef WEFT_PROCESS_TCP_LISTENER_H
#define WEFT_PROCESS_TCP_LISTENER_H

#include <stdbool.h>

/* "127.0.0.1:9793", "[::1]:9793"; numbers only. */
bool tcp_listener_is_place(const char *place);
/* The descriptor, which does not block; or negative errno. */
int tcp_listener_open(const char *place);

#endif
