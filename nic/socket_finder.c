/* SPDX-License-Identifier: BSD-3-Clause */
#include "nic/socket_finder.h"

#include <dirent.h>
#include <stdbool.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

static bool is_of_family(int fd, int family)
{
    int domain = -1;
    socklen_t length = sizeof(domain);
    return getsockopt(fd, SOL_SOCKET, SO_DOMAIN, &domain, &length) == 0 && domain == family;
}

void socket_set_take(struct socket_set *set, int family)
{
    DIR *descriptors = opendir("/proc/self/fd");
    struct dirent *entry;
    set->count = 0;
    while (descriptors != NULL && (entry = readdir(descriptors)) != NULL) {
        int fd = atoi(entry->d_name); /* "." and ".." become 0, which the family sorts out */
        if (set->count < SOCKET_FINDER_MAX && is_of_family(fd, family))
            set->fds[set->count++] = fd;
    }
    if (descriptors != NULL)
        closedir(descriptors);
}

static bool contains(const struct socket_set *set, int fd)
{
    for (int i = 0; i < set->count; i++) {
        if (set->fds[i] == fd)
            return true;
    }
    return false;
}

int socket_set_find_new(const struct socket_set *before, int family)
{
    struct socket_set now;
    socket_set_take(&now, family);
    for (int i = 0; i < now.count; i++) {
        if (!contains(before, now.fds[i]))
            return now.fds[i];
    }
    return -1;
}

void socket_close_left(int fd, int family)
{
    if (fd >= 0 && is_of_family(fd, family))
        close(fd);
}
