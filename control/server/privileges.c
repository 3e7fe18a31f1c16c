/* SPDX-License-Identifier: BSD-3-Clause */
#include "control/server/privileges.h"

#include <errno.h>
#include <linux/capability.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "dataplane/process/log.h"

enum {
    DESCRIPTORS_BESIDE_CONNECTIONS = 64
};

static void raise_descriptors(unsigned connections_max)
{
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) != 0)
        return;
    limit.rlim_cur = limit.rlim_max;
    setrlimit(RLIMIT_NOFILE, &limit);
    if (limit.rlim_max < 2ull * connections_max + DESCRIPTORS_BESIDE_CONNECTIONS)
        log_warning("only %llu files may be open: raise LimitNOFILE, or lower connections_max to half of it",
                    (unsigned long long)limit.rlim_max);
}

void privileges_prepare(unsigned connections_max)
{
    raise_descriptors(connections_max);
    umask(0027);
    signal(SIGPIPE, SIG_IGN);
}

void privileges_drop(void)
{
    struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
    const struct __user_cap_data_struct none[_LINUX_CAPABILITY_U32S_3] = {0};
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 || syscall(SYS_capset, &header, none) != 0)
        log_warning("capabilities are kept: %s", strerror(errno));
}
