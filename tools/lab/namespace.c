/* SPDX-License-Identifier: BSD-3-Clause */
#include "tools/lab/namespace.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <unistd.h>

#include "tools/lab/interface.h"

int namespace_open_current(struct namespace *this, const char *name, struct lab_error *error)
{
    snprintf(this->name, sizeof(this->name), "%s", name);
    this->fd = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC);
    if (this->fd < 0)
        return lab_error_set(error, -errno, "network namespace %s: %s", name, strerror(errno));
    int status = netlink_open(&this->netlink);
    if (status == 0)
        status = interface_set_up(this->netlink, INTERFACE_LOOPBACK_INDEX, true);
    if (status)
        return lab_error_set(error, status, "network namespace %s: rtnetlink: %s", name, strerror(-status));
    return 0;
}

static int namespace_bind_name(const char *name, struct lab_error *error)
{
    char path[64];
    snprintf(path, sizeof(path), NAMESPACE_DIRECTORY "/%s", name);
    int fd = open(path, O_RDONLY | O_CREAT | O_CLOEXEC, 0444);
    if (fd < 0)
        return lab_error_set(error, -errno, "%s: %s", path, strerror(errno));
    close(fd);
    if (mount("/proc/self/ns/net", path, NULL, MS_BIND, NULL) < 0)
        return lab_error_set(error, -errno, "%s: mount: %s", path, strerror(errno));
    return 0;
}

int namespace_create(struct namespace *this, const char *name, struct lab_error *error)
{
    if (unshare(CLONE_NEWNET) < 0)
        return lab_error_set(error, -errno, "network namespace %s: %s", name, strerror(errno));
    int status = namespace_bind_name(name, error);
    return status ? status : namespace_open_current(this, name, error);
}

void namespace_close(struct namespace *this)
{
    if (this->fd > 0)
        close(this->fd);
    netlink_close(this->netlink);
    memset(this, 0, sizeof(*this));
}

int namespace_enter(const struct namespace *this)
{
    return setns(this->fd, CLONE_NEWNET) < 0 ? -errno : 0;
}

int namespace_set(const char *name, const char *value, struct lab_error *error)
{
    char path[128];
    snprintf(path, sizeof(path), "/proc/sys/net/%s", name);
    int fd = open(path, O_WRONLY | O_CLOEXEC);
    int status = fd >= 0 && write(fd, value, strlen(value)) >= 0 ? 0 : -errno;
    if (fd >= 0)
        close(fd);
    return status ? lab_error_set(error, status, "%s: %s", path, strerror(-status)) : 0;
}
