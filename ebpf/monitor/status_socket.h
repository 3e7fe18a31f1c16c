/* SPDX-License-Identifier: BSD-3-Clause */
/* Whoever connects to the Unix socket is sent the report, and the connection is closed. */
#ifndef WEFT_EBPF_MONITOR_STATUS_SOCKET_H
#define WEFT_EBPF_MONITOR_STATUS_SOCKET_H

#include "dataplane/process/unix_listener.h"

struct event_base;
struct status_socket;

struct status_socket_config {
    struct event_base *base;
    const char *path;
    const char *group;                   /* NULL: weft, if there is such a group */
    char *(*make_report)(void *context); /* text to be freed; NULL: nothing is sent */
    void *context;
};
/* 0, or negative errno with `error`. A socket that nobody listens on is taken over. */
int status_socket_create(const struct status_socket_config *config, struct status_socket **status,
                         char error[UNIX_LISTENER_ERROR_BYTES]);
/* NULL is allowed. */
void status_socket_destroy(struct status_socket *status);

#endif
