/* SPDX-License-Identifier: BSD-3-Clause */
/* Listening sockets: a Unix socket that a group may use, and TCP. */
#ifndef WEFT_CONTROL_LISTENER_H
#define WEFT_CONTROL_LISTENER_H

#include <stdint.h>

enum {
    LISTENER_ERROR_BYTES = 320
};

/* Mode 0660 and `group` (NULL: weft if that exists). Takes the place of a socket that nobody listens on any
 * more. The descriptor, or negative errno with `error`. */
int listener_open_unix(const char *path, const char *group, char error[LISTENER_ERROR_BYTES]);
int listener_open_tcp(const char *address, uint16_t port, char error[LISTENER_ERROR_BYTES]);

#endif
