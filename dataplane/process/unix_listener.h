/* SPDX-License-Identifier: BSD-3-Clause */
/* The Unix socket on which a daemon listens: one process has it at a time, a group may use it. */
#ifndef WEFT_PROCESS_UNIX_LISTENER_H
#define WEFT_PROCESS_UNIX_LISTENER_H

#include <sys/types.h>

enum {
    UNIX_LISTENER_ERROR_BYTES = 320,
    UNIX_LISTENER_PATH_BYTES = 108 /* as the kernel has it */
};

struct unix_listener_config {
    const char *path;  /* its folder is made, if only that is missing */
    int type;          /* SOCK_STREAM, SOCK_SEQPACKET */
    const char *group; /* which must be; NULL: weft where that exists */
};

struct unix_listener {
    char path[UNIX_LISTENER_PATH_BYTES];
    int descriptor; /* -1: none */
    /* Which socket was made: another process may have put its own there since. */
    dev_t device;
    ino_t inode;
};

/* Mode 0660 from the first moment. Takes the place of a socket that nobody listens on any more, and of
 * nothing else. 0, or negative errno with `error`; the descriptor does not block and is the caller's to
 * close. */
int unix_listener_open(const struct unix_listener_config *config, struct unix_listener *listener,
                       char error[UNIX_LISTENER_ERROR_BYTES]);
/* Takes the socket out of its folder, not one that another process has put there. To be called while the
 * descriptor is open: after it nobody is refused any more, and a closed socket's inode may be another's. */
void unix_listener_remove(const struct unix_listener *listener);

#endif
