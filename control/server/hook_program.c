/* SPDX-License-Identifier: BSD-3-Clause */
#include "control/server/hook_program.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <event2/event.h>

#include "control/server/hook_queue.h"
#include "dataplane/process/log.h"

struct hook_program {
    struct event_base *base;
    const char *path;
    struct timeval timeout;
    struct hook_queue queue;
    pid_t process;       /* 0: none runs */
    int handle;          /* of the process: readable when it has ended */
    struct event *ended; /* or has taken too long */
};

static void run_next(struct hook_program *h);

/* ---- one run ---- */

static void collect(struct hook_program *h)
{
    int status;
    if (waitpid(h->process, &status, 0) == h->process && status != 0)
        log_warning("hook %s has ended with %s %d", h->path, WIFSIGNALED(status) ? "signal" : "status",
                    WIFSIGNALED(status) ? WTERMSIG(status) : WEXITSTATUS(status));
    event_free(h->ended);
    close(h->handle);
    h->ended = NULL;
    h->process = 0;
}

static void on_ended(evutil_socket_t unused, short events, void *context)
{
    struct hook_program *h = context;
    (void)unused;
    if (events & EV_TIMEOUT) {
        log_warning("hook %s takes longer than %ld ms and is killed", h->path,
                    h->timeout.tv_sec * 1000 + h->timeout.tv_usec / 1000);
        kill(-h->process, SIGKILL);
    }
    collect(h);
    run_next(h);
}

/* A file in memory that holds the text; negative errno. */
static int make_input(const char *text)
{
    int input = memfd_create("verdict", MFD_CLOEXEC);
    size_t bytes = strlen(text);
    if (input >= 0 && write(input, text, bytes) == (ssize_t)bytes && lseek(input, 0, SEEK_SET) == 0)
        return input;
    int error = errno;
    if (input >= 0)
        close(input);
    return -error;
}

/* A session's leader with nothing of ours open but its input and the log, and signals as they are usual. */
static int spawn(struct hook_program *h, int input)
{
    char *const arguments[] = {(char *)(uintptr_t)h->path, NULL};
    posix_spawn_file_actions_t files;
    posix_spawnattr_t attributes;
    sigset_t all, none;
    sigfillset(&all);
    sigemptyset(&none);
    posix_spawn_file_actions_init(&files);
    posix_spawn_file_actions_adddup2(&files, input, STDIN_FILENO);
    posix_spawn_file_actions_addopen(&files, STDOUT_FILENO, "/dev/null", O_WRONLY, 0);
    posix_spawn_file_actions_addclosefrom_np(&files, STDERR_FILENO + 1);
    posix_spawnattr_init(&attributes);
    posix_spawnattr_setsigdefault(&attributes, &all);
    posix_spawnattr_setsigmask(&attributes, &none);
    posix_spawnattr_setflags(&attributes,
                             POSIX_SPAWN_SETSID | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK);
    int result = posix_spawn(&h->process, h->path, &files, &attributes, arguments, environ);
    posix_spawnattr_destroy(&attributes);
    posix_spawn_file_actions_destroy(&files);
    if (result != 0)
        h->process = 0;
    return -result;
}

static int watch(struct hook_program *h)
{
    h->handle = (int)syscall(SYS_pidfd_open, h->process, 0);
    h->ended = h->handle >= 0 ? event_new(h->base, h->handle, EV_READ, on_ended, h) : NULL;
    if (h->ended != NULL && event_add(h->ended, &h->timeout) == 0)
        return 0;
    int error = h->handle < 0 ? errno : ENOMEM;
    kill(-h->process, SIGKILL);
    waitpid(h->process, NULL, 0);
    if (h->ended != NULL)
        event_free(h->ended);
    if (h->handle >= 0)
        close(h->handle);
    h->ended = NULL;
    h->process = 0;
    return -error;
}

static int run(struct hook_program *h, const char *text)
{
    int input = make_input(text);
    int result = input < 0 ? input : spawn(h, input);
    if (input >= 0)
        close(input);
    return result == 0 ? watch(h) : result;
}

static void run_next(struct hook_program *h)
{
    char *text;
    while (h->process == 0 && (text = hook_queue_take(&h->queue)) != NULL) {
        int result = run(h, text);
        if (result != 0)
            log_warning("hook %s cannot be run: %s", h->path, strerror(-result));
        free(text);
    }
}

/* ---- life ---- */

struct hook_program *hook_program_create(struct event_base *base, const char *path, uint32_t timeout_ms)
{
    struct hook_program *h = calloc(1, sizeof(*h));
    if (h == NULL)
        return NULL;
    h->base = base;
    h->path = path;
    h->timeout = (struct timeval){.tv_sec = timeout_ms / 1000, .tv_usec = timeout_ms % 1000 * 1000};
    return h;
}

void hook_program_destroy(struct hook_program *h)
{
    if (h == NULL)
        return;
    if (h->process != 0) {
        kill(-h->process, SIGKILL);
        collect(h);
    }
    hook_queue_clear(&h->queue);
    free(h);
}

void hook_program_tell(struct hook_program *h, const char *text)
{
    uint64_t dropped = h->queue.dropped;
    hook_queue_put(&h->queue, text);
    if (h->queue.dropped > dropped && dropped == 0)
        log_warning("hook %s is too slow: the oldest of %d verdicts are dropped", h->path, HOOK_QUEUE_MAX);
    run_next(h);
}
