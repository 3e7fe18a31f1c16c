/* SPDX-License-Identifier: BSD-3-Clause */
#include "control/server/listener.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

enum {
    BACKLOG = 1024
};

static int fail(int descriptor, const char *what, const char *why, int result, char *error)
{
    snprintf(error, LISTENER_ERROR_BYTES, "%s: %s", what, why);
    if (descriptor >= 0)
        close(descriptor);
    return result;
}

/* Only a socket that refuses connections was left by a process that is gone. */
static bool is_left_over(const struct sockaddr_un *name)
{
    int probe = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    bool refused = probe >= 0 && connect(probe, (const struct sockaddr *)name, sizeof(*name)) != 0 &&
                   errno == ECONNREFUSED;
    if (probe >= 0)
        close(probe);
    return refused;
}

/* 0, or what is there stays. */
static int make_way(const struct sockaddr_un *name, const char *path, char *error)
{
    struct stat there;
    if (lstat(path, &there) != 0)
        return 0;
    if (!S_ISSOCK(there.st_mode))
        return fail(-1, path, "this is no socket: move it away, or name another in `socket`", -EEXIST, error);
    if (!is_left_over(name))
        return fail(-1, path, "another process listens here: stop it, or name another in `socket`",
                    -EADDRINUSE, error);
    return unlink(path) == 0 ? 0 : fail(-1, path, strerror(errno), -errno, error);
}

static void remember(const char *path, struct listener_place *place)
{
    struct stat made;
    *place = (struct listener_place){.path = path};
    if (lstat(path, &made) == 0)
        *place = (struct listener_place){path, made.st_dev, made.st_ino};
}

static void give_to_group(const char *path, const char *group)
{
    const struct group *entry = getgrnam(group != NULL ? group : "weft");
    if (entry != NULL && chown(path, (uid_t)-1, entry->gr_gid) != 0)
        return; /* its owner can still use it */
}

int listener_open_unix(const char *path, const char *group, struct listener_place *place,
                       char error[LISTENER_ERROR_BYTES])
{
    struct sockaddr_un name = {.sun_family = AF_UNIX};
    snprintf(name.sun_path, sizeof(name.sun_path), "%s", path);
    if (group != NULL && getgrnam(group) == NULL)
        return fail(-1, group, "there is no such group: make it, or name another in `group`", -EINVAL, error);
    int result = make_way(&name, path, error);
    if (result != 0)
        return result;
    int descriptor = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (descriptor < 0)
        return fail(-1, path, strerror(errno), -errno, error);
    mode_t mask = umask(0117);
    result = bind(descriptor, (struct sockaddr *)&name, sizeof(name)) != 0 ? -errno : 0;
    umask(mask);
    remember(path, place);
    if (result == 0)
        give_to_group(path, group);
    if (result == 0 && listen(descriptor, BACKLOG) != 0)
        result = -errno;
    return result == 0 ? descriptor : fail(descriptor, path, strerror(-result), result, error);
}

void listener_remove_unix(const struct listener_place *place)
{
    struct stat there;
    if (lstat(place->path, &there) == 0 && there.st_dev == place->device && there.st_ino == place->inode)
        unlink(place->path);
}

int listener_open_tcp(const char *address, uint16_t port, char error[LISTENER_ERROR_BYTES])
{
    struct sockaddr_in name = {.sin_family = AF_INET, .sin_port = htons(port)};
    int on = 1;
    if (inet_pton(AF_INET, address, &name.sin_addr) != 1)
        return fail(-1, address, "listen.address is no IPv4 address", -EINVAL, error);
    int descriptor = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (descriptor < 0)
        return fail(-1, address, strerror(errno), -errno, error);
    setsockopt(descriptor, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
    if (bind(descriptor, (struct sockaddr *)&name, sizeof(name)) != 0 || listen(descriptor, BACKLOG) != 0)
        return fail(descriptor, address, strerror(errno), -errno, error);
    return descriptor;
}
