/* SPDX-License-Identifier: BSD-3-Clause */
#include "tools/bench/launcher.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tools/bench/complain.h"

/* Written by one child, read by the parent. */
struct launcher_shared {
    struct pattern_mismatch mismatch;
    struct rank_time times[];
};

/* What a child says on its socket: after attaching and after every run. */
struct launcher_report {
    int status; /* 0, or -1 and text */
    char text[RANK_TEXT_BYTES];
};

struct launcher_child {
    pid_t pid;
    int socket;
    bool busy;
};

struct launcher {
    struct launcher_config config;
    uint64_t identity;
    unsigned times_max;
    size_t shared_bytes; /* of one child */
    uint8_t *shared;
    struct launcher_child *children;
    struct pollfd *polled;
};

static struct launcher_shared *launcher_shared(const struct launcher *launcher, unsigned rank)
{
    return (struct launcher_shared *)(launcher->shared + rank * launcher->shared_bytes);
}

const struct rank_time *launcher_times(const struct launcher *launcher, unsigned rank)
{
    return launcher_shared(launcher, rank)->times;
}

const struct pattern_mismatch *launcher_mismatch(const struct launcher *launcher)
{
    for (unsigned rank = 0; rank < launcher->config.ranks; rank++)
        if (launcher_shared(launcher, rank)->mismatch.found)
            return &launcher_shared(launcher, rank)->mismatch;
    return NULL;
}

static const struct fabric_host *launcher_host(const struct launcher *launcher, unsigned rank)
{
    return &launcher->config.fabric->hosts[launcher->config.rank_hosts[rank]];
}

/* ---- in the child ---- */

static void child_report(int socket, int status, const char text[RANK_TEXT_BYTES])
{
    struct launcher_report report = {.status = status};
    memcpy(report.text, text, sizeof report.text);
    if (send(socket, &report, sizeof report, MSG_NOSIGNAL) < 0)
        _exit(1);
}

static int child_open(const struct launcher *launcher, unsigned number, struct rank *rank)
{
    unsigned ranks = launcher->config.ranks / launcher->config.options->jobs, job = number / ranks;
    uint32_t addresses[ranks];
    for (unsigned i = 0; i < ranks; i++)
        addresses[i] = launcher_host(launcher, job * ranks + i)->address;
    const struct rank_config config = {.options = launcher->config.options,
                                       .rank = number % ranks,
                                       .ranks = ranks,
                                       .addresses = addresses,
                                       .socket_path = launcher_host(launcher, number)->socket_path,
                                       .identity = launcher->identity + job};
    return rank_open(rank, &config);
}

/* Obeys until the parent closes its end. */
static _Noreturn void child_main(const struct launcher *launcher, unsigned number, int socket)
{
    struct launcher_shared *shared = launcher_shared(launcher, number);
    struct rank rank;
    struct rank_run run;
    int status = child_open(launcher, number, &rank);
    child_report(socket, status, rank.text);
    while (status == 0 && recv(socket, &run, sizeof run, 0) == sizeof run) {
        status = rank_run(&rank, &run, shared->times, &shared->mismatch);
        child_report(socket, status, rank.text);
    }
    rank_close(&rank);
    _exit(status == 0 ? 0 : 1);
}

/* ---- in the parent ---- */

static int launcher_fork(struct launcher *launcher, unsigned rank)
{
    int pair[2];
    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) < 0)
        return complain("no socket for rank %u: %s", rank, strerror(errno));
    pid_t parent = getpid(), pid = fork();
    if (pid == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        if (getppid() != parent)
            _exit(1);
        close(pair[0]);
        child_main(launcher, rank, pair[1]);
    }
    close(pair[1]);
    launcher->children[rank] = (struct launcher_child){.pid = pid, .socket = pair[0], .busy = true};
    if (pid < 0)
        return complain("no process for rank %u: %s", rank, strerror(errno));
    return 0;
}

static int launcher_child_ended(struct launcher *launcher, unsigned rank)
{
    int status = 0;
    const char *host = launcher_host(launcher, rank)->name;
    waitpid(launcher->children[rank].pid, &status, 0);
    launcher->children[rank].pid = 0;
    if (WIFSIGNALED(status))
        return complain("rank %u on %s was ended by signal %d (%s)", rank, host, WTERMSIG(status),
                        strsignal(WTERMSIG(status)));
    return complain("rank %u on %s ended with status %d", rank, host, WEXITSTATUS(status));
}

static int launcher_hear(struct launcher *launcher, unsigned rank)
{
    struct launcher_report report;
    if (recv(launcher->children[rank].socket, &report, sizeof report, 0) != sizeof report)
        return launcher_child_ended(launcher, rank);
    launcher->children[rank].busy = false;
    if (report.status < 0)
        return complain("rank %u on %s: %s", rank, launcher_host(launcher, rank)->name, report.text);
    return 0;
}

static unsigned launcher_poll_busy(struct launcher *launcher, int timeout_ms)
{
    unsigned busy = 0;
    for (unsigned rank = 0; rank < launcher->config.ranks; rank++) {
        const struct launcher_child *child = &launcher->children[rank];
        launcher->polled[rank] = (struct pollfd){.fd = child->busy ? child->socket : -1, .events = POLLIN};
        busy += child->busy;
    }
    if (busy > 0)
        poll(launcher->polled, launcher->config.ranks, timeout_ms);
    return busy;
}

static int launcher_await(struct launcher *launcher, const struct launcher_tick *tick)
{
    while (launcher_poll_busy(launcher, tick ? tick->interval_ms : -1) > 0) {
        for (unsigned rank = 0; rank < launcher->config.ranks; rank++)
            if (launcher->polled[rank].revents != 0 && launcher_hear(launcher, rank) < 0)
                return -1;
        if (tick != NULL)
            tick->call(tick->user);
    }
    return 0;
}

static int launcher_allocate(struct launcher *launcher)
{
    const struct bench_options *options = launcher->config.options;
    unsigned ranks = launcher->config.ranks;
    launcher->times_max = options->iterations > options->warmup ? options->iterations : options->warmup;
    launcher->shared_bytes = sizeof(struct launcher_shared) + launcher->times_max * sizeof(struct rank_time);
    launcher->children = calloc(ranks, sizeof *launcher->children);
    launcher->polled = calloc(ranks, sizeof *launcher->polled);
    launcher->shared =
        mmap(NULL, ranks * launcher->shared_bytes, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (launcher->children == NULL || launcher->polled == NULL || launcher->shared == MAP_FAILED)
        return complain("not enough memory for %u ranks", ranks);
    if (getrandom(&launcher->identity, sizeof launcher->identity, 0) != sizeof launcher->identity)
        return complain("no random numbers: %s", strerror(errno));
    return 0;
}

int launcher_start(const struct launcher_config *config, struct launcher **launcher)
{
    *launcher = calloc(1, sizeof **launcher);
    if (*launcher == NULL)
        return complain("out of memory");
    (*launcher)->config = *config;
    int status = launcher_allocate(*launcher);
    for (unsigned rank = 0; rank < config->ranks && status == 0; rank++)
        status = launcher_fork(*launcher, rank);
    if (status == 0)
        status = launcher_await(*launcher, NULL);
    if (status == 0)
        return 0;
    launcher_stop(*launcher);
    *launcher = NULL;
    return -1;
}

int launcher_run(struct launcher *launcher, const struct rank_run *run, const struct launcher_tick *tick)
{
    for (unsigned rank = 0; rank < launcher->config.ranks; rank++) {
        memset(launcher_shared(launcher, rank)->times, 0, launcher->times_max * sizeof(struct rank_time));
        launcher->children[rank].busy = true;
        if (send(launcher->children[rank].socket, run, sizeof *run, MSG_NOSIGNAL) < 0)
            return launcher_child_ended(launcher, rank);
    }
    return launcher_await(launcher, tick);
}

static bool launcher_any_busy(const struct launcher *launcher)
{
    for (unsigned rank = 0; rank < launcher->config.ranks; rank++)
        if (launcher->children[rank].busy)
            return true;
    return false;
}

void launcher_stop(struct launcher *launcher)
{
    bool kill_them = launcher->children != NULL && launcher_any_busy(launcher);
    for (unsigned rank = 0; launcher->children != NULL && rank < launcher->config.ranks; rank++) {
        struct launcher_child *child = &launcher->children[rank];
        if (child->pid <= 0)
            continue;
        close(child->socket);
        if (kill_them)
            kill(child->pid, SIGKILL);
    }
    for (unsigned rank = 0; launcher->children != NULL && rank < launcher->config.ranks; rank++)
        if (launcher->children[rank].pid > 0)
            waitpid(launcher->children[rank].pid, NULL, 0);
    if (launcher->shared != NULL && launcher->shared != MAP_FAILED)
        munmap(launcher->shared, launcher->config.ranks * launcher->shared_bytes);
    free(launcher->polled);
    free(launcher->children);
    free(launcher);
}
