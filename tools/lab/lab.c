/* SPDX-License-Identifier: BSD-3-Clause */
#include "tools/lab/lab.h"

#include <errno.h>
#include <event2/event.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tools/lab/control.h"
#include "tools/lab/dataplane.h"
#include "tools/lab/sandbox.h"
#include "tools/lab/server.h"

/* How long others may take to end once they have been asked to. */
static const struct timeval grace = {.tv_sec = 2};

static unsigned lab_dataplane_count(const struct lab *lab)
{
    return lab->dataplanes ? shape_hosts(&lab->fabric.shape) : 0;
}

static bool lab_programs_are(const struct lab *lab, enum program_state state)
{
    for (unsigned i = 0; i < lab_dataplane_count(lab); i++)
        if (lab->dataplanes[i].state != state)
            return false;
    return !lab->control || lab->control->state == state;
}

static bool lab_has_ended(const struct lab *lab)
{
    return lab->command == 0 && lab_programs_are(lab, PROGRAM_STOPPED);
}

/* What is still there when the time is over goes with this process. */
static void lab_stop(struct lab *lab, int exit_status)
{
    if (lab->stopping)
        return;
    lab->stopping = true;
    lab->exit_status = exit_status;
    for (unsigned i = 0; i < lab_dataplane_count(lab); i++)
        program_terminate(&lab->dataplanes[i]);
    if (lab->control)
        program_terminate(lab->control);
    event_add(lab->grace_over, &grace);
    if (lab_has_ended(lab))
        event_base_loopbreak(lab->events);
}

static void lab_fail(struct lab *lab, const char *text)
{
    fprintf(stderr, "weft-lab: %s\n", text);
    lab_stop(lab, 1);
}

static void lab_become_command(const struct lab *lab)
{
    sandbox_reset_signals();
    setenv("WEFT_LAB_SOCKET", SANDBOX_SOCKET, 1);
    setenv("WEFT_SOCKET", SANDBOX_DIRECTORY "/host0.sock", 1);
    if (lab->control)
        setenv("WEFT_CONTROL_SOCKET", CONTROL_SOCKET, 1);
    execvp(lab->options->command[0], lab->options->command);
    fprintf(stderr, "weft-lab: %s: %s\n", lab->options->command[0], strerror(errno));
    _exit(errno == ENOENT ? 127 : 126);
}

static void lab_start_command(struct lab *lab)
{
    lab->command_was_started = true;
    lab->command = fork();
    if (lab->command == 0)
        lab_become_command(lab);
    if (lab->command < 0) {
        lab->command = 0;
        lab_fail(lab, strerror(errno));
    }
}

static void lab_program_failed(struct lab *lab, const struct program *program)
{
    char text[PROGRAM_TEXT_BYTES + 32];
    snprintf(text, sizeof(text), "%s has not started", program->what);
    lab_fail(lab, text);
}

/* The command starts when the last program is ready, once. */
static void lab_on_program_changed(struct program *program, void *context)
{
    struct lab *lab = context;
    server_on_program_changed(lab->server, program);
    if (lab->stopping && lab_has_ended(lab))
        event_base_loopbreak(lab->events);
    if (lab->stopping || lab->command_was_started)
        return;
    if (program->state == PROGRAM_STOPPED)
        lab_program_failed(lab, program);
    else if (lab_programs_are(lab, PROGRAM_READY))
        lab_start_command(lab);
}

static void lab_on_command_ended(struct lab *lab, int status)
{
    lab->command = 0;
    lab_stop(lab, WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status));
    if (lab_has_ended(lab))
        event_base_loopbreak(lab->events);
}

/* As process 1 the lab also inherits orphans; they need no more than this. */
static void lab_on_child_ended(evutil_socket_t signal, short what, void *context)
{
    struct lab *lab = context;
    int status;
    (void)signal, (void)what;
    for (pid_t child; (child = waitpid(-1, &status, WNOHANG)) > 0;) {
        if (child == lab->command)
            lab_on_command_ended(lab, status);
        for (unsigned i = 0; i < lab_dataplane_count(lab); i++)
            if (lab->dataplanes[i].process == child)
                program_on_ended(&lab->dataplanes[i], status);
        if (lab->control && lab->control->process == child)
            program_on_ended(lab->control, status);
    }
}

/* SIGUSR1: ^C, which a running command has received as well; what it makes of it decides. */
static void lab_on_signal(evutil_socket_t signal, short what, void *context)
{
    struct lab *lab = context;
    (void)what;
    if (signal == SIGUSR1 && lab->command)
        return;
    if (lab->command)
        kill(lab->command, SIGTERM);
    lab_stop(lab, 128 + (signal == SIGUSR1 ? SIGINT : SIGTERM));
}

static void lab_on_grace_over(evutil_socket_t fd, short what, void *context)
{
    struct lab *lab = context;
    (void)fd, (void)what;
    event_base_loopbreak(lab->events);
}

static int lab_watch_signals(struct lab *lab)
{
    static const int signals[] = {SIGUSR1, SIGTERM, SIGCHLD};
    sigset_t none;
    signal(SIGPIPE, SIG_IGN);
    signal(SIGINT, SIG_IGN); /* of the terminal; sandbox_run() passes it on */
    signal(SIGHUP, SIG_IGN);
    lab->grace_over = evtimer_new(lab->events, lab_on_grace_over, lab);
    for (unsigned i = 0; i < sizeof(signals) / sizeof(*signals); i++) {
        event_callback_fn callback = signals[i] == SIGCHLD ? lab_on_child_ended : lab_on_signal;
        struct event *event = evsignal_new(lab->events, signals[i], callback, lab);
        if (!event || event_add(event, NULL) < 0)
            return -ENOMEM;
    }
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    return lab->grace_over ? 0 : -ENOMEM;
}

static void lab_adopt(struct lab *lab, struct program *program)
{
    program->verbose = lab->options->verbose;
    program->events = lab->events;
    program->on_changed = lab_on_program_changed;
    program->context = lab;
}

static int lab_start_dataplanes(struct lab *lab, struct lab_error *error)
{
    unsigned hosts = shape_hosts(&lab->fabric.shape);
    lab->dataplanes = calloc(hosts, sizeof(*lab->dataplanes));
    int status = lab->dataplanes ? 0 : lab_error_set(error, -ENOMEM, "out of memory");
    for (unsigned i = 0; i < hosts && status == 0; i++) {
        lab_adopt(lab, &lab->dataplanes[i]);
        status = dataplane_prepare(&lab->dataplanes[i], lab->options, &lab->fabric, i, error);
    }
    for (unsigned i = 0; i < hosts && status == 0; i++)
        status = program_start(&lab->dataplanes[i], error);
    return status;
}

static int lab_start_control(struct lab *lab, struct lab_error *error)
{
    lab->control = calloc(1, sizeof(*lab->control));
    if (!lab->control)
        return lab_error_set(error, -ENOMEM, "out of memory");
    lab_adopt(lab, lab->control);
    int status = control_prepare(lab->control, lab->options, &lab->fabric, error);
    return status ? status : program_start(lab->control, error);
}

static int lab_bring_up(struct lab *lab, struct lab_error *error)
{
    lab->events = event_base_new();
    if (!lab->events || lab_watch_signals(lab) < 0)
        return lab_error_set(error, -ENOMEM, "out of memory");
    int status = fabric_create(&lab->fabric, &lab->options->profile, error);
    if (status == 0)
        status = server_open(&lab->server, lab, error);
    if (status == 0 && lab->options->control)
        status = lab_start_control(lab, error);
    if (status == 0 && lab->options->dataplanes)
        status = lab_start_dataplanes(lab, error);
    return status;
}

int lab_run(const struct lab_options *options)
{
    struct lab lab = {.options = options};
    struct lab_error error;
    if (lab_bring_up(&lab, &error)) {
        fprintf(stderr, "weft-lab: %s\n", error.text);
        return 1;
    }
    if (!lab.dataplanes && !lab.control)
        lab_start_command(&lab);
    event_base_dispatch(lab.events);
    return lab.exit_status;
}
