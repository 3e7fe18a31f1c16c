/* SPDX-License-Identifier: BSD-3-Clause */
/* A TCP socket that listens. */
#ifndef WEFT_TOOLS_EXPORTER_LISTEN_SOCKET_H
#define WEFT_TOOLS_EXPORTER_LISTEN_SOCKET_H

#include <stdbool.h>

/* "127.0.0.1:9793", "[::1]:9793"; numbers only. */
bool listen_socket_is_place(const char *place);
/* The descriptor, or negative errno. */
int listen_socket_open(const char *place);

#endif
