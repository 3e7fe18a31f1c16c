/* SPDX-License-Identifier: BSD-3-Clause */
#include "tools/lab/sandbox.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

static int sandbox_mount(const char *type, const char *place, struct lab_error *error)
{
    if (mount(type, place, type, MS_NOSUID | MS_NODEV | MS_NOEXEC, NULL) < 0)
        return lab_error_set(error, -errno, "mounting %s on %s: %s", type, place, strerror(errno));
    return 0;
}

static int sandbox_make_directory(const char *path, struct lab_error *error)
{
    if (mkdir(path, 0755) < 0)
        return lab_error_set(error, -errno, "%s: %s", path, strerror(errno));
    return 0;
}

static int sandbox_prepare(struct lab_error *error)
{
    if (mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0)
        return lab_error_set(error, -errno, "making mounts private: %s", strerror(errno));
    int status = sandbox_mount("proc", "/proc", error);
    if (status == 0)
        status = sandbox_mount("tmpfs", "/run", error);
    if (status == 0)
        status = sandbox_make_directory(SANDBOX_DIRECTORY, error);
    return status ? status : sandbox_make_directory(NAMESPACE_DIRECTORY, error);
}

/* Asks to die with the parent; if that has gone before, the pipe that it held is closed. */
static void sandbox_follow_parent(int parent_pipe)
{
    struct pollfd parent = {.fd = parent_pipe};
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (poll(&parent, 1, 0) != 0)
        _exit(1);
    close(parent_pipe);
}

/* As fork(), with the child in new namespaces. unshare() would also move later children of this process. */
static pid_t sandbox_fork(void)
{
    return (pid_t)syscall(SYS_clone, CLONE_NEWPID | CLONE_NEWNS | CLONE_NEWNET | SIGCHLD, NULL, NULL, NULL,
                          NULL);
}

static int sandbox_wait(pid_t inside, const sigset_t *signals)
{
    for (;;) {
        siginfo_t signal;
        int status;
        if (sigwaitinfo(signals, &signal) < 0)
            continue;
        if (signal.si_signo != SIGCHLD)
            kill(inside, signal.si_signo == SIGINT && signal.si_code == SI_KERNEL ? SIGUSR1 : SIGTERM);
        else if (waitpid(inside, &status, WNOHANG) == inside)
            return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
    }
}

static void sandbox_child(int (*inside)(void *argument), void *argument, const int parent_pipe[2])
{
    struct lab_error error;
    close(parent_pipe[1]);
    sandbox_follow_parent(parent_pipe[0]);
    if (sandbox_prepare(&error)) {
        fprintf(stderr, "weft-lab: %s\n", error.text);
        _exit(1);
    }
    int status = inside(argument);
    fflush(NULL);
    _exit(status);
}

int sandbox_run(int (*inside)(void *argument), void *argument, struct lab_error *error)
{
    int parent_pipe[2];
    sigset_t signals;
    sigemptyset(&signals);
    sigaddset(&signals, SIGCHLD);
    sigaddset(&signals, SIGINT);
    sigaddset(&signals, SIGTERM);
    sigaddset(&signals, SIGHUP);
    sigprocmask(SIG_BLOCK, &signals, NULL);
    if (pipe2(parent_pipe, O_CLOEXEC) < 0)
        return lab_error_set(error, -errno, "pipe: %s", strerror(errno));
    pid_t child = sandbox_fork();
    if (child < 0)
        return lab_error_set(error, -errno,
                             "making namespaces: %s; run it as root (sudo), and in a container with "
                             "CAP_SYS_ADMIN and CAP_NET_ADMIN",
                             strerror(errno));
    if (child == 0)
        sandbox_child(inside, argument, parent_pipe);
    close(parent_pipe[0]);
    return sandbox_wait(child, &signals);
}

int sandbox_enter_node(int namespace_fd)
{
    if (setns(namespace_fd, CLONE_NEWNET) < 0 || unshare(CLONE_NEWNS) < 0 ||
        mount(NULL, "/", NULL, MS_REC | MS_SLAVE, NULL) < 0 ||
        mount("sysfs", "/sys", "sysfs", MS_NOSUID | MS_NODEV | MS_NOEXEC, NULL) < 0 ||
        mount("bpf", "/sys/fs/bpf", "bpf", MS_NOSUID | MS_NODEV | MS_NOEXEC, NULL) < 0)
        return -errno;
    return 0;
}

void sandbox_reset_signals(void)
{
    sigset_t none;
    sigemptyset(&none);
    for (int signal = 1; signal < NSIG; signal++)
        if (signal != SIGKILL && signal != SIGSTOP)
            sigaction(signal, &(struct sigaction){.sa_handler = SIG_DFL}, NULL);
    sigprocmask(SIG_SETMASK, &none, NULL);
}
