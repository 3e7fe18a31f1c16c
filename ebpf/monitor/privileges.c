/* SPDX-License-Identifier: BSD-3-Clause */
#include "ebpf/monitor/privileges.h"

#include <errno.h>
#include <linux/capability.h>
#include <stdint.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#define BIT(capability) (1ull << (capability))
static const uint64_t ALWAYS = BIT(CAP_BPF);
static const uint64_t ATTACHING =
    BIT(CAP_BPF) | BIT(CAP_PERFMON) | BIT(CAP_SYS_ADMIN) | BIT(CAP_SYS_PTRACE) | BIT(CAP_DAC_READ_SEARCH);

/* What is not permitted is left out of `effective`. */
static int set(uint64_t effective)
{
    struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
    struct __user_cap_data_struct data[_LINUX_CAPABILITY_U32S_3];
    if (syscall(SYS_capget, &header, data) != 0)
        return -errno;
    for (unsigned i = 0; i < _LINUX_CAPABILITY_U32S_3; i++) {
        data[i].permitted &= (uint32_t)(ATTACHING >> (32 * i));
        data[i].effective = data[i].permitted & (uint32_t)(effective >> (32 * i));
        data[i].inheritable = 0;
    }
    return syscall(SYS_capset, &header, data) == 0 ? 0 : -errno;
}

int privileges_drop(void)
{
    return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 ? set(ALWAYS) : -errno;
}

int privileges_raise(void)
{
    return set(ATTACHING);
}

int privileges_lower(void)
{
    return set(ALWAYS);
}
