/* SPDX-License-Identifier: BSD-3-Clause */
#include "dataplane/process/unix_listener.h"

#include <errno.h>
#include <grp.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "dataplane/process/log.h"

#define DEFAULT_GROUP "weft"

enum {
    BACKLOG = 1024
};
_Static_assert(UNIX_LISTENER_PATH_BYTES == sizeof(((struct sockaddr_un *)0)->sun_path), "a whole name fits");

static int fail(char *error, const char *path, const char *why, int result)
{
    snprintf(error, UNIX_LISTENER_ERROR_BYTES, "socket %s: %s", path, why);
    return result;
}

static int name_of(const char *path, struct sockaddr_un *name, char *error)
{
    *name = (struct sockaddr_un){.sun_family = AF_UNIX};
    if (strlen(path) >= sizeof(name->sun_path))
        return fail(error, path, "its name is too long", -ENAMETOOLONG);
    strcpy(name->sun_path, path);
    return 0;
}

/* Only a socket that refuses connections was left by a process that is gone. */
static bool is_left_over(const struct sockaddr_un *name, int type)
{
    int probe = socket(AF_UNIX, type | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    bool refused = probe >= 0 && connect(probe, (const struct sockaddr *)name, sizeof(*name)) != 0 &&
                   errno == ECONNREFUSED;
    if (probe >= 0)
        close(probe);
    return refused;
}

static int make_way(const struct sockaddr_un *name, int type, char *error)
{
    const char *path = name->sun_path;
    struct stat there;
    if (lstat(path, &there) != 0)
        return 0;
    if (!S_ISSOCK(there.st_mode))
        return fail(error, path, "this is no socket: move it away, or name another in `socket`", -EEXIST);
    if (!is_left_over(name, type))
        return fail(error, path, "another process listens here: stop it, or name another in `socket`",
                    -EADDRINUSE);
    return unlink(path) == 0 ? 0 : fail(error, path, strerror(errno), -errno);
}

static void make_folder(const char *path)
{
    char folder[UNIX_LISTENER_PATH_BYTES];
    snprintf(folder, sizeof(folder), "%s", path);
    char *slash = strrchr(folder, '/');
    if (slash && slash != folder) {
        *slash = '\0';
        mkdir(folder, 0755); /* bind says what is wrong if this does not help */
    }
}

static int give_to_group(const struct unix_listener_config *config, char *error)
{
    const struct group *group = getgrnam(config->group ? config->group : DEFAULT_GROUP);
    if (config->group && !group)
        return fail(error, config->path, "there is no such group as in `group`: create it, or name another",
                    -ENOENT);
    if (!group)
        log_info("there is no group " DEFAULT_GROUP ": only this user and its group may use %s",
                 config->path);
    else if (chown(config->path, (uid_t)-1, group->gr_gid) != 0 && config->group)
        return fail(error, config->path, "it cannot be given to its `group`", -errno);
    return 0;
}

static void remember(struct unix_listener *listener)
{
    struct stat made;
    if (lstat(listener->path, &made) == 0) {
        listener->device = made.st_dev;
        listener->inode = made.st_ino;
    }
}

static int bind_and_listen(const struct unix_listener_config *config, const struct sockaddr_un *name,
                           struct unix_listener *listener, char *error)
{
    mode_t mask = umask(0117);
    int result = bind(listener->descriptor, (const struct sockaddr *)name, sizeof(*name)) == 0 ? 0 : -errno;
    umask(mask);
    if (result != 0)
        return fail(error, config->path, strerror(-result), result);
    remember(listener);
    result = give_to_group(config, error);
    if (result == 0 && listen(listener->descriptor, BACKLOG) != 0)
        result = fail(error, config->path, strerror(errno), -errno);
    if (result != 0)
        unix_listener_remove(listener);
    return result;
}

int unix_listener_open(const struct unix_listener_config *config, struct unix_listener *listener,
                       char error[UNIX_LISTENER_ERROR_BYTES])
{
    struct sockaddr_un name;
    *listener = (struct unix_listener){.descriptor = -1};
    int result = name_of(config->path, &name, error);
    if (result == 0)
        result = make_way(&name, config->type, error);
    if (result != 0)
        return result;
    memcpy(listener->path, name.sun_path, sizeof(listener->path));
    make_folder(config->path);
    listener->descriptor = socket(AF_UNIX, config->type | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (listener->descriptor < 0)
        return fail(error, config->path, strerror(errno), -errno);
    result = bind_and_listen(config, &name, listener, error);
    if (result != 0) {
        close(listener->descriptor);
        listener->descriptor = -1;
    }
    return result;
}

void unix_listener_remove(const struct unix_listener *listener)
{
    struct stat there;
    if (lstat(listener->path, &there) == 0 && there.st_dev == listener->device &&
        there.st_ino == listener->inode)
        unlink(listener->path);
}
