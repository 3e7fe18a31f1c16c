/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef WEFT_TOOLS_EXPORTER_UNIX_SOCKET_H
#define WEFT_TOOLS_EXPORTER_UNIX_SOCKET_H

/* A socket of this type (SOCK_STREAM, SOCK_SEQPACKET) that is connected to `path` and does not block; or
 * negative errno, -EAGAIN when nobody takes the connection at once. */
int unix_socket_connect(const char *path, int type);

#endif
