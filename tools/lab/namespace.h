/* SPDX-License-Identifier: BSD-3-Clause */
/* One network namespace of the lab: a router, a host, or the lab's own. */
#ifndef WEFT_LAB_NAMESPACE_H
#define WEFT_LAB_NAMESPACE_H

#include "tools/lab/error.h"
#include "tools/lab/netlink.h"

#define NAMESPACE_DIRECTORY "/run/netns" /* where `ip netns` looks */

enum {
    NAMESPACE_NAME_BYTES = 16
};

struct namespace
{
    char name[NAMESPACE_NAME_BYTES];
    int fd;
    struct netlink *netlink;
};

/* Takes the namespace that the caller is in. 0 or negative errno with `error`. */
int namespace_open_current(struct namespace *this, const char *name, struct lab_error *error);

/* Makes a new one, entered on return, with its loopback interface up, and a name for `ip netns`. The name
 * lives in the caller's mount namespace. */
int namespace_create(struct namespace *this, const char *name, struct lab_error *error);
void namespace_close(struct namespace *this);

/* Moves the calling thread. 0 or negative errno. */
int namespace_enter(const struct namespace *this);

/* Sets /proc/sys/net/`name` in the namespace that the caller is in. 0 or negative errno with `error`;
 * -ENOENT: this kernel has no such setting. */
int namespace_set(const char *name, const char *value, struct lab_error *error);

#endif
