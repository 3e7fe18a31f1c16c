/* SPDX-License-Identifier: BSD-3-Clause */
#include "tools/lab/lab.h"

#include <errno.h>
#include <event2/event.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tools/lab/sandbox.h"
#include "tools/lab/server.h"

/* How long others may take to end once they have been asked to. */
static const struct timeval grace = {.tv_sec = 2};

static unsigned lab_dataplanes_in(const struct lab *lab, enum dataplane_state state)
{
    unsigned count = 0;
    for (unsigned i = 0; lab->dataplanes && i < shape_hosts(&lab->fabric.shape); i++)
        count += lab->dataplanes[i].state == state;
    return count;
}

static bool lab_has_ended(const struct lab *lab)
{
    return lab->command == 0 &&
           (!lab->dataplanes || lab_dataplanes_in(lab, DATAPLANE_STOPPED) == shape_hosts(&lab->fabric.shape));
}

/* What is still there when the time is over goes with this process. */
static void lab_stop(struct lab *lab, int exit_status)
{
    if (lab->stopping)
        return;
    lab->stopping = true;
    lab->exit_status = exit_status;
    for (unsigned i = 0; lab->dataplanes && i < shape_hosts(&lab->fabric.shape); i++)
        dataplane_terminate(&lab->dataplanes[i]);
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

/* The command starts when the last dataplane is ready, once. */
static void lab_on_dataplane_changed(struct dataplane *dataplane, void *context)
{
    struct lab *lab = context;
    server_on_dataplane_changed(lab->server, dataplane);
    if (lab->stopping && lab_has_ended(lab))
        event_base_loopbreak(lab->events);
    if (lab->stopping || lab->command_was_started)
        return;
    if (dataplane->state == DATAPLANE_STOPPED)
        lab_fail(lab, "not every dataplane has started");
    else if (lab_dataplanes_in(lab, DATAPLANE_READY) == shape_hosts(&lab->fabric.shape))
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
        for (unsigned i = 0; lab->dataplanes && i < shape_hosts(&lab->fabric.shape); i++)
            if (lab->dataplanes[i].process == child)
                dataplane_on_ended(&lab->dataplanes[i], status);
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

/* The cores this process may use, in turn. */
static unsigned lab_core_of_host(unsigned host)
{
    cpu_set_t cores;
    CPU_ZERO(&cores);
    if (sched_getaffinity(0, sizeof(cores), &cores) < 0 || CPU_COUNT(&cores) == 0)
        return 0;
    unsigned wanted = host % (unsigned)CPU_COUNT(&cores), core = 0;
    while (!CPU_ISSET(core, &cores) || wanted-- > 0)
        core++;
    return core;
}

static void lab_describe_dataplane(struct lab *lab, unsigned host)
{
    struct dataplane *dataplane = &lab->dataplanes[host];
    const struct namespace *node = &lab->fabric.hosts[host];
    snprintf(dataplane->socket, sizeof(dataplane->socket), SANDBOX_DIRECTORY "/%s.sock", node->name);
    dataplane->program = lab->options->dataplane_path;
    dataplane->config = &lab->options->config;
    dataplane->node = node;
    dataplane->verbose = lab->options->verbose;
    dataplane->events = lab->events;
    dataplane->on_changed = lab_on_dataplane_changed;
    dataplane->context = lab;
    dataplane->host = (struct dataplane_host){
        .name = node->name,
        .socket = dataplane->socket,
        .address = shape_host_address(&lab->fabric.shape, host),
        .rate_bps = lab->options->profile.host_link.rate_bps,
        .core = lab_core_of_host(host),
    };
}

static int lab_start_dataplanes(struct lab *lab, struct lab_error *error)
{
    unsigned hosts = shape_hosts(&lab->fabric.shape);
    lab->dataplanes = calloc(hosts, sizeof(*lab->dataplanes));
    if (!lab->dataplanes)
        return lab_error_set(error, -ENOMEM, "out of memory");
    for (unsigned i = 0; i < hosts; i++)
        lab_describe_dataplane(lab, i);
    int status = 0;
    for (unsigned i = 0; i < hosts && status == 0; i++)
        status = dataplane_start(&lab->dataplanes[i], error);
    return status;
}

static int lab_bring_up(struct lab *lab, struct lab_error *error)
{
    lab->events = event_base_new();
    if (!lab->events || lab_watch_signals(lab) < 0)
        return lab_error_set(error, -ENOMEM, "out of memory");
    int status = fabric_create(&lab->fabric, &lab->options->profile, error);
    if (status == 0)
        status = server_open(&lab->server, lab, error);
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
    if (!options->dataplanes)
        lab_start_command(&lab);
    event_base_dispatch(lab.events);
    return lab.exit_status;
}
