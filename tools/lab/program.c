/* SPDX-License-Identifier: BSD-3-Clause */
#include "tools/lab/program.h"

#include <errno.h>
#include <event2/buffer.h>
#include <event2/event.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tools/lab/sandbox.h"

enum {
    RECENT_BYTES = 4096
};

static void program_become(const struct program *program, int output)
{
    sandbox_reset_signals();
    int nothing = open("/dev/null", O_RDONLY);
    dup2(nothing, STDIN_FILENO);
    dup2(output, STDOUT_FILENO);
    dup2(output, STDERR_FILENO);
    int status = program->node ? sandbox_enter_node(program->node->fd) : 0;
    if (status == 0) {
        execl(program->path, program->path, program->config_path, NULL);
        status = -errno;
    }
    fprintf(stderr, "starting %s: %s\n", program->path, strerror(-status));
    _exit(127);
}

static void program_on_line(struct program *program, const char *line)
{
    if (program->verbose)
        fprintf(stderr, "%s: %s\n", program->name, line);
    evbuffer_add_printf(program->recent, "%s: %s\n", program->name, line);
    size_t length = evbuffer_get_length(program->recent);
    if (length > RECENT_BYTES)
        evbuffer_drain(program->recent, length - RECENT_BYTES);
    if (program->state == PROGRAM_STARTING &&
        strncmp(line, program->ready_line, strlen(program->ready_line)) == 0) {
        program->state = PROGRAM_READY;
        program->on_changed(program, program->context);
    }
}

static void program_on_output(struct bufferevent *output, void *context)
{
    char *line;
    while ((line = evbuffer_readln(bufferevent_get_input(output), NULL, EVBUFFER_EOL_ANY))) {
        program_on_line(context, line);
        free(line);
    }
}

static int program_listen(struct program *program, int output)
{
    program->recent = evbuffer_new();
    program->output = bufferevent_socket_new(program->events, output, BEV_OPT_CLOSE_ON_FREE);
    if (!program->recent || !program->output)
        return -ENOMEM;
    evutil_make_socket_nonblocking(output);
    bufferevent_setcb(program->output, program_on_output, NULL, NULL, program);
    return bufferevent_enable(program->output, EV_READ) < 0 ? -ENOMEM : 0;
}

int program_start(struct program *program, struct lab_error *error)
{
    int output[2];
    if (program->state != PROGRAM_STOPPED)
        return lab_error_set(error, -EALREADY, "%s runs already", program->what);
    if (pipe2(output, O_CLOEXEC) < 0)
        return lab_error_set(error, -errno, "pipe: %s", strerror(errno));
    program->process = fork();
    if (program->process == 0)
        program_become(program, output[1]);
    close(output[1]);
    int status = program->process < 0 ? -errno : program_listen(program, output[0]);
    if (status)
        return lab_error_set(error, status, "starting %s: %s", program->what, strerror(-status));
    program->state = PROGRAM_STARTING;
    program->end_is_wanted = false;
    return 0;
}

static int program_signal(struct program *program, int signal, struct lab_error *error)
{
    if (program->process <= 0)
        return lab_error_set(error, -ESRCH, "%s is not running", program->what);
    return kill(program->process, signal) == 0 ? 0 : lab_error_set(error, -errno, "%s", strerror(errno));
}

int program_kill(struct program *program, struct lab_error *error)
{
    program->end_is_wanted = true;
    return program_signal(program, SIGKILL, error);
}

int program_pause(struct program *program, struct lab_error *error)
{
    return program_signal(program, SIGSTOP, error);
}

int program_resume(struct program *program, struct lab_error *error)
{
    return program_signal(program, SIGCONT, error);
}

void program_terminate(struct program *program)
{
    struct lab_error ignored;
    program->end_is_wanted = true;
    program_signal(program, SIGTERM, &ignored);
    program_signal(program, SIGCONT, &ignored);
}

/* One that was asked to end before it was ready has nothing to tell: the reason to ask has been told. */
static bool program_end_is_remarkable(const struct program *program, int wait_status)
{
    int signal = WIFSIGNALED(wait_status) ? WTERMSIG(wait_status) : 0;
    if (!program->end_is_wanted)
        return true;
    return program->state == PROGRAM_READY && wait_status != 0 && signal != SIGKILL && signal != SIGTERM;
}

static void program_report_end(struct program *program, int wait_status)
{
    fprintf(stderr, "weft-lab: %s ended with %s %d; its last words:\n", program->what,
            WIFSIGNALED(wait_status) ? "signal" : "status",
            WIFSIGNALED(wait_status) ? WTERMSIG(wait_status) : WEXITSTATUS(wait_status));
    size_t length = evbuffer_get_length(program->recent);
    fwrite(evbuffer_pullup(program->recent, -1), 1, length, stderr);
}

void program_on_ended(struct program *program, int wait_status)
{
    evbuffer_read(bufferevent_get_input(program->output), bufferevent_getfd(program->output), RECENT_BYTES);
    program_on_output(program->output, program);
    if (program_end_is_remarkable(program, wait_status))
        program_report_end(program, wait_status);
    bufferevent_free(program->output);
    evbuffer_free(program->recent);
    program->process = 0;
    program->state = PROGRAM_STOPPED;
    program->on_changed(program, program->context);
}
