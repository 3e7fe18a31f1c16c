/* SPDX-License-Identifier: BSD-3-Clause */
/* Plays an older kernel for a program that it is preloaded into: bpf() knows no ring buffer (as before
 * Linux 5.8) or no cookies of probes (before 5.15), whichever the environment's OLDER_KERNEL_LACKS names.
 * libbpf finds out what there is by trying; a program in which such a call is dead code passes, as it does
 * where the verifier never gets there. */
#include <dlfcn.h>
#include <errno.h>
#include <linux/bpf.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>

enum {
    TRIAL_INSTRUCTIONS_MAX = 8,
    ARGUMENTS = 6
};

static bool lacks(const char *what)
{
    const char *all = getenv("OLDER_KERNEL_LACKS");
    return all != NULL && strstr(all, what) != NULL;
}

static bool tries_cookies(const union bpf_attr *attributes)
{
    const struct bpf_insn *instructions = (const struct bpf_insn *)(uintptr_t)attributes->insns;
    for (uint32_t i = 0; i < attributes->insn_cnt && attributes->insn_cnt <= TRIAL_INSTRUCTIONS_MAX; i++)
        if (instructions[i].code == (BPF_JMP | BPF_CALL) && instructions[i].imm == BPF_FUNC_get_attach_cookie)
            return true;
    return false;
}

/* As the verifier does. */
static void say_unknown(const union bpf_attr *attributes)
{
    char *log = (char *)(uintptr_t)attributes->log_buf;
    if (log != NULL)
        snprintf(log, attributes->log_size, "unknown func bpf_get_attach_cookie#%d",
                 BPF_FUNC_get_attach_cookie);
}

static bool is_refused(long command, const union bpf_attr *attributes)
{
    if (command == BPF_MAP_CREATE)
        return attributes->map_type == BPF_MAP_TYPE_RINGBUF && lacks("ring_buffer");
    if (command != BPF_PROG_LOAD || !lacks("cookies") || !tries_cookies(attributes))
        return false;
    say_unknown(attributes);
    return true;
}

/* Of the C library: libbpf calls bpf() by it. */
long syscall(long number, ...)
{
    static long (*real)(long, ...);
    long a[ARGUMENTS];
    va_list arguments;
    va_start(arguments, number);
    for (unsigned i = 0; i < ARGUMENTS; i++)
        a[i] = va_arg(arguments, long);
    va_end(arguments);
    if (real == NULL)
        *(void **)&real = dlsym(RTLD_NEXT, "syscall");
    if (number == SYS_bpf && is_refused(a[0], (const union bpf_attr *)a[1])) {
        errno = EINVAL;
        return -1;
    }
    return real(number, a[0], a[1], a[2], a[3], a[4], a[5]);
}
