/* SPDX-License-Identifier: BSD-3-Clause */
/* Listening sockets: a Unix socket that a group may use, and TCP. */
#ifndef WEFT_CONTROL_LISTENER_H
#define WEFT_CONTROL_LISTENER_H

#include <stdint.h>
#include <sys/types.h>

enum {
    LISTENER_ERROR_BYTES = 320
};

/* Where a socket was made, and which one: another process may have put its own there since. */
struct listener_place {
    const char *path;
    dev_t device;
    ino_t inode;
};

/* Mode 0660 and `group` (NULL: weft if that exists). Takes the place of a socket that nobody listens on any
 * more, of nothing else. The descriptor, or negative errno with `error`. */
int listener_open_unix(const char *path, const char *group, struct listener_place *place,
                       char error[LISTENER_ERROR_BYTES]);
void listener_remove_unix(const struct listener_place *place);
int listener_open_tcp(const char *address, uint16_t port, char error[LISTENER_ERROR_BYTES]);

#endif
