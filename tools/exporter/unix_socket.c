/* SPDX-License-Identifier: BSD-3-Clause */
/* Asking daemons of this host over their Unix sockets. */
#include "tools/exporter/unix_socket.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

int unix_socket_connect(const char *path, int type)
{
    struct sockaddr_un name = {.sun_family = AF_UNIX};
    if (strlen(path) >= sizeof(name.sun_path))
        return -ENAMETOOLONG;
    strcpy(name.sun_path, path);
    int descriptor = socket(AF_UNIX, type | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (descriptor < 0)
        return -errno;
    if (connect(descriptor, (struct sockaddr *)&name, sizeof(name)) == 0)
        return descriptor;
    int result = -errno;
    close(descriptor);
    return result;
}
